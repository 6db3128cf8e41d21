from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerBase

from tests.training.conftest import grpo_config, make_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import prompt_ids
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task
from training.prompts import check_completion_length, select_prompts, step_order
from training.rewards.compose import Reward

TASK = get_task("movement")
REWARD = Reward(TASK, {"pnl": 1.0})
SAMPLES = frame_of(Sample, make_samples())
HERE = Path()


def test_rows_hold_the_prompt_and_its_outcome(tokenizer: PreTrainedTokenizerBase) -> None:
    rows, dropped = select_prompts(SAMPLES, tokenizer, REWARD, grpo_config(HERE, HERE))
    assert len(rows) == 4 * 2
    by_id = {row["sample_id"]: row for row in SAMPLES.iter_rows(named=True)}
    for row in rows:
        sample = by_id[row["sample_id"]]
        assert row["prompt"] == sample["messages"]
        assert (row["label"], row["ret_scaled"], row["volatility"]) == (
            sample["label"], sample["ret_scaled"], sample["volatility"]
        )  # fmt: skip
    assert dropped == {"too_long": 0, "no_outcome": 0, "other_task": 0, "not_drawn": 16}


def test_left_out_prompts_are_counted(tokenizer: PreTrainedTokenizerBase) -> None:
    table = SAMPLES.with_columns(pl.when(pl.int_range(pl.len()) > 4).then("ret_scaled").alias("ret_scaled"))
    lengths = [len(prompt_ids(tokenizer, messages)) for messages in table["messages"].to_list()]
    limit = sorted(lengths)[12]
    _, dropped = select_prompts(table, tokenizer, REWARD, grpo_config(HERE, HERE, max_prompt_length=limit))
    assert dropped["no_outcome"] == 5
    assert dropped["too_long"] == sum(length > limit for length in lengths[5:])


def test_too_few_prompts_are_refused(tokenizer: PreTrainedTokenizerBase) -> None:
    with pytest.raises(TickerTuneError, match="A step takes 25 prompts, but 24 of 24 are left"):
        select_prompts(SAMPLES, tokenizer, REWARD, grpo_config(HERE, HERE, prompts_per_step=25))


def test_a_completion_length_without_room_for_an_answer_is_refused(tokenizer: PreTrainedTokenizerBase) -> None:
    with pytest.raises(TickerTuneError, match="max_completion_length is 2, but an answer of task movement has"):
        check_completion_length(tokenizer, TASK, 2)
    check_completion_length(tokenizer, TASK, 16)
    with pytest.raises(TickerTuneError, match="max_completion_length is 16, but an answer of task movement has"):
        check_completion_length(tokenizer, TASK, 16, tagged=True)


@given(count=st.integers(1, 30), steps=st.integers(1, 20), per_step=st.integers(1, 30), seed=st.integers(0, 9))
def test_no_step_holds_a_prompt_twice(count: int, steps: int, per_step: int, seed: int) -> None:
    per_step = min(per_step, count)
    order = step_order(count, steps, per_step, seed)
    assert len(order) == steps * per_step
    for step in range(steps):
        assert len(set(order[step * per_step : (step + 1) * per_step])) == per_step
    assert order == step_order(count, steps, per_step, seed)
    assert order[:per_step] == step_order(count, 1, per_step, seed), "more steps only add prompts"
