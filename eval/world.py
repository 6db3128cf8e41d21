"""The data that an evaluation is about."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.dataset import DatasetInfo, read_info, read_split
from eval.shots import Shots, shots_of
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import LabelTask, Task, label_task


@dataclass(frozen=True)
class World:
    """One world's data, as every step of an evaluation needs it."""

    name: str
    folder: Path
    info: DatasetInfo
    task: LabelTask
    samples: pl.DataFrame
    """``Sample`` rows of the split that is scored."""
    shots: Shots | None = None
    """Examples before every prompt; ``info.prompt_hash`` is then of both."""

    @cached_property
    def asked(self) -> pl.DataFrame:
        """The samples with the prompts that a model is asked: their own, behind the shots."""
        return self.samples if self.shots is None else self.shots.asked(self.samples)

    @property
    def key(self) -> dict[str, Any]:
        """Hashes of the data that every prediction is stored with."""
        return {
            "split_hash": self.info.split_hash,
            "prompt_hash": self.info.prompt_hash,
            "label_hash": self.info.label_hash,
            "outcome_hash": self.info.outcome_hash,
            **({} if self.shots is None else {"shots_hash": self.shots.hash}),
        }


def read_world(data: Path, name: str, config: EvalConfig) -> World:
    """Read the split that is scored.

    Raises:
        TickerTuneError: It is empty, the task's answers have to be generated, a label is none of the task's, or there are no
            such shots as are asked for.
    """
    info = read_info(data)
    samples = read_split(data, config.split)
    if samples.is_empty():
        raise TickerTuneError(
            f"Data set {data} has no samples in split {config.split}", "Choose another split or dates"
        )
    task = label_task(info.task)
    check_labels(data, config.split, samples, task)
    if config.shots is None:
        return World(name, data, info, task, samples)
    shots = shots_of(data, config.shots, samples)
    told = {"prompt_hash": shots.with_prompts(info.prompt_hash), "prompt": {**info.prompt, "shots": config.shots.count}}
    return World(name, data, info.model_copy(update=told), task, samples, shots)


def check_labels(data: Path, split: str, samples: pl.DataFrame, task: Task) -> None:
    """Refuse samples whose label is none of the task's: no answer to them could be right.

    Raises:
        TickerTuneError: There are such samples; it says how many, and their labels.
    """
    foreign = samples.filter(~pl.col("label").is_in(list(task.labels)))["label"].value_counts().sort("label")
    if foreign.height:
        counts = ", ".join(f"'{label}' {count:,} times" for label, count in foreign.iter_rows())
        raise TickerTuneError(
            f"Split {split} of data set {data} has labels that task {task.name} does not know: {counts} "
            f"(it knows {', '.join(task.labels)})",
            "Build the data set again for this task, or rename its labels",
        )
