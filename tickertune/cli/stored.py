"""Evaluations on disk, as ``compare`` and ``backtest`` read them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from eval.prediction import Prediction
from eval.store import PredictionStore
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.files import read_json
from tickertune.core.recipe import EvalConfig, parse_config
from tickertune.core.recipe.loading import set_key
from tickertune.core.table import read_table
from tickertune.core.tasks import LabelTask, label_task

SETTINGS = ("cost_bps", "resamples", "block_sessions", "seed")
"""Keys of meta.json that say how the predictions were measured."""
TRADED = ("policy", "account")
"""Keys that say how they were traded; evaluations of earlier versions have none."""


@dataclass(frozen=True)
class StoredEvaluation:
    """An evaluation folder and what its meta.json says."""

    folder: Path
    meta: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> "StoredEvaluation":
        """Read an evaluation folder.

        Raises:
            TickerTuneError: It holds no finished evaluation, or one of an earlier version.
        """
        if not (folder / "meta.json").is_file():
            raise TickerTuneError(
                f"Folder {folder} holds no finished evaluation", "Give <run>/<world>/eval, or run tickertune eval first"
            )
        meta = read_json(folder / "meta.json")
        if missing := [name for name in ("outcome_hash", "exchange", *SETTINGS) if name not in meta]:
            raise TickerTuneError(
                f"Evaluation {folder} is of an earlier version (its meta.json lacks {', '.join(missing)})",
                "Build the data and score again, with tickertune run or tickertune data and eval",
            )
        return cls(folder, meta)

    @property
    def task(self) -> LabelTask:
        """The task that was scored."""
        return label_task(self.meta["task"])

    @property
    def horizon(self) -> int:
        """Sessions from entry to exit; 1 for tasks without dates."""
        return int(self.meta["horizon"] or 1)

    @property
    def exchange(self) -> str | None:
        """Calendar of the sessions; None where the samples have none."""
        exchange: str | None = self.meta["exchange"]
        return exchange

    def config(self, words: Mapping[str, str] | None = None, /, **changes: float | None) -> EvalConfig:
        """The settings that it was measured with, but for those of ``changes`` that are not None, and dotted ``words``.

        Raises:
            TickerTuneError: A word is no key of an evaluation's recipe, or has no value that fits.
        """
        chosen = {name: value for name, value in changes.items() if value is not None}
        values: dict[str, Any] = {name: self.meta[name] for name in SETTINGS} | chosen
        values |= {name: dict(self.meta[name]) for name in TRADED if self.meta.get(name)}
        for key, text in (words or {}).items():
            set_key(values, key, text)
        return parse_config(EvalConfig, values, "The command line")

    @property
    def names(self) -> list[str]:
        """Checkpoints, the base first, then baselines."""
        facts = self.meta["predictors"]
        return sorted(facts, key=lambda name: ("baseline" in facts[name], name != "base", name))

    @property
    def trained(self) -> list[str]:
        """Checkpoints that are not the base model."""
        return [name for name in self.names if "baseline" not in self.meta["predictors"][name] and name != "base"]

    def predictions(self) -> dict[str, pl.DataFrame]:
        """``Prediction`` rows by predictor."""
        store = PredictionStore(self.folder)
        return {name: store.load(name) for name in self.names}


def read_predictions(path: Path) -> tuple[pl.DataFrame, StoredEvaluation]:
    """Read one predictor's file, ``<evaluation>/predictions/<name>.parquet``, and the evaluation that it is of.

    Raises:
        TickerTuneError: It is missing or damaged, or stands outside an evaluation, so that nothing says what
            data it is about.
    """
    if not path.is_file():
        near = [entry.name for entry in path.parent.glob("*.parquet")] if path.parent.is_dir() else []
        raise TickerTuneError(f"File {path} does not exist{did_you_mean(path.name, near)}", "Correct the path")
    return read_table(path, Prediction), StoredEvaluation.open(path.parent.parent)
