"""Many predictors on parts of one split, from one table of counts: cheap enough for every month, ticker and regime.

Draws of days are those of ``eval.comparison``: on the whole split, values and intervals are the same to the last bit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.metrics import METRICS, MetricRow
from eval.metrics.confusion import Floats, accuracy, macro_f1, mcc, weighted_f1
from eval.statistics import block_length, bootstrap_sums, interval, widened, widening
from tickertune.core.errors import TickerTuneError

MEASURES: dict[str, Callable[[Floats], Floats]] = {
    "mcc": mcc,
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "weighted_f1": weighted_f1,
}
"""Metrics of counts alone."""
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Sampling:
    """How days are drawn."""

    resamples: int
    seed: int
    block_sessions: int
    horizon: int
    """Sessions from entry to exit; 1 for tasks without dates."""


@dataclass(frozen=True)
class Answers:
    """What every predictor answered to the same samples, as numbers."""

    names: list[str]
    samples: list[str]
    """Ids, in order of day and id."""
    day: Integers
    """Place of each sample's day among all days [n]."""
    gold: Integers
    """Place of the right label [n]."""
    chosen: Integers
    """Place of each predictor's label, the number of labels where it has none [predictors, n]."""
    classes: int


@dataclass(frozen=True)
class Part:
    """One metric of every predictor on some of the samples, with the draws that pair the predictors."""

    names: list[str]
    metric: str
    n: int
    days: int
    values: Floats
    """[predictors]"""
    draws: Floats | None
    """[draws, predictors]; None where there are too few days."""
    factor: float
    """By how much draws are to be spread (``widening``)."""

    def row(self, name: str, world: str) -> MetricRow:
        """A predictor's metric with its interval."""
        at = self.names.index(name)
        drawn = None if self.draws is None else self.draws[:, at]
        return self._row(world, name, float(self.values[at]), drawn, METRICS[self.metric].bounds)

    def difference(self, later: str, earlier: str, world: str) -> MetricRow:
        """Paired difference of two predictors."""
        first, second = self.names.index(later), self.names.index(earlier)
        value = float(self.values[first]) - float(self.values[second])
        drawn = None if self.draws is None else self.draws[:, first] - self.draws[:, second]
        return self._row(world, f"{later} minus {earlier}", value, drawn, None)

    def _row(
        self, world: str, name: str, value: float, drawn: Floats | None, bounds: tuple[float, float] | None
    ) -> MetricRow:
        low, high = None, None
        if drawn is not None:
            spread = widened(drawn, value, self.factor)
            low, high = interval(spread if bounds is None else np.clip(spread, *bounds))
        return MetricRow(
            world=world, checkpoint=name, metric=self.metric, value=value, low=low, high=high, n=self.n, days=self.days
        )


def answers_of(predictions: Mapping[str, pl.DataFrame], labels: Sequence[str]) -> Answers:
    """Bring predictors to one order of samples.

    Args:
        predictions: ``Prediction`` rows by predictor.
        labels: The task's labels, in its order.

    Raises:
        TickerTuneError: Two of them are not about the same samples.
    """
    ordered = {name: frame.sort("cluster", "sample_id") for name, frame in predictions.items()}
    first = next(iter(ordered.values()))
    samples = first["sample_id"].to_list()
    for name, frame in ordered.items():
        if frame["sample_id"].to_list() != samples or frame["gold"].to_list() != first["gold"].to_list():
            raise TickerTuneError(
                f"Predictions of {name} are not about the samples that {next(iter(ordered))} was scored on",
                "Run the eval stage again",
            )
    places = {label: place for place, label in enumerate(labels)}
    chosen = [
        frame["label"].replace_strict(places, default=len(labels), return_dtype=pl.Int64).fill_null(len(labels))
        for frame in ordered.values()
    ]
    return Answers(
        names=list(ordered),
        samples=samples,
        day=first["cluster"].rank("dense").to_numpy().astype(np.int64) - 1,
        gold=first["gold"].replace_strict(places, return_dtype=pl.Int64).to_numpy(),
        chosen=np.stack([column.to_numpy() for column in chosen]),
        classes=len(labels),
    )


def score_part(answers: Answers, inside: NDArray[np.bool_], metric: str, sampling: Sampling) -> Part:
    """Score every predictor on the samples that are inside.

    Args:
        answers: Of all samples.
        inside: Which of them count [n].
        metric: One of ``MEASURES``.
        sampling: How days are drawn.
    """
    k, predictors = answers.classes, len(answers.names)
    days, day = np.unique(answers.day[inside], return_inverse=True)
    cells = k * (k + 1)
    code = day[None, :] * cells + answers.gold[inside][None, :] * (k + 1) + answers.chosen[:, inside]
    code = code + (np.arange(predictors) * len(days) * cells)[:, None]
    counts = np.bincount(code.ravel(), minlength=predictors * len(days) * cells).astype(np.float64)
    table = counts.reshape(predictors, len(days), cells).transpose(1, 0, 2).reshape(len(days), -1)
    block = block_length(sampling.block_sessions, sampling.horizon)
    drawn = bootstrap_sums(table, block, sampling.resamples, sampling.seed)
    measure = MEASURES[metric]
    return Part(
        names=answers.names,
        metric=metric,
        n=int(inside.sum()),
        days=len(days),
        values=measure(table.sum(axis=0).reshape(predictors, k, k + 1)),
        draws=None if drawn is None else measure(drawn.reshape(-1, predictors, k, k + 1)),
        factor=widening(len(days), block, sampling.horizon) if drawn is not None else 1.0,
    )
