"""What accounts did, session by session, and their fills."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
FILLS = {
    "session": pl.Date, "instrument_id": pl.String, "kind": pl.String, "shares": pl.Float64, "price": pl.Float64,
    "charge": pl.Float64,
}  # fmt: skip
"""Fills: shares bought (sold below 0), in initial shares; ``kind`` is order, stop, take, delisting or last_price."""


@dataclass(frozen=True)
class Statement:
    """What the accounts did, a row an account, a column a session; money in the bars' currency."""

    first: int
    """Number of the first session among the market's."""
    capital: float
    equity: Floats
    """Cash and holdings at the session's close (or last known price), after fees."""
    cash: Floats
    traded: Floats
    """Value of the session's purchases and sales."""
    charges: Floats
    """Commission and slippage of them."""
    borrow: Floats
    """Fee for what is held short over the night that follows."""
    exposure: Floats
    """Absolute value of the holdings at the close, as a fraction of equity."""
    net_exposure: Floats
    counts: dict[str, int]
    """Of the first account: fills by kind, and what could not be done as ordered."""
    fills: pl.DataFrame
    """Of the first account."""

    @property
    def returns(self) -> Floats:
        """Return of each session; -1 from the session on in which nothing is left."""
        before = np.concatenate([np.full((len(self.equity), 1), self.capital), self.equity[:, :-1]], axis=1)
        alive = np.minimum.accumulate(before > 0, axis=1)
        now = np.maximum(self.equity, 0.0)
        return np.where(alive, now / np.where(alive, before, 1.0) - 1, 0.0)

    @property
    def turnover(self) -> Floats:
        """Value traded over the equity before, as ``returns``."""
        before = np.concatenate([np.full((len(self.equity), 1), self.capital), self.equity[:, :-1]], axis=1)
        return np.where(before > 0, self.traded / np.where(before > 0, before, 1.0), 0.0)
