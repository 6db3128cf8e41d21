"""Spikes: one bar far from both its neighbours, which agree with each other."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.scale import local_scale
from data_pipeline.audit.prices.series import Series

SPIKE, SPIKE_SCALES = 0.25, 8.0
"""Least log distance from both neighbours, and in standard deviations of a day: news is rarely undone in a day."""
WICK = np.log(5)
"""Least log distance of a high above, or a low below, open and close that no session of a listed share has."""
BACK = 0.2
"""Part of the distance by which the neighbours may differ."""


def spiked(series: Series) -> NDArray[np.bool_]:
    """Bars that stand apart from the bar before and the bar after."""
    moves = series.move - series.expected
    found = np.zeros(len(series), dtype=bool)
    if len(series) < 3:
        return found
    into, out = moves[1:-1], moves[2:]
    size = np.minimum(np.abs(into), np.abs(out))
    bars = 1 + np.flatnonzero((size >= SPIKE) & (np.abs(into + out) <= BACK * np.abs(into)))
    found[bars] = size[bars - 1] >= SPIKE_SCALES * local_scale(moves, bars)
    return found


def spikes(series: Series) -> Iterator[Finding]:
    """Report bars far from both neighbours, and highs and lows far from their own open and close."""
    for bar in np.flatnonzero(spiked(series)):
        factor = float(series.close[bar] / np.sqrt(series.close[bar - 1] * series.close[bar + 1]))
        yield Finding(
            series.instrument_id, "spike", series.day(bar), series.day(bar), "suspect", factor,
            f"the close is {factor:.4g} times its neighbours",
        )  # fmt: skip
    body = np.log([np.maximum(series.open, series.close), np.minimum(series.open, series.close)])
    for name, away in (("high", np.log(series.high) - body[0]), ("low", np.log(series.low) - body[1])):
        for bar in np.flatnonzero(away >= WICK if name == "high" else away <= -WICK):
            factor = float(np.exp(away[bar]))
            yield Finding(
                series.instrument_id, "spike", series.day(bar), series.day(bar), "suspect", factor,
                f"the {name} is {factor:.4g} times the nearer of open and close",
            )  # fmt: skip
