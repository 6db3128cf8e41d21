"""Daily prices as the account trades them: one row a session, every split and payout applied once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.prices import price_panel
from data_pipeline.labels.sessions import Sessions, load_sessions
from tickertune.core.errors import TickerTuneError
from tickertune.core.table import read_parquet

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Market:
    """Total-return prices by session (rows) and instrument (columns); NaN where there is no bar.

    A price is the value of one initial share whose splits are held and whose payouts are reinvested at the ex-date's
    open, as labels have it: a share count is in initial shares, a payout is earned (or owed, by a short seller) by holding
    over the ex-date, and nothing depends on a later split. Only ratios within a column mean anything.
    """

    sessions: Sessions
    instruments: list[str]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    settled: Floats
    """From a delisting on, the final value of a share; NaN otherwise."""

    @property
    def nights(self) -> Floats:
        """Calendar days from each session to the next; 1 after the last."""
        days = self.sessions.dates.astype("datetime64[D]").astype(np.int64)
        return np.append(np.diff(days), 1).astype(np.float64)

    def columns(self, names: Sequence[str]) -> NDArray[np.int64]:
        """Column of each instrument, -1 for one without bars."""
        places = {name: place for place, name in enumerate(self.instruments)}
        return np.array([places.get(name, -1) for name in names], dtype=np.int64)


def market_of(bars: pl.DataFrame, actions: pl.DataFrame, sessions: Sessions) -> Market:
    """Arrange bars (schema ``Bar``) and actions (schema ``CorporateAction``) by session.

    Raises:
        TickerTuneError: As ``price_panel``.
    """
    panel = price_panel(bars, actions, sessions)
    places = {name: row for row, name in enumerate(panel.instruments)}
    bars = bars.filter(pl.col("instrument_id").is_in(panel.instruments))
    at = sessions.index_of(bars["session"].to_numpy())
    of = bars["instrument_id"].replace_strict(places, return_dtype=pl.Int64).to_numpy()
    on = at >= 0
    cells = of[on], at[on]
    factor = np.full_like(panel.open, np.nan)
    factor[cells] = panel.open[cells] / bars["open"].cast(pl.Float64).to_numpy()[on]

    def by_session(values: Floats) -> Floats:
        return np.ascontiguousarray(values.T)

    def scaled(name: str) -> Floats:
        values = np.full_like(panel.open, np.nan)
        values[cells] = bars[name].cast(pl.Float64).to_numpy()[on]
        return by_session(values * factor)

    return Market(
        sessions,
        panel.instruments,
        by_session(panel.open),
        scaled("high"),
        scaled("low"),
        by_session(panel.close),
        by_session(panel.settled),
    )


def read_market(data: Path, exchange: str, start: date, end: date) -> Market:
    """Read the bars and actions that a data stage left, for the sessions of ``exchange`` from ``start`` to ``end``.

    Raises:
        TickerTuneError: The folder holds no bars (a pushed data set has none), or none in the span.
    """
    if not (data / "bars.parquet").is_file():
        raise TickerTuneError(
            f"Folder {data} holds no bars.parquet, on which the account trades",
            "Give the folder of the data stage (tickertune data build), or take the account block out of the recipe",
        )
    sessions = load_sessions(exchange, start, end)
    return market_of(read_parquet(data / "bars.parquet"), read_parquet(data / "actions.parquet"), sessions)
