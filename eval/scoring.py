"""From samples to predictions: token ids, label log-probabilities, and the decision they make."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.backends.base import Tokens
from eval.backends.labels import first_tokens
from eval.prediction import predictions_of
from eval.tokenizer import load_tokenizer
from tickertune.core.decision import Decision
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import label_continuations, scoring_ids
from tickertune.core.tasks import LabelTask

PARSER_VERSION = "label-logprobs-1"
"""Stored with every score: the decision is the label with the highest log-probability after ``Answer:``."""


@dataclass(frozen=True)
class Encoded:
    """Prompts as the model reads them, up to where the label stands."""

    prompts: list[Tokens]
    continuations: list[Tokens]
    """Token ids of each label."""

    @property
    def longest(self) -> int:
        """Tokens of the longest prompt, with the label's tokens that are read behind it."""
        return max(map(len, self.prompts)) + self.room - 1

    @property
    def room(self) -> int:
        """Tokens behind a prompt: one that is generated, and of labels that are summed all but the last."""
        return 1 if first_tokens(self.continuations) else max(map(len, self.continuations))

    @property
    def tokens(self) -> int:
        """Tokens of all prompts."""
        return sum(map(len, self.prompts))


def encode(tokenizer_source: str, revision: str | None, task: LabelTask, samples: pl.DataFrame) -> Encoded:
    """Tokenise the prompts of ``Sample`` rows with the tokenizer of a folder or Hub id."""
    tokenizer = load_tokenizer(tokenizer_source, revision)
    prompts = [scoring_ids(tokenizer, task, messages) for messages in samples["messages"].to_list()]
    return Encoded(prompts, label_continuations(tokenizer, task))


def decide(task: LabelTask, logprobs: NDArray[np.float64]) -> tuple[list[Decision], NDArray[np.float64]]:
    """Take the most likely label of each row, the first of equals.

    Args:
        task: The label space.
        logprobs: Log-probabilities of the labels over the whole vocabulary [n, k].

    Returns:
        Decisions, whose confidence is the label's share among the labels, and the log-probabilities
        normalised over the labels [n, k].

    Raises:
        TickerTuneError: A log-probability is not a number.
    """
    with np.errstate(invalid="ignore"):  # -inf minus -inf, where no label has any probability
        normalised = logprobs - np.logaddexp.reduce(logprobs, axis=1, keepdims=True)
    if np.isnan(normalised).any():
        raise TickerTuneError(
            "The model gives log-probabilities that are not numbers",
            "Its weights are damaged or diverged: train it again",
        )
    best = normalised.argmax(axis=1)
    decisions = [
        Decision(outcome="label", label=task.labels[place], confidence=float(np.exp(row[place])))
        for place, row in zip(best, normalised, strict=True)
    ]
    return decisions, normalised


def read_scores(samples: pl.DataFrame, task: LabelTask, logprobs: NDArray[np.float64]) -> pl.DataFrame:
    """Read the log-probabilities [n, k] that an engine gave for ``Sample`` rows; returns ``Prediction`` rows in their order."""
    decisions, normalised = decide(task, logprobs)
    return predictions_of(samples, task, decisions, normalised)
