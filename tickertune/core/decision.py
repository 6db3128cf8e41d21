"""Decision: what an answer said, never a default class."""

from typing import Literal

from pydantic import Field, model_validator

from tickertune.core.noun import Noun

Outcome = Literal["label", "unparsed", "abstained", "truncated"]


class Decision(Noun):
    """A parsed answer.

    ``label`` is set if and only if ``outcome`` is ``label``. What an answer may state besides stands in the other
    fields, None where it states nothing readable.
    """

    outcome: Outcome
    label: str | None = None
    confidence: float | None = None
    """Probability of ``label``: stated, or from label log-probabilities."""
    position: float | None = Field(default=None, ge=-1, le=1)
    """Stated size of the position, negative for a short one."""
    move: float | None = None
    """Stated return, as a signed fraction; the middle of a stated range."""
    scores: dict[str, float] | None = None
    """Stated score of each label; empty where scores are stated that contradict each other or name no label."""

    @model_validator(mode="after")
    def _label_iff_outcome(self) -> "Decision":
        if (self.outcome == "label") != (self.label is not None):
            raise ValueError(f"outcome {self.outcome!r} does not go with label {self.label!r}")
        return self
