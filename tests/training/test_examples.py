from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from tests.training.conftest import make_samples, sft_config
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import completion_ids, prompt_ids
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task
from training.examples import build_examples, seeded_order, tokenise, within_budget

TASK = get_task("movement")
SAMPLES = frame_of(Sample, make_samples())
HERE = Path()


def test_only_the_answer_carries_a_loss(tokenizer: PreTrainedTokenizerBase) -> None:
    examples = tokenise(SAMPLES, tokenizer, TASK, 512)
    for row, (ids, mask) in enumerate(zip(examples.input_ids, examples.completion_mask, strict=True)):
        label, messages = SAMPLES["label"][row], SAMPLES["messages"].to_list()[row]
        answer = completion_ids(tokenizer, TASK, label)
        assert ids == prompt_ids(tokenizer, messages) + answer
        assert mask == [0] * (len(ids) - len(answer)) + [1] * len(answer)


def test_long_samples_are_dropped_and_counted_never_cut(tokenizer: PreTrainedTokenizerBase) -> None:
    lengths = [len(ids) for ids in tokenise(SAMPLES, tokenizer, TASK, 512).input_ids]
    limit = sorted(lengths)[len(lengths) // 2]
    examples = tokenise(SAMPLES, tokenizer, TASK, limit)
    assert [len(ids) for ids in examples.input_ids] == [length for length in lengths if length <= limit]
    assert examples.dropped["too_long"] == len(lengths) - len(examples)


def test_token_budget_counts_all_epochs(tokenizer: PreTrainedTokenizerBase) -> None:
    for epochs in (1.0, 2.5):
        config = sft_config(HERE, HERE, token_budget=900, epochs=epochs)
        examples = build_examples(SAMPLES, tokenizer, TASK, config)
        assert 0.8 * 900 < examples.tokens * epochs <= 900
        assert len(examples) + examples.dropped["over_token_budget"] == len(SAMPLES)


def test_balanced_classes_stay_equal_within_the_budget(tokenizer: PreTrainedTokenizerBase) -> None:
    config = sft_config(HERE, HERE, token_budget=700, class_balance=True)
    examples = build_examples(SAMPLES, tokenizer, TASK, config)
    assert examples.labels.count("up") == examples.labels.count("down") > 0
    dropped = examples.dropped
    assert dropped["class_surplus"] == abs(SAMPLES["label"].to_list().count("up") * 2 - len(SAMPLES))
    assert len(examples) + sum(dropped.values()) == len(SAMPLES)


def test_other_seed_other_samples(tokenizer: PreTrainedTokenizerBase) -> None:
    def chosen(seed: int) -> list[str]:
        config = sft_config(HERE, HERE, token_budget=500, seed=seed)
        return build_examples(SAMPLES, tokenizer, TASK, config).sample_ids

    assert chosen(0) == chosen(0)
    assert chosen(0) != chosen(1)


def test_nothing_left_is_an_error_with_the_counts(tokenizer: PreTrainedTokenizerBase) -> None:
    with pytest.raises(TickerTuneError, match=r"No training example is left of 24 samples \(24 too_long\)"):
        build_examples(SAMPLES, tokenizer, TASK, sft_config(HERE, HERE, max_length=16))


@given(labels=st.lists(st.sampled_from("abc"), max_size=30), seed=st.integers(0, 99))
def test_balanced_order_takes_turns(labels: list[str], seed: int) -> None:
    order = seeded_order(labels, seed, balance=True)
    kinds = len(set(labels))
    assert len(set(order)) == len(order)
    for start in range(0, len(order), kinds or 1):
        assert {labels[row] for row in order[start : start + kinds]} == set(labels)


@given(lengths=st.lists(st.integers(1, 50), max_size=20), budget=st.floats(0, 500))
def test_within_budget_is_the_longest_start_that_fits(lengths: list[int], budget: float) -> None:
    count = within_budget(lengths, budget)
    assert sum(lengths[:count]) <= budget
    assert count == len(lengths) or sum(lengths[: count + 1]) > budget
