"""The server backend against a small server of our own: numbers, forms, bounds, errors in one sentence."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from transformers import AutoTokenizer

from eval.backends import endpoint as endpoint_module
from eval.backends.server import ServerBackend
from eval.backends.serving import check_served_lengths
from eval.backends.turns import packed
from tests.eval.model_server import VOCABULARY, ModelServer, logprob, ok, refused
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import ServerConfig

KEY = "sk-very-secret-key"
PREFIX = list(range(2000, 2040))
PROMPTS = [[*PREFIX, 3000 + place] for place in range(12)]
LABELS = [1003, 1011, 1020]
ADAPTER = Path("runs/demo/planted/sft/adapter")


@pytest.fixture
def server(tiny_base: str) -> Iterator[ModelServer]:
    started = ModelServer(AutoTokenizer.from_pretrained(tiny_base), {"base": 512, "sft": 512})
    yield started
    started.close()


def settings(server: ModelServer, **changes: Any) -> ServerConfig:
    return ServerConfig(**{"endpoint": server.url, "model": "base", "attempts": 3, "timeout": 5.0, **changes})


def opened(server: ModelServer, base: str, **changes: Any) -> ServerBackend:
    return ServerBackend(settings(server, **changes), base, 64, [ADAPTER], first_wait=0.01)


def expected(model: str = "base") -> np.ndarray:
    return np.array([[logprob(model, prompt, label) for label in LABELS] for prompt in PROMPTS])


@pytest.mark.parametrize(("adapter", "model"), [(None, "base"), (ADAPTER, "sft")])
def test_labels_have_the_servers_numbers(server: ModelServer, tiny_base: str, adapter: Path | None, model: str) -> None:
    done: list[int] = []
    scores = opened(server, tiny_base).score(PROMPTS, LABELS, adapter, done.append)
    np.testing.assert_array_equal(scores, expected(model))
    assert sum(done) == len(PROMPTS)
    assert {body["model"] for body in server.seen} == {model}
    assert sorted(body["prompt"] for body in server.seen) == PROMPTS
    assert {(body["max_tokens"], body["temperature"]) for body in server.seen} == {(1, 0.0)}
    assert server.keys == [None] * (len(PROMPTS) + 1)


def test_an_adapter_has_the_name_that_the_recipe_gives_it(server: ModelServer, tiny_base: str) -> None:
    server.models["tuned-v2"] = None
    backend = opened(server, tiny_base, adapters={"sft": "tuned-v2"})
    np.testing.assert_array_equal(backend.score(PROMPTS, LABELS, ADAPTER), expected("tuned-v2"))


def test_a_minus_infinity_of_vllm_stays_one(server: ModelServer, tiny_base: str) -> None:
    top = {"token_id:1003": -9999.0, "token_id:1011": -1.0, "token_id:1020": -2.0}
    answer = server._scored({"model": "base", "prompt": PROMPTS[0], "logprob_token_ids": LABELS})
    answer["choices"][0]["logprobs"]["top_logprobs"] = [top]
    server.hook = lambda number, path, body: ok(answer) if body else None
    assert opened(server, tiny_base).score(PROMPTS[:1], LABELS).tolist() == [[float("-inf"), -1.0, -2.0]]


def test_a_server_without_the_extra_gives_its_likeliest_tokens(server: ModelServer, tiny_base: str) -> None:
    server.vllm = False
    asked = [token for token in VOCABULARY if all(logprob("base", prompt, token) > -4 for prompt in PROMPTS[:2])][:2]
    backend = opened(server, tiny_base)
    scores = backend.score(PROMPTS[:2], asked)
    np.testing.assert_array_equal(
        scores, [[logprob("base", prompt, label) for label in asked] for prompt in PROMPTS[:2]]
    )
    assert [body["logprobs"] for body in server.seen] == [20, 20, 20]
    assert [("logprob_token_ids" in body) for body in server.seen] == [True, False, False]
    backend.score(PROMPTS[:1], asked)
    assert len(server.seen) == 4  # what was found out holds


def test_a_label_that_is_not_among_the_likeliest_is_an_error_with_its_bound(
    server: ModelServer, tiny_base: str
) -> None:
    server.vllm = False
    ranked = sorted(VOCABULARY, key=lambda token: -logprob("base", PROMPTS[0], token))
    least = logprob("base", PROMPTS[0], ranked[19])
    with pytest.raises(
        TickerTuneError,
        match=rf"20 likeliest tokens of prompt 1, and label .* below {least:.2f}, and nobody knows more",
    ):
        opened(server, tiny_base).score(PROMPTS[:1], [ranked[0], ranked[30]])


def test_a_text_that_stands_for_several_tokens_is_no_answer(server: ModelServer, tiny_base: str) -> None:
    """Token 220 is a part of a character, whose text others share."""
    tokenizer = server.tokenizer
    broken = next(token for token in range(100, 50_000) if tokenizer.decode([token]) == "\ufffd")
    answer = server._scored({"model": "base", "prompt": PROMPTS[0], "logprobs": 5})
    answer["choices"][0]["logprobs"]["top_logprobs"][0]["\ufffd"] = -1.0
    server.hook = lambda number, path, body: ok(answer) if body else None
    with pytest.raises(TickerTuneError, match="stands for more than one token"):
        opened(server, tiny_base).score(PROMPTS[:1], [broken])


def test_another_model_adapter_or_context_is_told_before_anything_is_asked(server: ModelServer, tiny_base: str) -> None:
    with pytest.raises(TickerTuneError, match=r"serves base, sft, not 'bas' \(did you mean 'base'\?\)"):
        opened(server, tiny_base, model="bas")
    with pytest.raises(TickerTuneError, match=r"no adapter 'grpo' for .*--lora-modules grpo=PATH"):
        ServerBackend(settings(server), tiny_base, 64, [Path("runs/grpo/adapter")])
    with pytest.raises(TickerTuneError, match=r"have 600 tokens, but base at http://127.* reads 512"):
        ServerBackend(settings(server), tiny_base, 600)
    with pytest.raises(TickerTuneError, match=r"have 513 tokens, but .* reads 512: 2 of 4 prompts do not fit"):
        check_served_lengths(settings(server), [100, 512, 512, 511], 1)
    assert server.seen == []


def test_the_prefix_goes_ahead_and_requests_stay_within_the_concurrency(server: ModelServer, tiny_base: str) -> None:
    server.pause = 0.05
    started: list[float] = []
    server.hook = lambda number, path, body: started.append(time.monotonic()) if body else None
    opened(server, tiny_base, concurrency=3).score(PROMPTS, LABELS)
    assert server.seen[0]["prompt"] == PROMPTS[0]
    assert min(started[1:]) - started[0] >= 0.05
    assert 1 < server.most_at_once <= 3


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_asked_again_after_the_time_that_it_names(
    server: ModelServer, tiny_base: str, status: int
) -> None:
    server.hook = lambda number, path, body: (status, {"Retry-After": "1"}, b"{}") if number == 2 and body else None
    begun = time.monotonic()
    scores = opened(server, tiny_base).score(PROMPTS, LABELS)
    np.testing.assert_array_equal(scores, expected())
    assert time.monotonic() - begun >= 1
    assert len(server.seen) == len(PROMPTS) + 1


def test_a_server_that_stays_busy_is_given_up_after_the_tries(server: ModelServer, tiny_base: str) -> None:
    backend = opened(server, tiny_base)
    server.hook = lambda number, path, body: refused(500, "out of memory")
    with pytest.raises(TickerTuneError, match=r"answered 500; it said: out of memory\)\. Check the server"):
        backend.score(PROMPTS[:1], LABELS)
    assert len(server.seen) == 3


@pytest.mark.parametrize("death", ["hang up", (200, {}, b"<html>")])
def test_a_server_that_dies_midway_is_told_with_what_was_done(server: ModelServer, tiny_base: str, death: Any) -> None:
    server.hook = lambda number, path, body: death if number > 6 else None
    done: list[int] = []
    with pytest.raises(TickerTuneError, match=r"did not answer"):
        opened(server, tiny_base, concurrency=2).score(PROMPTS, LABELS, on_done=done.append)
    assert sum(done) in (5, 6)  # the sixth may still be under way when the page comes


def test_a_prompt_that_was_cut_or_got_a_second_bos_is_an_error(server: ModelServer, tiny_base: str) -> None:
    backend = opened(server, tiny_base)
    for wrong in (40, 42):
        answer = server._scored({"model": "base", "prompt": PROMPTS[0], "logprob_token_ids": LABELS})
        answer["usage"]["prompt_tokens"] = wrong
        server.hook = lambda number, path, body, given=answer: ok(given) if body else None
        with pytest.raises(TickerTuneError, match=rf"read {wrong} tokens of prompt 1, which has 41"):
            backend.score(PROMPTS[:1], LABELS)


def test_the_key_comes_from_the_environment_and_is_told_to_nobody_else(
    server: ModelServer, tiny_base: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SERVER_KEY", KEY)
    backend = opened(server, tiny_base, key_env="SERVER_KEY")
    server.hook = lambda number, path, body: refused(401, f"{KEY} is no key")
    with pytest.raises(TickerTuneError, match="Set SERVER_KEY to a valid key") as told:
        backend.score(PROMPTS[:1], LABELS)
    assert server.keys == [f"Bearer {KEY}"] * 2
    assert KEY not in str(told.value)
    assert KEY not in "".join(capfd.readouterr())
    monkeypatch.delenv("SERVER_KEY")
    with pytest.raises(TickerTuneError, match="SERVER_KEY, which is not set"):
        opened(server, tiny_base, key_env="SERVER_KEY")


@pytest.mark.parametrize(
    "payload", [b"<html>", b"{}", b'{"choices": []}', b"[1]", b'{"choices": [{"logprobs": null}]}']
)
def test_another_kind_of_answer_is_told(server: ModelServer, tiny_base: str, payload: bytes) -> None:
    backend = opened(server, tiny_base)
    server.hook = lambda number, path, body: (200, {}, payload)
    with pytest.raises(TickerTuneError, match=r"OpenAI-compatible server|no log-probabilities"):
        backend.score(PROMPTS[:1], LABELS)


def test_an_answer_without_end_is_not_read(
    server: ModelServer, tiny_base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint_module, "MAX_BYTES", 1000)
    backend = opened(server, tiny_base)
    server.hook = lambda number, path, body: (200, {}, b" " * 1001)
    with pytest.raises(TickerTuneError, match="more than the limit of 1,000"):
        backend.score(PROMPTS[:1], LABELS)


def test_an_address_without_a_server_is_one_clear_error(tiny_base: str) -> None:
    config = ServerConfig(endpoint="http://127.0.0.1:9/v1", model="base", attempts=1)
    with pytest.raises(TickerTuneError, match=r"The model server did not answer \(http://127.0.0.1:9/v1/models"):
        ServerBackend(config, tiny_base, 64)


@pytest.mark.parametrize("most", [100, 1, 2])
def test_replies_are_drawn_by_the_prompts_own_seed(server: ModelServer, tiny_base: str, most: int) -> None:
    """Whatever a server gives at once: the n-th reply has the n-th seed."""
    server.most_replies = most
    backend = opened(server, tiny_base)
    done: list[int] = []
    drawn = backend.sample(PROMPTS, 16, 3, 0.7, seed=5, on_done=done.append)
    assert sum(done) == len(PROMPTS)
    assert [reply.text for reply in drawn[4]] == [
        reply.text for reply in backend.sample(PROMPTS[4:5], 16, 3, 0.7, 5)[0]
    ]
    first = int(drawn[4][0].text.split()[1])
    assert [reply.text for reply in drawn[4]] == [f"reply {first + place}" for place in range(3)]
    assert len({reply.text for row in drawn for reply in row}) == 3 * len(PROMPTS)
    assert drawn[4][0].finished
    assert drawn[4][0].tokens > 1
    assert server.seen[0]["top_k"] == 0


def test_greedy_replies_and_a_strict_server(server: ModelServer, tiny_base: str) -> None:
    server.vllm = False
    replies = opened(server, tiny_base).generate(PROMPTS[:2], 8, n=2)
    assert [[reply.text for reply in row] for row in replies] == [["reply 0"] * 2] * 2
    assert [body["temperature"] for body in server.seen] == [0.0] * 3
    assert "top_k" not in server.seen[-1]


def test_chat_sends_turns_and_scores_nothing(server: ModelServer, tiny_base: str) -> None:
    backend = opened(server, tiny_base, api="chat")
    turns = [{"role": "user", "content": "up or down?"}]
    (replies,) = backend.sample([packed(turns)], 16, 2, 0.7)
    seed = server.seen[0]["seed"]
    assert [reply.text for reply in replies] == [f"reply {seed}", f"reply {seed + 1}"]
    assert server.seen[0]["path"] == "/v1/chat/completions"
    assert server.seen[0]["messages"] == turns
    with pytest.raises(TickerTuneError, match=r"server\.api is chat"):
        backend.score(PROMPTS[:1], LABELS)


def test_a_server_that_ignores_the_pattern_is_told(server: ModelServer, tiny_base: str) -> None:
    backend = opened(server, tiny_base)
    server.replies = lambda prompt, seed: "up"
    assert backend.sample(PROMPTS[:1], 4, 1, 1.0, pattern="(up|down)")[0][0].text == "up"
    assert server.seen[0]["structured_outputs"] == {"regex": "(up|down)"}
    server.replies = lambda prompt, seed: "I think that it depends"
    with pytest.raises(TickerTuneError, match=r"did not hold a reply to the pattern \('I think"):
        backend.sample(PROMPTS[:1], 4, 1, 1.0, pattern="(up|down)")
