"""Replies read into ballots: which label each names, and how much it has to say for it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from tickertune.core.answers import read_reply
from tickertune.core.decision import Decision, Outcome
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import ChoiceTask

ReplyForm = Literal["auto", "plain", "tagged"]
NONE = -1
"""Place of no label."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
_TAG = "<answer>"


@dataclass(frozen=True)
class Ballots:
    """N replies to each of n prompts, as numbers; all arrays are [n, N]."""

    labels: NDArray[np.int64]
    """Place of the label in the task's labels; ``NONE`` where a reply names none."""
    outcomes: NDArray[np.int64]
    """Place in ``OUTCOMES``."""
    confidence: NDArray[np.float64]
    """Stated probability of the label; nan where none is stated."""
    evidence: NDArray[np.float64]
    """By how much the stated scores favour the label, in 0 to 1; nan where none are stated."""
    tokens: NDArray[np.int64]
    """Tokens of the replies."""
    rewards: NDArray[np.float64] | None = None
    """A reward model's number for each reply that names a label, else nan; None: there is no such model."""
    rated_tokens: NDArray[np.int64] | None = None
    """Tokens that it reads for each, the prompt included."""

    def first(self, count: int) -> "Ballots":
        """The first ``count`` replies of each prompt."""
        return Ballots(
            *(None if values is None else values[:, :count] for values in vars(self).values())  # type: ignore[arg-type]
        )

    @property
    def replies(self) -> int:
        """Replies a prompt."""
        return int(self.labels.shape[1])

    def counts(self) -> dict[str, int]:
        """Replies by outcome, and those with a label that state no probability or no scores."""
        named = self.labels != NONE
        outcomes = Counter(OUTCOMES[place] for place in self.outcomes.ravel())
        return {
            **{name: outcomes[name] for name in OUTCOMES},
            "without_confidence": int((named & np.isnan(self.confidence)).sum()),
            "without_evidence": int((named & np.isnan(self.evidence)).sum()),
        }


def ballots_of(
    task: ChoiceTask,
    replies: Sequence[Sequence[str]],
    finished: Sequence[Sequence[bool]],
    tokens: Sequence[Sequence[int]],
    form: ReplyForm = "auto",
) -> Ballots:
    """Read replies.

    Args:
        task: Says how a label is stated.
        replies: Texts without special tokens, N for each of n prompts.
        finished: Whether the model ended each by itself.
        tokens: Tokens of each.
        form: ``plain`` or ``tagged``; ``auto`` reads a reply as tagged where it holds an answer tag.

    Raises:
        TickerTuneError: Prompts have different numbers of replies.
    """
    counts = sorted({len(row) for row in replies})
    if len(counts) > 1:
        raise TickerTuneError(
            f"Prompts have different numbers of replies ({', '.join(map(str, counts))})", "Draw as many for each"
        )
    read = [
        [
            read_reply(
                task, text, tagged=form == "tagged" or (form == "auto" and _TAG in text), finished=ended
            ).decision
            for text, ended in zip(row, ends, strict=True)
        ]
        for row, ends in zip(replies, finished, strict=True)
    ]
    place = {label: at for at, label in enumerate(task.labels)}
    return Ballots(
        labels=_array([[place.get(one.label or "", NONE) for one in row] for row in read], np.int64),
        outcomes=_array([[OUTCOMES.index(one.outcome) for one in row] for row in read], np.int64),
        confidence=_array([[_number(one.confidence) for one in row] for row in read], np.float64),
        evidence=_array([[_number(margin(one)) for one in row] for row in read], np.float64),
        tokens=_array(tokens, np.int64),
    )


def margin(decision: Decision) -> float | None:
    """By how much a reply's own scores favour its label: its score minus the best other one, over the sum of their sizes.

    Returns:
        A share in 0 to 1, 0 where another label has the higher score; None without a score of the label and of another, and
        where all scores are 0.
    """
    scores: Mapping[str, float] = decision.scores or {}
    label = decision.label
    if label is None or label not in scores or len(scores) < 2:
        return None
    total = sum(abs(score) for score in scores.values())
    if total == 0:
        return None
    best_other = max(score for name, score in scores.items() if name != label)
    return min(max(scores[label] - best_other, 0.0) / total, 1.0)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _array(rows: Sequence[Sequence[Any]], kind: type[Any]) -> NDArray[Any]:
    return np.array(rows, dtype=kind)
