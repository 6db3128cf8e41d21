"""What all guards look at, and how they score: the same metric, intervals and pairs as the report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from data_pipeline.dataset import DatasetInfo
from eval.comparison import metric_rows
from eval.guards.copies import Copies, copies_of
from eval.metrics import MetricRow
from tickertune.core.files import sha256_text
from tickertune.core.recipe import EvalConfig, GuardsConfig
from tickertune.core.tasks import LabelTask

METRIC = "mcc"
"""What guards compare: 0 is chance whatever the class shares."""


@dataclass(frozen=True)
class Subject:
    """A checkpoint with its predictions on the scored split."""

    name: str
    model: str
    """Folder or Hub id of its base model."""
    predictions: pl.DataFrame
    """``Prediction`` rows."""


@dataclass(frozen=True)
class Case:
    """One world's evaluation."""

    info: DatasetInfo
    task: LabelTask
    samples: pl.DataFrame
    """``Sample`` rows of the scored split."""
    train: pl.DataFrame
    """``Sample`` rows that the checkpoints were trained on."""
    folder: Path
    """Data stage folder."""
    config: EvalConfig
    guards: GuardsConfig

    @property
    def horizon(self) -> int:
        """Sessions from entry to exit; 1 for tasks without dates."""
        return self.info.horizon or 1

    @property
    def stale_sessions(self) -> list[int]:
        """Sessions by which decisions and news are made stale; none shorter than the horizon, so that nothing stale bears on an outcome's window."""
        return sorted({max(sessions, self.horizon) for sessions in self.guards.stale_sessions})

    @property
    def dated(self) -> bool:
        """Whether samples have sessions."""
        return self.samples["session"].null_count() == 0

    @cached_property
    def copies(self) -> Copies:
        """Scored samples whose text stands among the training texts."""
        return copies_of(self.samples, self.train)

    def drawn(self, samples: pl.DataFrame) -> pl.DataFrame:
        """At most ``guards.samples`` samples, those with the lowest hash of seed and id, in their order."""
        if samples.height <= self.guards.samples:
            return samples
        hashes = [sha256_text(f"{self.guards.seed}:{sample}") for sample in samples["sample_id"]]
        kept = set(sorted(hashes)[: self.guards.samples])
        return samples.filter(pl.Series([digest in kept for digest in hashes]))


Ask = Callable[[Mapping[str, pl.DataFrame]], Mapping[tuple[str, str], pl.DataFrame]]
"""Asks every checkpoint again: from ``Sample`` rows by variant to ``Prediction`` rows by checkpoint and variant."""


def scored(predictions: pl.DataFrame, case: Case, metric: str = METRIC) -> MetricRow:
    """A metric of predictions, with its interval."""
    rows = metric_rows({"one": predictions}, case.task, case.config, "guards", case.horizon, ["one"], [])
    return next(row for row in rows if row.metric == metric and row.checkpoint == "one")


def difference(first: pl.DataFrame, second: pl.DataFrame, case: Case) -> MetricRow:
    """MCC of the first minus MCC of the second, on the same samples and the same draws of days."""
    both = {"second": second.sort("sample_id"), "first": first.sort("sample_id")}
    rows = metric_rows(both, case.task, case.config, "guards", case.horizon, list(both), [])
    return next(row for row in rows if row.metric == METRIC and row.checkpoint == "first minus second")


def above_zero(row: MetricRow) -> bool:
    """Whether the interval lies above 0."""
    return row.low is not None and row.low > 0


def told(row: MetricRow) -> str:
    """A value with its interval, for sentences."""
    if row.low is None or row.high is None:
        return f"{row.value:.3f}"
    return f"{row.value:.3f} [{row.low:.3f}, {row.high:.3f}]"


def figures_of(name: str, row: MetricRow) -> dict[str, float | int | str | None]:
    """A row as figures of a finding."""
    return {name: row.value, f"{name}_low": row.low, f"{name}_high": row.high, f"{name}_n": row.n}
