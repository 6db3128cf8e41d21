"""What a data set of labelled texts is mixed from."""

from typing import Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, DataPath, Seed
from tickertune.core.recipe.curation import DecontaminationConfig

SETS_OF_TASK: dict[str, tuple[str, ...]] = {
    "sentiment": ("phrasebank", "fiqa", "tfns", "nwgi"),
    "sentiment7": ("nwgi",),
    "fomc": ("fomc",),
    "headline": ("headline",),
    "entities": ("fin_ner",),
    "relations": ("finred",),
}
"""Which sets can be read for a task."""


class SentimentSetConfig(Config):
    """One labelled set and its part in the mixture."""

    name: Literal["phrasebank", "fiqa", "tfns", "nwgi", "fomc", "headline", "fin_ner", "finred"]
    path: DataPath
    part: Literal["train", "test"] | None = None
    """The set's file that is read; empty: that of the list the set stands in."""
    repeat: int = Field(default=1, ge=1)
    skip: int = Field(default=0, ge=0)
    """Rows left out before ``limit`` counts, in the order that the seed gives: with ``limit: 1500`` to train on, ``skip: 1500`` of the
    same part is what training never read."""
    limit: int | None = Field(default=None, ge=1)


class SentimentDataConfig(Config):
    """Samples that ask one thing of one text: its sentiment (by protocol fingpt-v3), stance, entities, relations."""

    kind: Literal["sentiment"] = "sentiment"
    task: Literal["sentiment", "sentiment7", "fomc", "headline", "entities", "relations"] = "sentiment"
    """What is asked; docs/tasks.md shows each."""
    template: str | None = None
    """``name@version`` of the package, or the path of a YAML file of your own; empty: the task's own."""
    train: list[SentimentSetConfig] = Field(min_length=1)
    """Sets that are trained on, mixed."""
    test: list[SentimentSetConfig] = Field(min_length=1)
    """Sets that are scored."""
    validation_share: float = Field(default=0.05, ge=0, lt=1)
    """Share of the train part that is held out."""
    seed: Seed = 42
    decontamination: DecontaminationConfig | None = None
    """Training texts that share a run of words with a test text, or nearly all word pairs, are dropped; empty: those with
    the same words alone, the rest is counted."""

    @model_validator(mode="after")
    def _sets_serve_the_task(self) -> "SentimentDataConfig":
        able = SETS_OF_TASK[self.task]
        for block in (*self.train, *self.test):
            if block.name not in able:
                raise ValueError(f"set {block.name} has no labels for task {self.task}; use {', '.join(able)}")
        return self
