"""In which state the market was when a sample was decided: thirds of a number that was known then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.prices import price_panel
from data_pipeline.labels.sessions import Sessions, Times, load_sessions

Floats = NDArray[np.float64]
NAMES = {"trend": ("down", "flat", "up"), "volatility": ("low", "middle", "high")}
UNKNOWN = "unknown"
"""Regime of a sample whose number is not known."""


@dataclass(frozen=True)
class Regimes:
    """The regime of each sample [n], and the two numbers that part the thirds."""

    names: list[str]
    bounds: tuple[float, float]


def in_thirds(values: Floats, names: Sequence[str]) -> Regimes:
    """Name the third that each number [n] falls into; one on a bound belongs to the lower third."""
    bounds = thirds_of(values)
    return Regimes(named(values, bounds, names), bounds)


def thirds_of(values: Floats) -> tuple[float, float]:
    """The two numbers that part the known ones of ``values``, of which there must be one, into thirds."""
    low, high = (float(bound) for bound in np.quantile(values[np.isfinite(values)], [1 / 3, 2 / 3]))
    return low, high


def named(values: Floats, bounds: tuple[float, float], names: Sequence[str]) -> list[str]:
    """Name each number [n] by bounds that may come from other samples, such as earlier ones."""
    place = np.searchsorted(list(bounds), values, side="left")
    return [names[at] if good else UNKNOWN for at, good in zip(place, np.isfinite(values), strict=True)]


def decision_trend(
    samples: pl.DataFrame, bars: pl.DataFrame, actions: pl.DataFrame, exchange: str, window: int
) -> Floats:
    """``market_trend`` at the decision of each sample [n].

    Args:
        samples: ``Sample`` rows with a decision time.
        bars: ``Bar`` rows.
        actions: ``CorporateAction`` rows.
        exchange: Whose sessions are counted.
        window: Sessions of the trend.
    """
    as_of = samples["as_of"].dt.convert_time_zone("UTC").dt.replace_time_zone(None).dt.cast_time_unit("us").to_numpy()
    start, end = as_of.min().item().date(), as_of.max().item().date()
    sessions = load_sessions(exchange, start - timedelta(days=2 * window + 30), end)
    return market_trend(bars, actions, sessions, as_of, window)


def market_trend(bars: pl.DataFrame, actions: pl.DataFrame, sessions: Sessions, as_of: Times, window: int) -> Floats:
    """Return of the equal-weight market over the last ``window`` sessions that had closed by each decision, as a fraction [n].

    The market's return of a session is the mean total return, close to close, of the instruments that have both. NaN where a
    session of the window has none.

    Args:
        bars: ``Bar`` rows.
        actions: ``CorporateAction`` rows.
        sessions: Of the exchange; bars outside of them are not looked at.
        as_of: Decision times, UTC.
        window: Sessions.
    """
    close = price_panel(bars, actions, sessions).close
    moves = close[:, 1:] / close[:, :-1] - 1
    known = np.isfinite(moves)
    with np.errstate(invalid="ignore", divide="ignore"):
        market = np.where(known, moves, 0.0).sum(axis=0) / known.sum(axis=0)
    values = np.full(len(as_of), np.nan)
    for row, last in enumerate(sessions.last_known("close", as_of)):
        if last >= window:
            values[row] = np.prod(1 + market[last - window : last]) - 1
    return values
