"""From samples to tokenised examples: whatever is left out or cut is counted."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from data_pipeline.dataset import read_split
from eval.world import check_labels
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import prompt_ids, reply_ids
from tickertune.core.recipe import SftConfig
from tickertune.core.tasks import Task, get_task

TooLong = Literal["drop", "raise", "truncate"]
WEIGHT = "loss_weight"
"""Column of the training set: weight of a sample in the loss."""

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase


@dataclass
class Examples:
    """Tokenised examples in the order of their samples; row i of each list is one example."""

    sample_ids: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    input_ids: list[list[int]] = field(default_factory=list)
    """Prompt and answer with its end token."""
    completion_mask: list[list[int]] = field(default_factory=list)
    """1 where a token is the answer's: only there is a loss."""
    dropped: Counter[str] = field(default_factory=Counter)
    """How many samples were left out, by reason."""
    truncated: int = 0
    """Samples whose prompt lost its oldest tokens."""

    def __len__(self) -> int:
        return len(self.input_ids)

    @property
    def tokens(self) -> int:
        """Tokens of one pass over all examples."""
        return sum(map(len, self.input_ids))

    def select(self, rows: list[int]) -> "Examples":
        """Return the examples at ``rows``, in the order of their samples."""
        kept = sorted(rows)
        return Examples(
            [self.sample_ids[row] for row in kept],
            [self.labels[row] for row in kept],
            [self.input_ids[row] for row in kept],
            [self.completion_mask[row] for row in kept],
            Counter(self.dropped),
            self.truncated,
        )

    def dataset(self, weights: Sequence[float] | None = None) -> "Dataset":
        """Return the columns that TRL's SFTTrainer takes as already tokenised, and the samples' weights where given."""
        from datasets import Dataset

        columns: dict[str, Any] = {"input_ids": self.input_ids, "completion_mask": self.completion_mask}
        return Dataset.from_dict(columns if weights is None else columns | {WEIGHT: weights})


def train_samples(dataset: Path) -> pl.DataFrame:
    """Read the train split.

    Raises:
        TickerTuneError: It cannot be read, or a label is none of its sample's task.
    """
    samples = read_split(dataset, "train")
    for (name,), rows in samples.group_by("task", maintain_order=True):
        task = get_task(str(name))
        if task.labels:
            check_labels(dataset, "train", rows, task)
    return samples


def build_examples(
    samples: pl.DataFrame, tokenizer: "PreTrainedTokenizerBase", task: Task, config: SftConfig
) -> Examples:
    """Tokenise samples and choose those that training reads.

    Args:
        samples: ``Sample`` rows.
        tokenizer: The model's tokenizer.
        task: The samples' task.
        config: Limits: ``max_length``, ``class_balance``, ``token_budget``.

    Raises:
        TickerTuneError: No example is left.
    """
    examples = tokenise(samples, tokenizer, task, config.max_length, config.too_long)
    rows = seeded_order(examples.labels, config.seed, balance=config.class_balance)
    examples.dropped["class_surplus"] = len(examples) - len(rows)
    if config.token_budget is not None:
        lengths = [len(examples.input_ids[row]) for row in rows]
        kept = within_budget(lengths, config.token_budget / config.epochs)
        if config.class_balance:
            kept -= kept % len(set(examples.labels))  # whole rounds, so that the classes stay equal
        examples.dropped["over_token_budget"] = len(rows) - kept
        rows = rows[:kept]
    if not rows:
        left_out = ", ".join(f"{count} {reason}" for reason, count in examples.dropped.items() if count)
        raise TickerTuneError(
            f"No training example is left of {len(samples)} samples ({left_out or 'the train split is empty'})",
            "Raise max_length or token_budget, or build a data set with a train split",
        )
    return examples.select(rows)


def tokenise(
    samples: pl.DataFrame,
    tokenizer: "PreTrainedTokenizerBase",
    task: Task,
    max_length: int,
    too_long: TooLong = "drop",
) -> Examples:
    """Tokenise each sample's prompt and answer.

    A sample longer than ``max_length`` tokens is dropped, or loses the oldest tokens of its prompt; either is counted.
    One whose answer alone is longer is dropped in both cases.

    Raises:
        TickerTuneError: ``too_long`` is ``raise``, and a sample is.
    """
    examples = Examples(dropped=Counter(too_long=0))
    known: dict[tuple[str, str], list[int]] = {}
    columns = samples.select("sample_id", "label", "answer", "messages")
    for sample_id, label, reply, messages in columns.iter_rows():
        prompt = prompt_ids(tokenizer, messages)
        if (label, reply) not in known:
            known[label, reply] = reply_ids(tokenizer, task, label, reply)
        answer = known[label, reply]
        room = max_length - len(answer)
        if len(prompt) > room and too_long == "truncate" and room > 0:
            prompt = prompt[-room:]
            examples.truncated += 1
        if len(prompt) > room:
            examples.dropped["too_long"] += 1
            continue
        examples.sample_ids.append(sample_id)
        examples.labels.append(label)
        examples.input_ids.append(prompt + answer)
        examples.completion_mask.append([0] * len(prompt) + [1] * len(answer))
    if too_long == "raise" and examples.dropped["too_long"]:
        raise TickerTuneError(
            f"{examples.dropped['too_long']} of {len(samples)} samples are longer than max_length {max_length}",
            "Raise max_length, give the data recipe a smaller token budget, or set too_long to drop or truncate",
        )
    return examples


def seeded_order(labels: list[str], seed: int, *, balance: bool) -> list[int]:
    """Return rows in an order that only ``seed`` determines.

    With ``balance`` the classes take turns and the order ends with the rarest class, so that every whole number
    of rounds holds each class equally often.
    """
    generator = np.random.default_rng(seed)
    order = [int(row) for row in generator.permutation(len(labels))]
    if not balance:
        return order
    classes = [[row for row in order if labels[row] == label] for label in sorted(set(labels))]
    return [row for turn in zip(*classes, strict=False) for row in turn]


def within_budget(lengths: list[int], budget: float) -> int:
    """Return how many examples from the start fit into ``budget`` tokens together."""
    return int(np.searchsorted(np.cumsum(lengths), budget, side="right"))
