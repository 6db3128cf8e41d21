"""Answers and outcomes as arrays: what every reward term is computed from."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tickertune.core.answers import Answer, Arguments
from tickertune.core.tasks import Task

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

UNPARSED = -1
"""Place of an answer without a label."""


class Outcome(NamedTuple):
    """What came of a sample: its class and, for a sample of the market, its return.

    ``ret_scaled`` is the forward return over ``volatility``, the volatility of the horizon as a fraction. ``move`` is the
    return that the label is about, as a fraction, where that is stored by itself; else it is their product.
    """

    label: str
    ret_scaled: float | None = None
    volatility: float | None = None
    move: float | None = None


@dataclass(frozen=True)
class Outcomes:
    """Outcomes of n completions; NaN where a sample has none."""

    label: Integers
    """Place of the true label among the task's."""
    ret_scaled: Floats
    volatility: Floats
    move: Floats

    def __getitem__(self, rows: Integers) -> "Outcomes":
        return Outcomes(self.label[rows], self.ret_scaled[rows], self.volatility[rows], self.move[rows])


def outcomes_of(
    task: Task,
    labels: Sequence[str],
    ret_scaled: Sequence[float | None],
    volatility: Sequence[float | None],
    move: Sequence[float | None],
) -> Outcomes:
    """Return outcomes [n] as arrays; numbers that are not finite count as missing.

    Raises:
        ValueError: A label is none of the task's, or the columns are of different lengths.
    """
    if len({len(labels), len(ret_scaled), len(volatility), len(move)}) > 1:
        raise ValueError("labels, scaled returns, volatilities and moves are of different lengths")
    places = {label: place for place, label in enumerate(task.labels)}
    strange = set(labels) - places.keys()
    if strange:
        raise ValueError(f"label {min(strange)!r} is none of task {task.name} ({', '.join(task.labels)})")
    scaled, of_horizon, own = finite(ret_scaled), finite(volatility), finite(move)
    own = np.where(np.isnan(own), scaled * of_horizon, own)
    return Outcomes(np.array([places[label] for label in labels], dtype=np.int64), scaled, of_horizon, own)


def finite(values: Sequence[float | None]) -> Floats:
    """Return numbers as an array, NaN where one is missing or not finite."""
    found = np.array(values, dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


@dataclass(frozen=True)
class Batch:
    """n completions: their answers, prompts and outcomes.

    Equal completions share an answer, so that each is read once: ``answers`` are the different ones, and ``which`` [n]
    says whose answer is which. All numbers of an answer are NaN where it states none.
    """

    task: Task
    answers: Sequence[Answer]
    which: Integers
    outcomes: Outcomes
    prompts: Sequence[str]
    """The user's part of each completion's prompt [n]; empty strings where no term reads it."""
    groups: Sequence[Hashable]
    """Which prompt a completion belongs to [n]."""

    def __len__(self) -> int:
        return len(self.which)

    def each(self, values: Sequence[float | None]) -> Floats:
        """Spread a number of each different answer over the completions [n]."""
        spread: Floats = finite(values)[self.which]
        return spread

    @cached_property
    def said(self) -> Integers:
        """Place of the label answered, ``UNPARSED`` without one."""
        places = {label: place for place, label in enumerate(self.task.labels)}
        found = [
            UNPARSED if answer.decision.label is None else places[answer.decision.label] for answer in self.answers
        ]
        spread: Integers = np.array(found, dtype=np.int64)[self.which]
        return spread

    @cached_property
    def parsed(self) -> NDArray[np.bool_]:
        """Whether the answer has a label."""
        found: NDArray[np.bool_] = self.said != UNPARSED
        return found

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """Whether the label is the true one."""
        found: NDArray[np.bool_] = self.said == self.outcomes.label
        return found

    @cached_property
    def position(self) -> Floats:
        """Size in [-1, 1]: the stated one, else the label's; NaN for an answer without a label."""
        of_label = {label: self.task.position(label) for label in self.task.labels}
        decisions = [answer.decision for answer in self.answers]
        return self.each(
            [
                None if said.label is None else of_label[said.label] if said.position is None else said.position
                for said in decisions
            ]
        )

    @cached_property
    def move(self) -> Floats:
        """Stated return, as a signed fraction."""
        return self.each([answer.decision.move for answer in self.answers])

    @cached_property
    def probability(self) -> Floats:
        """Stated probability of the label."""
        return self.each([answer.decision.confidence for answer in self.answers])

    @cached_property
    def arguments(self) -> Arguments:
        """Sections and claims of the different answers' reasons."""
        return Arguments([answer.reasoning for answer in self.answers])
