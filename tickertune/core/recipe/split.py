"""How a data set is parted in time."""

from datetime import date

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config


class SplitConfig(Config):
    """Time-ordered parts, by the entry's session; ends are exclusive."""

    train_start: date
    """First session of the train split."""
    train_end: date
    """End of the train split and start of validation."""
    validation_end: date
    """End of validation."""
    test_start: date
    """First session of the test split."""
    test_end: date
    """End of the test split."""
    embargo_sessions: int = Field(default=1, ge=0)
    """Further sessions before a later split into which no label of an earlier one may reach."""

    @model_validator(mode="after")
    def _ordered(self) -> "SplitConfig":
        ends = [self.train_start, self.train_end, self.validation_end, self.test_start, self.test_end]
        if ends != sorted(ends) or self.train_start == self.train_end or self.test_start == self.test_end:
            raise ValueError(
                "dates must be in the order train_start < train_end <= validation_end <= test_start < test_end"
            )
        return self
