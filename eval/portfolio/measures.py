"""Measures of a series of session returns, each a pure function along the last axis.

Because they work along the last axis, a measure takes one series (sessions,) or all of its bootstrap draws
(draws, sessions) alike.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ALWAYS_OPEN = "24/7"
SESSIONS_PER_YEAR = 252.0
DAYS_PER_YEAR = 365.0


def sessions_per_year(sessions: Sequence[date], exchange: str | None = None) -> float:
    """Sessions of the series that fall into a year, at most 252, or 365 where the market never closes.

    Where sessions without a sample are absent from the series, 252 would count a year's worth of active sessions as
    a year, and flatter what is annualised.

    Args:
        sessions: Dates in order.
        exchange: The calendar's name, ``24/7`` for a market that never closes; None counts as any other exchange.
    """
    most = DAYS_PER_YEAR if exchange is not None and exchange.startswith(ALWAYS_OPEN) else SESSIONS_PER_YEAR
    if len(sessions) < 2:
        return most
    days = (sessions[-1] - sessions[0]).days
    return min(most, (len(sessions) - 1) * 365.25 / days)


def session_volatility(returns: Floats, horizon: int = 1) -> Floats:
    """Standard deviation of one session's return, long-run where holding periods overlap.

    Returns over ``horizon`` sessions that start at each session share up to ``horizon`` - 1 sessions. The long-run
    variance is the variance plus twice the autocovariances at those lags (Hansen and Hodrick 1980; for Sharpe
    ratios Lo 2002), and never less than the plain variance.
    """
    count = returns.shape[-1]
    if count < 2:
        return np.zeros(returns.shape[:-1])
    centred = returns - returns.mean(axis=-1, keepdims=True)
    variance = (centred**2).sum(axis=-1) / (count - 1)
    shared = np.zeros_like(variance)
    for lag in range(1, min(horizon, count)):
        shared = shared + (centred[..., lag:] * centred[..., :-lag]).sum(axis=-1) / (count - 1)
    return np.asarray(np.sqrt(variance + 2 * np.maximum(shared, 0.0)))


def ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Divide, and return 0 where the denominator is (nearly) 0: a series without risk has no Sharpe ratio."""
    safe = np.abs(denominator) > 1e-12
    return np.asarray(np.where(safe, numerator / np.where(safe, denominator, 1.0), 0.0))


def annualised_sharpe(returns: Floats, per_year: float = SESSIONS_PER_YEAR, horizon: int = 1) -> Floats:
    """Mean over volatility of one session, times the root of the sessions per year; no risk-free rate is taken off."""
    return np.asarray(np.sqrt(per_year) * ratio(returns.mean(axis=-1), session_volatility(returns, horizon)))


def annualised_volatility(returns: Floats, per_year: float = SESSIONS_PER_YEAR, horizon: int = 1) -> Floats:
    """Volatility of a year, as a fraction."""
    return np.asarray(session_volatility(returns, horizon) * np.sqrt(per_year))


def max_drawdown(returns: Floats) -> Floats:
    """Deepest fall of the compounded equity below its earlier peak, the start included; a fraction <= 0."""
    equity = np.cumprod(1.0 + returns, axis=-1)
    peak = np.maximum(np.maximum.accumulate(equity, axis=-1), 1.0)
    return np.asarray((equity / peak - 1.0).min(axis=-1, initial=0.0))


def break_even_cost_bps(gross: Floats, turnover: Floats) -> Floats:
    """Cost of a side, in basis points, at which nothing is left; negative where the gross return already is."""
    return ratio(gross.mean(axis=-1), turnover.mean(axis=-1)) * 1e4


def hit_rate(hits: Floats, taken: Floats) -> Floats:
    """Share of the positions taken that earned money before costs; 0 without positions."""
    return ratio(hits.sum(axis=-1), taken.sum(axis=-1))


def sharpe_of_costs(gross: Floats, costs: Floats, per_year: float = SESSIONS_PER_YEAR, horizon: int = 1) -> Floats:
    """Minus the mean cost over the gross volatility, annualised: the net Sharpe ratio of decisions worth nothing."""
    return np.asarray(np.sqrt(per_year) * ratio(-costs.mean(axis=-1), session_volatility(gross, horizon)))
