"""The label join: from decisions to entry, exit and return, for any number of decisions at once."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Sessions, entry_session


def join_returns(
    bars: pl.DataFrame, decisions: pl.DataFrame, sessions: Sessions, horizon: int, latency_minutes: int = 0
) -> NDArray[np.float64]:
    """Return of each decision from the first open strictly after it to the open ``horizon`` sessions later.

    The calendar, and not the next bar that happens to exist, says which session that is: where it has no bar the return
    is unknown. Prices are taken as they are; ``price_panel`` makes total returns of them.

    Args:
        bars: ``instrument_id``, ``session`` and ``open``.
        decisions: ``instrument_id`` and ``as_of``, naive UTC.
        sessions: The exchange's sessions.
        horizon: Sessions from entry to exit.
        latency_minutes: Time from decision to order.

    Returns:
        Fractions, in the order of the decisions; NaN where a price is missing or the calendar ends.
    """
    names = bars["instrument_id"].unique(maintain_order=True)
    place = pl.Enum(names)
    rows = bars["instrument_id"].cast(place).to_physical().to_numpy()
    columns = sessions.index_of(bars["session"].to_numpy())
    # Room for exits after the calendar's end, and a last row for instruments without bars: both unknown.
    prices = np.full((len(names) + 1, len(sessions) + horizon + 1), np.nan)
    prices[rows[columns >= 0], columns[columns >= 0]] = bars["open"].to_numpy()[columns >= 0]
    mine = decisions["instrument_id"].cast(place, strict=False).to_physical().fill_null(len(names)).to_numpy()
    entry = entry_session(decisions["as_of"].to_numpy(), sessions, latency_minutes)
    return np.asarray(prices[mine, entry + horizon] / prices[mine, entry] - 1)
