"""Every metric by its name: a function of sums over samples, vectorised over days or bootstrap draws."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from eval.metrics.calibration import confident_half_accuracy, expected_calibration_error
from eval.metrics.confusion import (
    Floats,
    accuracy,
    accuracy_on_parsed,
    macro_f1,
    mcc,
    ratio,
    unparsed_share,
    weighted_f1,
)
from eval.metrics.totals import Totals


@dataclass(frozen=True)
class Metric:
    """A metric and the samples that it rests on, both as functions of totals."""

    value: Callable[[Totals], Floats]
    count: Callable[[Totals], Floats]
    paired: bool = True
    """Whether the difference between two predictors is reported: only where more is better."""
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


def _proper(place: int, bounds: tuple[float, float], paired: bool) -> Metric:
    return Metric(
        lambda totals: ratio(totals.proper[..., place], totals.proper[..., 2]),
        lambda totals: totals.proper[..., 2],
        paired,
        bounds,
    )


def _on_calibration(measure: Callable[[Floats], Floats]) -> Metric:
    return Metric(
        lambda totals: measure(totals.calibration),
        lambda totals: np.asarray(totals.calibration[..., 0].sum(axis=-1)),
        paired=False,
    )


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
        lambda totals: ratio(totals.pnl[..., 0], totals.pnl[..., 1]),
        lambda totals: totals.pnl[..., 1],
        bounds=(-np.inf, np.inf),
    ),
    "rank_ic": Metric(
        lambda totals: ratio(totals.ranks[..., 0], totals.ranks[..., 1]),
        lambda totals: totals.ranks[..., 1],
        bounds=SIGNED,
    ),
    "brier": _proper(0, (0.0, 2.0), paired=False),
    "log_score": _proper(1, (-np.inf, 0.0), paired=True),
    "ece": _on_calibration(expected_calibration_error),
    "confident_half_accuracy": _on_calibration(confident_half_accuracy),
}
"""Every metric by its name in the report, in its order."""
