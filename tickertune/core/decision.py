"""Decision: what an answer said, never a default class."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["label", "unparsed", "abstained", "truncated"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A parsed answer.

    ``label`` is set if and only if ``outcome`` is ``label``. What an answer may state besides stands in the other
    fields, None where it states nothing readable. It is made for every reply that is scored and never stored as it is, so it
    is a plain record and no ``Noun``.

    Raises:
        ValueError: Label and outcome contradict each other, or the position is outside of [-1, 1].
    """

    outcome: Outcome
    label: str | None = None
    confidence: float | None = None
    """Probability of ``label``: stated, or from label log-probabilities."""
    position: float | None = None
    """Stated size of the position in [-1, 1], negative for a short one."""
    move: float | None = None
    """Stated return, as a signed fraction; the middle of a stated range."""
    scores: Mapping[str, float] | None = None
    """Stated score of each label; empty where scores are stated that contradict each other or name no label."""

    def __post_init__(self) -> None:
        if (self.outcome == "label") != (self.label is not None):
            raise ValueError(f"outcome {self.outcome!r} does not go with label {self.label!r}")
        if self.position is not None and not -1 <= self.position <= 1:
            raise ValueError(f"position {self.position} is outside of [-1, 1]")
