"""Metrics as functions of sums over samples, vectorised over any leading axes (days, bootstrap draws)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.pnl import pnl_array
from tickertune.core.noun import Noun
from tickertune.core.tasks import LabelTask, MovementTask

Floats = NDArray[np.float64]
BINS = 10
"""Equal-width bins of confidence, for calibration."""


class MetricRow(Noun):
    """One number of the report."""

    world: str
    checkpoint: str
    """A checkpoint, a baseline, ``ceiling``, or a pair: ``sft minus base``."""
    metric: str
    value: float
    low: float | None = None
    """95% interval; None where there are too few days for one."""
    high: float | None = None
    n: int
    """Samples that the value rests on."""
    days: int
    """Clusters that they fall into."""


@dataclass(frozen=True)
class Totals:
    """Sums over samples, with any leading axes."""

    confusion: Floats
    """Counts [..., k gold, k + 1 predicted]: the last column is "no label", which is wrong whatever the truth."""
    raw: Floats
    """The same [..., 2, 3] against the sign of the raw return; samples without one, or with 0, are left out."""
    pnl: Floats
    """Sum and number of pnl rewards [..., 2]."""
    calibration: Floats
    """Number, confidence and hits by bin of confidence [..., BINS, 3]."""

    def flat(self) -> Floats:
        """All sums side by side [..., features]."""
        parts = [self.confusion, self.raw, self.pnl, self.calibration]
        lead = self.pnl.shape[:-1]
        return np.concatenate([part.reshape(*lead, -1) for part in parts], axis=-1)

    @classmethod
    def of_flat(cls, flat: Floats, classes: int) -> "Totals":
        """Undo ``flat`` for ``classes`` labels."""
        shapes = [(classes, classes + 1), (2, 3), (2,), (BINS, 3)]
        edges = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
        parts = np.split(flat, edges, axis=-1)
        return cls(*(part.reshape(*flat.shape[:-1], *shape) for part, shape in zip(parts, shapes, strict=True)))


def day_totals(predictions: pl.DataFrame, task: LabelTask, cost_bps: float) -> Totals:
    """Sum over each cluster's samples, clusters in sorted order (so of time, where they are sessions).

    Args:
        predictions: ``Prediction`` rows.
        task: Their task.
        cost_bps: Cost of each side for the pnl reward, in basis points.

    Returns:
        Totals with the leading axis [days].
    """
    k, n = len(task.labels), predictions.height
    names = {label: place for place, label in enumerate(task.labels)}
    gold = predictions["gold"].replace_strict(names, return_dtype=pl.Int64).to_numpy()
    chosen = predictions["label"].replace_strict(names, default=k, return_dtype=pl.Int64).fill_null(k).to_numpy()
    day = predictions["cluster"].rank("dense").to_numpy().astype(np.int64) - 1
    days = int(day.max(initial=-1)) + 1

    raw_return = _floats(predictions, "ret_raw")
    told = np.isfinite(raw_return) & (raw_return != 0) & (k == 2) & isinstance(task, MovementTask)
    position = np.where(chosen < k, predictions["position"].to_numpy(), np.nan)
    reward = pnl_array(
        position, _floats(predictions, "ret_scaled"), _floats(predictions, "volatility"), cost_bps=cost_bps
    )
    paid = np.isfinite(reward)
    confidence = _floats(predictions, "confidence")
    sure = np.isfinite(confidence) & (chosen < k)
    bins = np.minimum((np.where(sure, confidence, 0.0) * BINS).astype(np.int64), BINS - 1)

    confusion, raw = np.zeros((days, k, k + 1)), np.zeros((days, 2, 3))
    rewards, calibration = np.zeros((days, 2)), np.zeros((days, BINS, 3))
    np.add.at(confusion, (day, gold, chosen), 1.0)
    np.add.at(raw, (day[told], (raw_return[told] > 0).astype(np.int64), chosen[told]), 1.0)
    np.add.at(rewards, day[paid], np.stack([reward[paid], np.ones(int(paid.sum()))], axis=-1))
    facts = np.stack([np.ones(n), confidence, (gold == chosen).astype(np.float64)], axis=-1)
    np.add.at(calibration, (day[sure], bins[sure]), facts[sure])
    return Totals(confusion, raw, rewards, calibration)


def _floats(frame: pl.DataFrame, column: str) -> Floats:
    return frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide, with 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole != 0)


def accuracy(confusion: Floats) -> Floats:
    """Share of right labels; a sample without a label counts as wrong."""
    return _ratio(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1)))


def accuracy_on_parsed(confusion: Floats) -> Floats:
    """Share of right labels among the samples that got one."""
    return accuracy(confusion[..., :-1])


def unparsed_share(confusion: Floats) -> Floats:
    """Share of samples without a label."""
    return _ratio(confusion[..., -1].sum(axis=-1), confusion.sum(axis=(-2, -1)))


def mcc(confusion: Floats) -> Floats:
    """Matthews correlation for k classes (Gorodkin 2004); 0 where truth or prediction has one class only."""
    truth, chosen = confusion.sum(axis=-1), confusion.sum(axis=-2)
    total, right = truth.sum(axis=-1), np.trace(confusion, axis1=-2, axis2=-1)
    covariance = right * total - (truth * chosen[..., :-1]).sum(axis=-1)
    spread = (total**2 - (truth**2).sum(axis=-1)) * (total**2 - (chosen**2).sum(axis=-1))
    return _ratio(covariance, np.sqrt(np.maximum(spread, 0.0)))


def f1_by_class(confusion: Floats) -> Floats:
    """F1 of each class [..., k]; 0 for a class that is neither there nor predicted."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    return _ratio(2 * right, confusion.sum(axis=-1) + confusion[..., :-1].sum(axis=-2))


