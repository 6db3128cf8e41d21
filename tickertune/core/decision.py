"""Decision: what an answer said, never a default class."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

Outcome = Literal["label", "unparsed", "abstained", "truncated"]


class _Fields(NamedTuple):
    outcome: Outcome
    label: str | None
    confidence: float | None
    """Probability of ``label``: stated, or from label log-probabilities."""
    position: float | None
    """Stated size of the position in [-1, 1], negative for a short one."""
    move: float | None
    """Stated return, as a signed fraction; the middle of a stated range."""
    scores: Mapping[str, float] | None
    """Stated score of each label; empty where scores are stated that contradict each other or name no label."""


class Decision(_Fields):
    """A parsed answer.

    ``label`` is set if and only if ``outcome`` is ``label``. What an answer may state besides stands in the other
    fields, None where it states nothing readable. It is made for every reply that is scored and never stored as it is, so it
    is a tuple with names and no ``Noun``.

    Raises:
        ValueError: Label and outcome contradict each other, or the position is outside of [-1, 1].
    """

    __slots__ = ()

    def __new__(
        cls,
        outcome: Outcome,
        label: str | None = None,
        confidence: float | None = None,
        position: float | None = None,
        move: float | None = None,
        scores: Mapping[str, float] | None = None,
    ) -> "Decision":
        """Return a decision whose fields do not contradict each other."""
        if (outcome == "label") != (label is not None):
            raise ValueError(f"outcome {outcome!r} does not go with label {label!r}")
        if position is not None and not -1 <= position <= 1:
            raise ValueError(f"position {position} is outside of [-1, 1]")
        return tuple.__new__(cls, (outcome, label, confidence, position, move, scores))
