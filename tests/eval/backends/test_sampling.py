"""Draws with seeds of their own: the same whatever else is drawn, and from the model's distribution."""

from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM

from eval.backends import Backend
from eval.backends.fake import FakeBackend
from eval.backends.transformers import OwnNoise, TransformersBackend
from tests.eval.test_backends import prompts
from tickertune.core.errors import TickerTuneError


@pytest.fixture(scope="module")
def hf(tiny_base: str) -> Backend:
    return TransformersBackend(tiny_base, tiny_base, "float32", batch_size=5)


def texts(drawn: list[list[object]]) -> list[list[str]]:
    return [[reply.text for reply in row] for row in drawn]  # type: ignore[attr-defined]


def holds(backend: Backend, adapter: Path | None = None) -> None:
    """The contract of ``Backend.sample``."""
    asked, done = prompts(6), []
    drawn = backend.sample(asked, 5, 3, 1.0, seed=1, adapter=adapter, on_done=done.append)
    assert sum(done) == 6
    assert [len(row) for row in drawn] == [3] * 6
    assert texts(backend.sample(asked[::-1], 5, 3, 1.0, 1, adapter)) == texts(drawn)[::-1]
    assert texts(backend.sample(asked[2:3], 5, 2, 1.0, 1, adapter)) == [texts(drawn)[2][:2]]
    assert texts(backend.sample(asked, 5, 3, 1.0, 2, adapter)) != texts(drawn)


def test_fake_draws_are_their_own() -> None:
    holds(FakeBackend([f"reply {place}" for place in range(20)]))


@pytest.mark.parametrize("tuned", [False, True])
def test_draws_of_transformers_are_their_own(hf: Backend, tiny_adapter: Path, tuned: bool) -> None:
    holds(hf, tiny_adapter / "adapter" if tuned else None)


@pytest.mark.vllm
def test_draws_of_vllm_are_their_own(vllm_engine: Backend) -> None:
    holds(vllm_engine)


def test_nearly_cold_draws_are_the_greedy_replies(hf: Backend) -> None:
    """Through the shared prefix, its padding and positions."""
    greedy = hf.generate(prompts(8), 6)
    assert texts(hf.sample(prompts(8), 6, 2, 1e-5)) == [[row[0].text] * 2 for row in greedy]


def test_draws_come_from_the_models_distribution(tiny_base: str) -> None:
    """Of 20,000 draws of one token by Gumbel noise, each of the likeliest comes as often as it should."""
    model = AutoModelForCausalLM.from_pretrained(tiny_base, dtype=torch.float32)
    with torch.no_grad():
        logits = model(torch.tensor([prompts(1)[0]])).logits[0, -1]
    logits = logits.topk(50).values * 3  # the tiny model's own distribution is flat
    share = (logits / 0.8).softmax(-1).double().numpy()
    drawn = OwnNoise(list(range(20_000)), 0.8)(torch.empty(0), logits.expand(20_000, -1)).argmax(-1)
    counts = np.bincount(drawn.numpy(), minlength=50)
    expected = 20_000 * share
    statistic = ((counts - expected) ** 2 / expected).sum()
    assert statistic < 98.0  # chi-square with 49 degrees of freedom: above in 4 of 100,000 cases


def test_a_reply_counts_its_tokens_up_to_the_end(hf: Backend) -> None:
    (row,) = hf.sample(prompts(1), 5, 2, 1.0)
    assert all((reply.tokens == 5 and not reply.finished) or (reply.tokens <= 5 and reply.finished) for reply in row)


def test_patterns_are_held_by_engines_that_can(hf: Backend) -> None:
    with pytest.raises(TickerTuneError, match=r"transformers cannot hold replies to a pattern\. Use --backend vllm"):
        hf.sample(prompts(1), 5, 1, 1.0, pattern="(up|down)")
    fake = FakeBackend(["up", "It depends"])
    assert {reply.text for row in fake.sample(prompts(9), 5, 4, 1.0, pattern="(up|down)") for reply in row} == {"up"}
    with pytest.raises(TickerTuneError, match="None of the fake"):
        fake.sample(prompts(1), 5, 1, 1.0, pattern="down")


@pytest.mark.vllm
def test_vllm_holds_replies_to_a_pattern(vllm_engine: Backend) -> None:
    drawn = vllm_engine.sample(prompts(4), 24, 2, 1.0, pattern="(It went up|It went down)")
    assert {text for row in texts(drawn) for text in row} <= {"It went up", "It went down"}
    assert all(reply.finished for row in drawn for reply in row)
