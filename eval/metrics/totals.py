"""Sums over samples, a row a day: all that the metrics need."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.metrics.calibration import BINS, bins_of
from eval.metrics.confusion import Floats
from eval.metrics.ranking import day_ranks
from eval.pnl import pnl_array
from tickertune.core.tasks import LabelTask, MovementTask


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
    proper: Floats
    """Sums of the Brier score and of the log score, and their number [..., 3]."""
    ranks: Floats
    """Sum of the days' rank correlations of decision and outcome, and number of days that have one [..., 2]."""

    def flat(self) -> Floats:
        """All sums side by side [..., features]."""
        parts = [self.confusion, self.raw, self.pnl, self.calibration, self.proper, self.ranks]
        lead = self.pnl.shape[:-1]
        return np.concatenate([part.reshape(*lead, -1) for part in parts], axis=-1)

    @classmethod
    def of_flat(cls, flat: Floats, classes: int) -> "Totals":
        """Undo ``flat`` for ``classes`` labels."""
        shapes = [(classes, classes + 1), (2, 3), (2,), (BINS, 3), (3,), (2,)]
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

    confusion, raw = np.zeros((days, k, k + 1)), np.zeros((days, 2, 3))
    rewards, calibration = np.zeros((days, 2)), np.zeros((days, BINS, 3))
    np.add.at(confusion, (day, gold, chosen), 1.0)
    np.add.at(raw, (day[told], (raw_return[told] > 0).astype(np.int64), chosen[told]), 1.0)
    np.add.at(rewards, day[paid], np.stack([reward[paid], np.ones(int(paid.sum()))], axis=-1))
    facts = np.stack([np.ones(n), confidence, (gold == chosen).astype(np.float64)], axis=-1)
    np.add.at(calibration, (day[sure], bins_of(confidence[sure])), facts[sure])
    proper = _proper_scores(predictions, gold, day, (days, k))
    return Totals(confusion, raw, rewards, calibration, proper, day_ranks(predictions, task, days))


def _proper_scores(
    predictions: pl.DataFrame, gold: NDArray[np.int64], day: NDArray[np.int64], shape: tuple[int, int]
) -> Floats:
    """Brier score (in [0, 2], over all classes) and log score of the decisions that state probabilities, [days, 3]."""
    days, k = shape
    sums = np.zeros((days, 3))
    told = np.flatnonzero((predictions["logprobs"].list.len() == k).to_numpy())
    if len(told):
        stated = np.stack(predictions["logprobs"].gather(told).to_list())
        missed = np.exp(stated)
        missed[np.arange(len(told)), gold[told]] -= 1
        brier, log_score = (missed**2).sum(axis=1), stated[np.arange(len(told)), gold[told]]
        np.add.at(sums, day[told], np.stack([brier, log_score, np.ones(len(told))], axis=-1))
    return sums


def _floats(frame: pl.DataFrame, column: str) -> Floats:
    return frame[column].cast(pl.Float64).fill_null(float("nan")).to_numpy()
