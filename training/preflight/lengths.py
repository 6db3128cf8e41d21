"""How long the rows are that a stage will read, and what its limits do to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tickertune.core.prompting import prompt_ids, reply_ids
from tickertune.core.recipe import GrpoConfig, SftConfig
from tickertune.core.tasks import Task

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class Lengths:
    """Tokens of the rows of one stage and split, and how many rows its limit concerns."""

    stage: str
    split: str
    rows: int
    least: int
    median: int
    p95: int
    most: int
    limit: int
    """Longest row that the stage reads whole."""
    over: int
    """Rows above it."""
    policy: str
    """What becomes of them."""
    no_end: int
    """Rows whose trained tokens do not end the turn: the model would never learn to stop."""
    masked: int
    """Rows without a trained token: they cost time and teach nothing."""
    tokens: int
    """Of all rows within the limit."""


def sft_lengths(
    samples: pl.DataFrame, split: str, tokenizer: "PreTrainedTokenizerBase", task: Task, config: SftConfig
) -> Lengths:
    """Measure prompts with their answers, as SFT reads them."""
    prompts, answers = [], []
    for label, reply, messages in samples.select("label", "answer", "messages").iter_rows():
        prompts.append(len(prompt_ids(tokenizer, messages)))
        answers.append(reply_ids(tokenizer, task, label, reply))
    sizes = [prompt + len(answer) for prompt, answer in zip(prompts, answers, strict=True)]
    no_end = sum(not answer or answer[-1] != tokenizer.eos_token_id for answer in answers)
    masked = sum(not answer for answer in answers)
    return measured("sft", split, sizes, config.max_length, config.too_long, no_end, masked)


def grpo_lengths(
    samples: pl.DataFrame, split: str, tokenizer: "PreTrainedTokenizerBase", config: GrpoConfig
) -> Lengths:
    """Measure the prompts of rollouts."""
    sizes = [len(prompt_ids(tokenizer, messages)) for messages in samples["messages"].to_list()]
    return measured("grpo", split, sizes, config.max_prompt_length, "drop")


def measured(
    stage: str, split: str, sizes: Sequence[int], limit: int, policy: str, no_end: int = 0, masked: int = 0
) -> Lengths:
    """Return the table's line for rows of the given sizes; the arguments are as in ``Lengths``."""
    table = np.array(sizes, dtype=np.int64)
    least, median, p95, most = (
        int(mark) for mark in (np.quantile(table, [0, 0.5, 0.95, 1], method="nearest") if len(table) else [0] * 4)
    )
    over = table > limit
    read = np.minimum(table, limit) if policy == "truncate" else table[~over]
    return Lengths(
        stage,
        split,
        len(table),
        least,
        median,
        p95,
        most,
        limit,
        int(over.sum()),
        policy,
        no_end,
        masked,
        int(read.sum()),
    )
