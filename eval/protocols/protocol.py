"""Protocol: a task, the frozen split that it is scored on, its metrics, and what others published on it."""

import copy
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, field_validator, model_validator

from tickertune.core.recipe import DataConfig
from tickertune.core.recipe.base import Config
from tickertune.core.recipe.loading import put
from tickertune.core.tasks import TASKS

MetricName = Literal[
    "accuracy", "accuracy_on_parsed", "mcc", "macro_f1", "weighted_f1",
    "mean_question_f1", "mean_question_weighted_f1",
    "entity_f1", "entity_precision", "entity_recall", "relation_f1", "relation_precision", "relation_recall",
    "relation_only_f1", "exact_match",
    "binary_accuracy", "binary_accuracy_on_parsed", "magnitude_mse",
    "rouge1", "rouge2", "rougeL",
]  # fmt: skip
"""What can be computed of a protocol's samples."""
PublishedMetric = MetricName | Literal["cumulative_return", "sharpe", "unstated"]
"""What a published number may be: also what this evaluation has no counterpart for, and what its source does not say."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
BETWEEN_0_AND_1 = frozenset({"accuracy", "macro_f1", "weighted_f1", "entity_f1", "relation_f1", "binary_accuracy"})


class Part(Config):
    """One test set of a protocol."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """Short name, under which its rows stand."""
    title: str
    """What it is called in tables."""
    split: Literal["validation", "test", "ood_stock", "ood_both"] = "test"
    """The split of our data set that holds it."""
    prefix: str = ""
    """What the ids of its samples begin with."""
    sessions: tuple[date, date] | None = None
    """First session of its samples and the day after the last; empty: any, or none."""
    symbols: tuple[str, ...] = ()
    """Symbols of its samples; empty: any."""
    samples: int | None = Field(default=None, ge=1)
    """Number of samples of the frozen or published split, where it is known."""
    class_counts: dict[str, int] = {}
    """Samples of each label of the published split, where they are known."""
    hash: Sha256 | None = None
    """SHA-256 over the sorted ``sample_id:label`` lines of its samples; empty: nobody has frozen it."""
    frozen_from: str = ""
    """What the hash was computed from."""
    note: str = ""
    """What has to be known about it."""
    data: dict[str, Any] = {}
    """Dotted keys of the protocol's data recipe that this part sets otherwise."""

    @model_validator(mode="after")
    def _hash_has_an_origin(self) -> "Part":
        if (self.hash is None) != (not self.frozen_from):
            raise ValueError("hash and frozen_from go together")
        return self


class PublishedNumber(Config):
    """A number of somebody else's, with where it stands and what speaks against comparing with it."""

    part: str
    """Name of the part that it is about."""
    model: str
    """What was scored."""
    metric: PublishedMetric
    """What was measured; ``unstated`` where its source as we have it does not say."""
    value: float
    """Shares as fractions, returns as fractions."""
    source: str = Field(min_length=1)
    """Where it was published."""
    caveat: str = ""
    """What speaks against comparing with it."""

    @model_validator(mode="after")
    def _in_bounds(self) -> "PublishedNumber":
        if self.metric in BETWEEN_0_AND_1 and not 0 <= self.value <= 1:
            raise ValueError(f"{self.metric} of {self.value} is no fraction")
        return self


class Protocol(Config):
    """An evaluation with frozen split and metrics."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$")
    """Name of the protocol."""
    version: int = Field(ge=1)
    """Raised with every change of split, metrics or prompt."""
    title: str
    """One line."""
    task: str
    """Task of the samples."""
    labels: list[str] = []
    """The task's label space, in its order; empty where answers are open."""
    label: str | None = None
    """Name of the label that a movement data set must have; empty: the task's labels are annotated."""
    template: str
    """Prompt template, ``name@version``."""
    metrics: list[MetricName] = Field(min_length=1)
    """What is measured; the first is the headline."""
    comparability: str
    """What its numbers may and may not be set beside."""
    apart_from: list[str] = []
    """Protocols whose numbers never stand in one table with this one's."""
    source: str
    """Who defined it."""
    data: dict[str, Any]
    """Data recipe that builds it."""
    parts: list[Part] = Field(min_length=1)
    """Its test sets."""
    published: list[PublishedNumber] = []
    """Numbers of others; none where none was checked."""

    @field_validator("data")
    @classmethod
    def _is_a_recipe(cls, data: dict[str, Any]) -> dict[str, Any]:
        TypeAdapter[Any](DataConfig).validate_python(data)
        return data

    @model_validator(mode="after")
    def _agrees(self) -> "Protocol":
        if self.task not in TASKS:
            raise ValueError(f"task {self.task} is unknown; use one of {', '.join(TASKS)}")
        if tuple(self.labels) != TASKS[self.task].labels:
            raise ValueError(
                f"labels must be those of task {self.task}: {', '.join(TASKS[self.task].labels) or 'none'}"
            )
        names = [part.name for part in self.parts]
        if len(set(names)) < len(names):
            raise ValueError(f"parts {', '.join(names)} do not have different names")
        for number in self.published:
            if number.part not in names:
                raise ValueError(f"{number.model}'s number is of part {number.part}, which there is not")
        for part in self.parts:
            if unknown := sorted(set(part.class_counts) - set(self.labels)):
                raise ValueError(f"part {part.name} counts {unknown[0]}, which is no label of task {self.task}")
            TypeAdapter[Any](DataConfig).validate_python(self.recipe(part))
        return self

    def part(self, name: str) -> Part | None:
        """The part of that name."""
        return next((part for part in self.parts if part.name == name), None)

    def recipe(self, part: Part | None = None) -> dict[str, Any]:
        """The data recipe that builds the protocol, or one part of it, paths as they stand in the file."""
        values = copy.deepcopy(self.data)
        for key, value in (part.data if part else {}).items():
            put(values, key, copy.deepcopy(value))
        return values
