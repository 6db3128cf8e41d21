"""Made bars of a market, for regimes."""

from datetime import date

import numpy as np
import polars as pl

from data_pipeline.labels.sessions import Sessions, load_sessions
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.table import frame_of

START, END = date(2023, 10, 2), date(2024, 3, 1)
NO_ACTIONS = frame_of(CorporateAction, [])


def sessions() -> Sessions:
    """Sessions of the made bars."""
    return load_sessions("XNYS", START, END)


def make_bars(seed: int = 0, instruments: int = 4) -> pl.DataFrame:
    """Total-return bars of random walks over every session."""
    rng = np.random.default_rng(seed)
    days = [day.item() for day in sessions().dates]
    rows = []
    for number in range(instruments):
        close = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, len(days))))
        for day, price in zip(days, close.tolist(), strict=True):
            rows.append(
                Bar(
                    instrument_id=f"i{number}", session=day, open=price, high=price, low=price, close=price, volume=1,
                    basis="total_return",
                )
            )  # fmt: skip
    return frame_of(Bar, rows)


def changed_after(bars: pl.DataFrame, last: date, factor: float) -> pl.DataFrame:
    """The bars with other prices in every session after ``last``."""
    later = pl.col("session") > last
    prices = ("open", "high", "low", "close")
    return bars.with_columns(pl.when(later).then(pl.col(name) * factor).otherwise(name) for name in prices)
