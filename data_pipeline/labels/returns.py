"""Returns between sessions: raw, of the market without the stock, and the volatility known at a decision.

All matrices are instrument x session. A window return stands in the column of the session that it starts in.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from data_pipeline.labels.prices import Matrix, PricePanel
from data_pipeline.labels.sessions import Event


def window_returns(panel: PricePanel, event: Event, sessions_ahead: int) -> Matrix:
    """Total return from the open (close) of each session to that ``sessions_ahead`` later, as a fraction.

    NaN where either price is missing. A delisted stock exits at its final value.
    """
    prices = panel.open if event == "open" else panel.close
    exits = np.where(np.isnan(prices), panel.settled, prices)
    returns = np.full_like(prices, np.nan)
    returns[:, :-sessions_ahead] = exits[:, sessions_ahead:] / prices[:, :-sessions_ahead] - 1
    return returns


def leave_one_out(returns: Matrix) -> Matrix:
    """Equal-weight market return without the stock itself, over the stocks with a return in the same window.

    NaN where no other stock has one. It leaves the stock out because in a small universe a stock is part of
    its own benchmark otherwise.
    """
    known = ~np.isnan(returns)
    total = np.where(known, returns, 0.0)
    others = known.sum(axis=0) - known
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (total.sum(axis=0) - total) / others
    return np.where(others > 0, mean, np.nan)


def excess_returns(returns: Matrix) -> Matrix:
    """``returns`` minus the leave-one-out market of the same window."""
    return returns - leave_one_out(returns)


def trailing_volatility(daily: Matrix, window: int) -> Matrix:
    """Standard deviation (ddof 1) of the ``window`` one-session returns that had ended by each session.

    Column t uses the returns that start in sessions t-window .. t-1, of which the last ends at t's own open (or
    close). So it is known from that moment of session t on. NaN where under half of them are known, or all
    are equal.

    Args:
        daily: One-session returns by starting session.
        window: Number of returns.
    """
    volatility = np.full_like(daily, np.nan)
    for row, returns in enumerate(daily if daily.shape[1] > window else ()):
        # Sliding windows, no running sums: each column depends on its own window to the last bit.
        windows = sliding_window_view(returns, window)[:-1]
        known = ~np.isnan(windows)
        count = known.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(known, windows, 0.0).sum(axis=1) / count
            squares = np.where(known, windows - mean[:, None], 0.0) ** 2
            deviation = np.sqrt(squares.sum(axis=1) / (count - 1))
        enough = (count >= max(2, -(-window // 2))) & (deviation > 1e-12)
        volatility[row, window:] = np.where(enough, deviation, np.nan)
    return volatility


def trailing_beta(daily: Matrix, market: Matrix, window: int) -> Matrix:
    """Slope of each instrument's one-session returns on the market's, over the ``window`` that had ended by each session.

    Column t uses the returns that start in sessions t-window .. t-1, as ``trailing_volatility`` does, so that it is
    known at t's own open (or close). NaN where under half of them are known, or the market's are all equal.

    Args:
        daily: One-session returns by starting session.
        market: The market's over the same windows.
        window: Number of returns.
    """
    beta = np.full_like(daily, np.nan)
    for row in range(len(daily) if daily.shape[1] > window else 0):
        own, other = (sliding_window_view(values[row], window)[:-1] for values in (daily, market))
        known = ~(np.isnan(own) | np.isnan(other))
        count = known.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            centred = [
                np.where(known, values - (np.where(known, values, 0.0).sum(axis=1) / count)[:, None], 0.0)
                for values in (own, other)
            ]
            variance = (centred[1] ** 2).sum(axis=1)
            slope = (centred[0] * centred[1]).sum(axis=1) / variance
        enough = (count >= max(2, -(-window // 2))) & (variance > 1e-24)
        beta[row, window:] = np.where(enough, slope, np.nan)
    return beta


def past_moves(panel: PricePanel, row: int, last_close: int, horizons: list[int]) -> list[tuple[int, float]]:
    """Close-to-close total returns that end at session ``last_close``, for each horizon with both prices.

    Returns:
        Pairs of sessions and return as a fraction; a move with a missing price is left out.
    """
    moves = []
    for sessions in horizons:
        if last_close - sessions >= 0:
            value = float(panel.close[row, last_close] / panel.close[row, last_close - sessions] - 1)
            if np.isfinite(value):
                moves.append((sessions, value))
    return moves
