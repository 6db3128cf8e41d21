"""The data that an evaluation is about."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.dataset import DatasetInfo, read_info, read_split
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import LabelTask, label_task


@dataclass(frozen=True)
class World:
    """One world's data, as every step of an evaluation needs it."""

    name: str
    folder: Path
    info: DatasetInfo
    task: LabelTask
    samples: pl.DataFrame
    """``Sample`` rows of the split that is scored."""

    @property
    def key(self) -> dict[str, Any]:
        """Hashes of the data that every prediction is stored with."""
        return {
            "split_hash": self.info.split_hash,
            "prompt_hash": self.info.prompt_hash,
            "label_hash": self.info.label_hash,
            "outcome_hash": self.info.outcome_hash,
        }


def read_world(data: Path, name: str, config: EvalConfig) -> World:
    """Read the split that is scored.

    Raises:
        TickerTuneError: It is empty, or the task's answers have to be generated.
    """
    info = read_info(data)
    samples = read_split(data, config.split)
    if samples.is_empty():
        raise TickerTuneError(
            f"Data set {data} has no samples in split {config.split}", "Choose another split or dates"
        )
    return World(name, data, info, label_task(info.task), samples)
