"""Bars that cannot be: the high below the low, or open or close outside of them."""

from collections.abc import Iterator

import numpy as np

from data_pipeline.audit.prices.findings import Finding, Severity
from data_pipeline.audit.prices.series import Series

TOLERANCE = 0.005
"""Part of the price by which open or close may pass the range: vendors round each of the four prices by itself after
adjusting it, and official auction prices lie outside the range of the continuous session by as much."""


def impossible_bars(series: Series) -> Iterator[Finding]:
    """Report bars whose four prices contradict each other; by less than ``TOLERANCE`` of the price as a note."""
    top, bottom = np.maximum(series.open, series.close), np.minimum(series.open, series.close)
    excess = np.maximum.reduce([series.low / series.high, top / series.high, series.low / bottom]) - 1
    for bar in np.flatnonzero(excess > 1e-9):
        severity: Severity = "suspect" if excess[bar] > TOLERANCE else "note"
        prices = ", ".join(f"{name} {getattr(series, name)[bar]:g}" for name in ("open", "high", "low", "close"))
        yield Finding(
            series.instrument_id, "impossible_bar", series.day(bar), series.day(bar), severity, float(excess[bar]),
            f"{prices}: {excess[bar]:.2%} beyond the range",
        )  # fmt: skip