def macro_f1(confusion: Floats) -> Floats:
    """Mean F1 over the task's classes, each weighing the same."""
    return np.asarray(f1_by_class(confusion).mean(axis=-1))


def weighted_f1(confusion: Floats) -> Floats:
    """Mean F1 over the task's classes, weighted by how often each is the truth."""
    support = confusion.sum(axis=-1)
    return _ratio((f1_by_class(confusion) * support).sum(axis=-1), support.sum(axis=-1))


def expected_calibration_error(calibration: Floats) -> Floats:
    """Mean distance of confidence and accuracy over equal-width bins (Guo et al. 2017)."""
    number, confidence, hits = (calibration[..., place] for place in range(3))
    return _ratio(np.abs(confidence - hits).sum(axis=-1), number.sum(axis=-1))


@dataclass(frozen=True)
class Metric:
    """A metric and the samples that it rests on, both as functions of totals."""

    value: Callable[[Totals], Floats]
    count: Callable[[Totals], Floats]
    paired: bool = True
    """Whether the difference between two predictors is reported."""
    bounds: tuple[float, float] = (0.0, 1.0)
    """Least and largest possible value."""


SIGNED = (-1.0, 1.0)


def _on_confusion(
    measure: Callable[[Floats], Floats], paired: bool = True, bounds: tuple[float, float] = (0.0, 1.0)
) -> Metric:
    return Metric(lambda totals: measure(totals.confusion), partial(_count, name="confusion"), paired, bounds)


def _on_raw(measure: Callable[[Floats], Floats], bounds: tuple[float, float] = (0.0, 1.0)) -> Metric:
    return Metric(lambda totals: measure(totals.raw), partial(_count, name="raw"), bounds=bounds)


def _count(totals: Totals, name: str) -> Floats:
    return np.asarray(getattr(totals, name).sum(axis=(-2, -1)))


METRICS: dict[str, Metric] = {
    "accuracy": _on_confusion(accuracy),
    "accuracy_on_parsed": _on_confusion(accuracy_on_parsed, paired=False),
    "mcc": _on_confusion(mcc, bounds=SIGNED),
    "macro_f1": _on_confusion(macro_f1),
    "weighted_f1": _on_confusion(weighted_f1),
    "unparsed_share": _on_confusion(unparsed_share, paired=False),
    "accuracy_raw": _on_raw(accuracy),
    "mcc_raw": _on_raw(mcc, SIGNED),
    "pnl_reward": Metric(
        lambda totals: _ratio(totals.pnl[..., 0], totals.pnl[..., 1]),
        lambda totals: totals.pnl[..., 1],
        bounds=(-np.inf, np.inf),
    ),
    "ece": Metric(
        lambda totals: expected_calibration_error(totals.calibration),
        lambda totals: np.asarray(totals.calibration[..., 0].sum(axis=-1)),
        paired=False,
    ),
}
"""Every metric by its name in the report, in its order."""
