"""From predictions to the rows of the report: each predictor, pairs of predictors, and adjusted p-values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.metrics import METRICS, Metric, MetricRow, Totals, day_totals, pesaran_timmermann_p
from eval.statistics import block_length, bootstrap_sums, holm, interval, p_above_zero, widened, widening
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import LabelTask, MovementTask

TESTED = "mcc"
P_VALUE = f"{TESTED}_p_above_zero"
TIMING = "pesaran_timmermann_p"


@dataclass(frozen=True)
class _Judged:
    """A predictor's totals: over all days, and over each draw (None: too few days)."""

    total: Totals
    drawn: Totals | None
    factor: float
    """By how much draws are to be spread (``widening``)."""

    def draws(self, metric: Metric) -> NDArray[np.float64] | None:
        """The metric of each draw, as it came."""
        return None if self.drawn is None else metric.value(self.drawn)


def metric_rows(
    predictions: Mapping[str, pl.DataFrame],
    task: LabelTask,
    config: EvalConfig,
    world: str,
    horizon: int,
    checkpoints: Sequence[str],
    trained: Sequence[str],
) -> list[MetricRow]:
    """Compute all metrics with 95% intervals, paired differences and p-values.

    Pairs are each checkpoint minus each earlier one, and each trained checkpoint minus each baseline. P-values
    (of an MCC not above 0) are given for every checkpoint, and adjusted by Holm over the trained ones.

    Args:
        predictions: ``Prediction`` rows by checkpoint or baseline, all over the same samples.
        task: Their task.
        config: Draws, block length, cost and seed.
        world: Name that the rows carry.
        horizon: Sessions from entry to exit; 1 for tasks without dates.
        checkpoints: Names of those that are checkpoints, in order of training.
        trained: Names of those among them that are not the base model.
    """
    judged = _judge(predictions, task, config, horizon)
    days = next(iter(predictions.values()))["cluster"].n_unique()
    rows: list[MetricRow] = []
    for name in predictions:
        for metric_name, metric in METRICS.items():
            rows += _row(world, name, metric_name, metric, days, judged[name])
    for later, earlier in _pairs(list(predictions), checkpoints, trained):
        for metric_name, metric in METRICS.items():
            if metric.paired:
                pair = f"{later} minus {earlier}"
                rows += _row(world, pair, metric_name, metric, days, judged[later], judged[earlier])
    found = {P_VALUE: _chances({name: judged[name] for name in checkpoints})}
    found[f"{P_VALUE}_holm"] = holm({name: found[P_VALUE][name] for name in trained if name in found[P_VALUE]})
    if isinstance(task, MovementTask) and len(task.labels) == 2:
        found[TIMING] = {name: float(pesaran_timmermann_p(side.total.confusion)) for name, side in judged.items()}
    return rows + [
        MetricRow(
            world=world, checkpoint=name, metric=metric, value=value, low=value, high=value,
            n=int(METRICS[TESTED].count(judged[name].total)), days=days,
        )
        for metric, values in found.items()
        for name, value in values.items()
    ]  # fmt: skip


def _judge(
    predictions: Mapping[str, pl.DataFrame], task: LabelTask, config: EvalConfig, horizon: int
) -> dict[str, _Judged]:
    flats = [day_totals(frame, task, config.cost_bps).flat() for frame in predictions.values()]
    block = block_length(config.block_sessions, horizon)
    drawn = bootstrap_sums(np.stack(flats), block, config.resamples, config.seed)
    draws: Sequence[NDArray[np.float64] | None] = [None] * len(flats) if drawn is None else list(drawn)
    k, days = len(task.labels), flats[0].shape[0]
    factor = widening(days, block, horizon)
    return {
        name: _Judged(Totals.of_flat(flat.sum(axis=0), k), None if draw is None else Totals.of_flat(draw, k), factor)
        for name, flat, draw in zip(predictions, flats, draws, strict=True)
    }


def _row(
    world: str, name: str, metric_name: str, metric: Metric, days: int, first: _Judged, second: _Judged | None = None
) -> Iterator[MetricRow]:
    """The row of one metric of ``first``, or of ``first`` minus ``second``; none where it has no samples."""
    sides = [first] if second is None else [first, second]
    counts = [int(metric.count(side.total)) for side in sides]
    if min(counts) == 0:
        return
    signs = (1.0, -1.0)
    value = sum(sign * float(metric.value(side.total)) for sign, side in zip(signs, sides, strict=False))
    drawn = [draws for side in sides if (draws := side.draws(metric)) is not None]
    low, high = None, None
    if drawn:
        draws = widened(drawn[0] if second is None else drawn[0] - drawn[1], value, first.factor)
        low, high = interval(draws if second is not None else np.clip(draws, *metric.bounds))
    yield MetricRow(
        world=world, checkpoint=name, metric=metric_name, value=value, low=low, high=high, n=counts[0], days=days
    )


def _pairs(names: Sequence[str], checkpoints: Sequence[str], trained: Sequence[str]) -> Iterator[tuple[str, str]]:
    for place, later in enumerate(checkpoints):
        for earlier in checkpoints[:place]:
            yield later, earlier
    for checkpoint in trained:
        for baseline in names:
            if baseline not in checkpoints:
                yield checkpoint, baseline


def _chances(judged: Mapping[str, _Judged]) -> dict[str, float]:
    """P-values of an MCC not above 0, where there are draws."""
    metric = METRICS[TESTED]
    return {
        name: p_above_zero(widened(draws, float(metric.value(side.total)), side.factor))
        for name, side in judged.items()
        if (draws := side.draws(metric)) is not None
    }
