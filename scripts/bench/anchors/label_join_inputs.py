"""The one job of the label joins, and its made inputs.

For each decision (instrument, time), find the instrument's first open strictly after the decision and the open ``horizon``
sessions later, and return their ratio less one; NaN where the bars end before. Every ``label_join_*.py`` here does this
from the same two tables and gives the same numbers.
"""

from datetime import date

import numpy as np
import polars as pl

from data_pipeline.labels.sessions import load_sessions

SPAN = (date(2015, 1, 2), date(2024, 12, 31))
EXCHANGE = "XNYS"


def inputs(decisions: int, instruments: int = 500, seed: int = 0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Made bars and decisions.

    Args:
        decisions: Number of decisions, at any time of the span, in no order.
        instruments: Number of instruments, each with a bar every session.
        seed: Seed of both.

    Returns:
        Bars (``instrument_id``, ``session``, ``open_time`` naive UTC, ``open``), sorted by instrument and session, and
        decisions (``instrument_id``, ``as_of`` naive UTC).
    """
    rng = np.random.default_rng(seed)
    sessions = load_sessions(EXCHANGE, *SPAN)
    names = [f"I{number:04d}" for number in range(instruments)]
    prices = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, (instruments, len(sessions))), axis=1))
    bars = pl.DataFrame(
        {
            "instrument_id": np.repeat(names, len(sessions)),
            "session": np.tile(sessions.dates, instruments),
            "open_time": np.tile(sessions.opens, instruments),
            "open": prices.ravel(),
        }
    )
    start, end = (time.astype(np.int64) for time in (sessions.opens[0], sessions.opens[-1]))
    at = rng.integers(start, end, decisions).astype("datetime64[us]")
    exact = rng.random(decisions) < 0.01  # decisions at an open itself: that open must not be theirs
    at[exact] = rng.choice(sessions.opens, exact.sum())
    return bars, pl.DataFrame({"instrument_id": rng.choice(names, decisions), "as_of": at})
