"""Robust statistics of the sessions around a bar, for the few bars that ask for them."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bars = NDArray[np.int64]

REACH = 60
"""Bars on each side: about a quarter of a year, long enough for a median, short enough to follow a crisis."""
FEWEST = 10
"""Fewer known bars around give no statistic."""
FLOOR = 0.002
"""Least standard deviation of an overnight move: below it a series of rounded prices would look like a break."""


def local_median(values: Floats, at: Bars) -> Floats:
    """Median of the ``REACH`` values on each side of each bar of ``at``, itself left out; NaN with under ``FEWEST``."""
    medians = np.full(len(at), np.nan)
    for row, bar in enumerate(at.tolist()):
        around = np.concatenate([values[max(0, bar - REACH) : bar], values[bar + 1 : bar + 1 + REACH]])
        known = around[~np.isnan(around)]
        if len(known) >= FEWEST:
            medians[row] = np.median(known)
    return medians


def local_scale(moves: Floats, at: Bars) -> Floats:
    """Standard deviation of the moves around each bar by their median size, as if normal, at least ``FLOOR``."""
    return np.maximum(1.4826 * local_median(np.abs(moves), at), FLOOR)
