"""Metrics as functions of sums over samples, so that a bootstrap draw only has to reweight each day's sums."""

from eval.metrics.confusion import (
    accuracy,
    accuracy_on_parsed,
    macro_f1,
    mcc,
    pesaran_timmermann_p,
    unparsed_share,
    weighted_f1,
)
from eval.metrics.registry import METRICS, Metric
from eval.metrics.row import MetricRow
from eval.metrics.totals import Totals, day_totals

__all__ = [
    "METRICS", "Metric", "MetricRow", "Totals", "accuracy", "accuracy_on_parsed", "day_totals", "macro_f1", "mcc",
    "pesaran_timmermann_p", "unparsed_share", "weighted_f1",
]  # fmt: skip
