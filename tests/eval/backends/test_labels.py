import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from eval.backends import Backend, open_backend
from eval.backends.fake import FakeBackend
from eval.backends.labels import first_tokens, label_logprobs
from eval.backends.transformers import TransformersBackend
from eval.results import LabelScores, LabelSums, label_ask
from eval.results.asks import asked, described
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import label_continuations, scoring_ids
from tickertune.core.tasks import TextTask

ALIKE = TextTask("alike", ["zzzqa", "zzzqb", "up"], "Answer:", "sentiment@1")
"""Two labels with the same first tokens."""
MESSAGES = [[{"role": "user", "content": f"Company {place} rose"}] for place in range(5)]


@pytest.fixture(scope="module")
def tokenizer(tiny_base: str) -> object:
    return AutoTokenizer.from_pretrained(tiny_base)


def by_hand(
    base: str, prompts: list[list[int]], continuations: list[list[int]], adapter: Path | None = None
) -> np.ndarray:
    """Each prompt with each label in a row of its own, in one plain forward pass: the sum over the label's tokens."""
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter)
    rows = []
    for prompt in prompts:
        sums = []
        for label in continuations:
            with torch.no_grad():
                logits = model(torch.tensor([prompt + label])).logits[0].log_softmax(-1)
            sums.append(sum(float(logits[len(prompt) - 1 + at, token]) for at, token in enumerate(label)))
        rows.append(sums)
    return np.array(rows)


def inputs(tokenizer: object, task: TextTask = ALIKE) -> tuple[list[list[int]], list[list[int]]]:
    prompts = [scoring_ids(tokenizer, task, messages) for messages in MESSAGES]  # type: ignore[arg-type]
    return prompts, label_continuations(tokenizer, task)  # type: ignore[arg-type]


@pytest.mark.parametrize("tuned", [False, True])
def test_labels_with_the_same_first_token_are_summed(
    tiny_base: str, tiny_adapter: Path, tokenizer: object, tuned: bool
) -> None:
    prompts, continuations = inputs(tokenizer)
    assert first_tokens(continuations) is None
    adapter = tiny_adapter / "adapter" if tuned else None
    done: list[int] = []
    backend = TransformersBackend(tiny_base, tiny_base, "float32", 7)
    scores = label_logprobs(backend, prompts, continuations, adapter, done.append)
    np.testing.assert_allclose(scores, by_hand(tiny_base, prompts, continuations, adapter), atol=1e-4)
    assert sum(done) == len(prompts)


@pytest.mark.vllm
def test_vllm_sums_them_alike(vllm_engine: Backend, tiny_base: str, tokenizer: object) -> None:
    prompts, continuations = inputs(tokenizer)
    scores = label_logprobs(vllm_engine, prompts, continuations)
    np.testing.assert_allclose(scores, by_hand(tiny_base, prompts, continuations), atol=1e-3)


def test_labels_whose_first_tokens_differ_take_one_pass(tokenizer: object) -> None:
    prompts, continuations = inputs(tokenizer, TextTask("apart", ["down", "up"], "Answer:", "sentiment@1"))
    first = first_tokens(continuations)
    assert first is not None
    np.testing.assert_array_equal(
        label_logprobs(FakeBackend(), prompts, continuations), FakeBackend().score(prompts, first)
    )


def test_a_label_that_begins_another_is_told_from_it_by_its_end(tokenizer: object) -> None:
    end = tokenizer.eos_token_id  # type: ignore[attr-defined]
    found = label_continuations(tokenizer, TextTask("nested", ["zzzqa", "zzzqa zzzqa"], "Answer:", "sentiment@1"))  # type: ignore[arg-type]
    assert [ids[-1] for ids in found] == [end, end]
    assert found[1][: len(found[0]) - 1] == found[0][:-1]
    apart = label_continuations(tokenizer, ALIKE)  # type: ignore[arg-type]
    assert all(ids[-1] != end for ids in apart)


def test_equal_labels_are_refused(tokenizer: object) -> None:
    with pytest.raises(TickerTuneError, match="up, up are not different"):
        label_continuations(tokenizer, TextTask("same", ["up", "up"], "Answer:", "sentiment@1"))  # type: ignore[arg-type]


def test_the_fake_engine_sums_too(tokenizer: object) -> None:
    prompts, continuations = inputs(tokenizer)
    scores = label_logprobs(FakeBackend(), prompts, continuations)
    assert scores.shape == (len(prompts), 3)
    assert (np.exp(scores).sum(axis=1) < 1).all()


def test_the_question_is_stored_and_read_back(tokenizer: object) -> None:
    prompts, continuations = inputs(tokenizer)
    ask = label_ask(continuations)
    assert isinstance(ask, LabelSums)
    assert asked(json.loads(json.dumps(described(ask)))) == ask
    answers = ask.answers(FakeBackend(), prompts, None)
    np.testing.assert_array_equal(
        [answer.logprobs for answer in answers], label_logprobs(FakeBackend(), prompts, continuations)
    )
    assert label_ask([[5], [6, 7]]) == LabelScores((5, 6))


def test_no_prompt_begins_with_two_bos(tiny_base: str, tokenizer: object) -> None:
    """A template that writes BOS, with a tokenizer that adds it too."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    tokenizer.bos_token = "<|endoftext|>"
    tokenizer.add_bos_token = True
    tokenizer.chat_template = "{{ bos_token }}" + tokenizer.chat_template
    prompt = scoring_ids(tokenizer, ALIKE, MESSAGES[0])
    assert prompt.count(tokenizer.bos_token_id) == 1
    assert prompt[0] == tokenizer.bos_token_id
    assert prompt[1] != tokenizer.bos_token_id


def test_prompt_longer_than_the_context_is_refused_and_counted(tiny_base: str) -> None:
    from eval.backends.factory import check_lengths

    with pytest.raises(
        TickerTuneError, match=r"have 2049 tokens, but .* reads 2048: 2 of 3 prompts do not fit\. Lower"
    ):
        check_lengths("transformers", tiny_base, [2048, 10, 2048], 1, None, None)
    check_lengths("transformers", tiny_base, [2047, 10], 1, None, None)
    opened = open_backend("server", tiny_base, tiny_base, dtype="float32", batch_size=1, max_length=5)
    with pytest.raises(TickerTuneError, match="no server is named"), opened:
        pass
