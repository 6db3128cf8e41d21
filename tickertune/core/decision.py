"""Decision: what an answer said, never a default class."""

from typing import Literal

from pydantic import model_validator

from tickertune.core.noun import Noun

Outcome = Literal["label", "unparsed", "abstained", "truncated"]


class Decision(Noun):
    """A parsed answer.

    ``label`` is set if and only if ``outcome`` is ``label``; ``confidence`` is a probability where the
    decision came from label log-probabilities.
    """

    outcome: Outcome
    label: str | None = None
    confidence: float | None = None

    @model_validator(mode="after")
    def _label_iff_outcome(self) -> "Decision":
        if (self.outcome == "label") != (self.label is not None):
            raise ValueError(f"outcome {self.outcome!r} does not go with label {self.label!r}")
        return self
