"""What a sentiment data set is mixed from."""

from typing import Literal

from pydantic import Field

from tickertune.core.recipe.base import Config, DataPath


class SentimentSetConfig(Config):
    """One labelled set and its part in the mixture."""

    name: Literal["phrasebank", "tfns"]
    path: DataPath
    repeat: int = Field(default=1, ge=1)
    limit: int | None = Field(default=None, ge=1)


class SentimentDataConfig(Config):
    """Samples that ask for the sentiment of a text, by protocol fingpt-v3."""

    kind: Literal["sentiment"] = "sentiment"
    train: list[SentimentSetConfig] = Field(min_length=1)
    """Sets that are trained on, mixed."""
    test: list[SentimentSetConfig] = Field(min_length=1)
    """Sets that are scored."""
    validation_share: float = Field(default=0.05, ge=0, lt=1)
    """Share of the train part that is held out."""
    seed: int = 42

    @property
    def task(self) -> str:
        """Name of the task in the registry."""
        return "sentiment"
