"""The triple barrier: which of an upper, a lower and a vertical barrier a position's return touches first."""

import numpy as np
from numpy.typing import NDArray

from data_pipeline.labels.prices import Matrix, PricePanel
from data_pipeline.labels.sessions import Indices
from data_pipeline.labels.timeline import Timeline

TOUCHES = {-1: "lower", 0: "vertical", 1: "upper"}
"""Name of each touch, by its number."""


def first_touch(
    panel: PricePanel, timeline: Timeline, volatility: Matrix, upper: float, lower: float
) -> tuple[Indices, Matrix]:
    """Follow each position from its entry's open over the closes until a barrier is touched.

    Closes alone are looked at: of a session's high and low nobody knows which came first, and a close is a price at
    which the position can end. Where a close is missing before any touch, the first touch is not known.

    Args:
        panel: Total-return prices.
        timeline: The decisions; their exit is the vertical barrier.
        volatility: Of one session, known at the decision, instrument x decision.
        upper: Upper barrier in volatilities.
        lower: Lower barrier in volatilities.

    Returns:
        Session of the exit (t1), and the touch: -1 lower, 0 vertical, 1 upper, NaN where it is unknown; both
        instrument x decision.

    References:
        Lopez de Prado, Advances in Financial Machine Learning, 2018, chapter 3.
    """
    closes = np.where(np.isnan(panel.close), panel.settled, panel.close)
    start = np.take(panel.open, timeline.entry, axis=1)
    exits = np.broadcast_to(timeline.exit, start.shape).astype(np.int64)
    touch = np.full(start.shape, np.nan)
    open_still: NDArray[np.bool_] = ~np.isnan(start) & ~np.isnan(volatility)
    held = timeline.exit - timeline.entry
    for ahead in range(int(held.max(initial=-1)) + 1):
        session = np.minimum(timeline.entry + ahead, timeline.exit)
        gain = np.take(closes, session, axis=1) / start - 1
        unknown = open_still & np.isnan(gain)
        up = open_still & (gain >= upper * volatility)
        down = open_still & (gain <= -lower * volatility)
        end = open_still & (held == ahead) & ~(up | down | unknown)
        touch = np.where(up, 1.0, np.where(down, -1.0, np.where(end, 0.0, touch)))
        exits = np.where(up | down, session, exits)
        open_still = open_still & ~(up | down | unknown | end)
    return exits, touch
