"""Small made markets for the account's tests."""

from datetime import date

import numpy as np
import polars as pl

from data_pipeline.labels.sessions import MINUTE, Sessions, Times, load_sessions
from eval.portfolio.market import Market, market_of
from tests.data_pipeline.made import action, actions, bar, bars

SPAN = (date(2020, 1, 2), date(2020, 6, 30))


def sessions() -> Sessions:
    return load_sessions("XNYS", *SPAN)


def market(
    opens: np.ndarray, *, names: str = "ABCDEFGH", gaps: set[tuple[str, int]] = frozenset(), events: tuple = ()
) -> Market:  # type: ignore[assignment]
    """Closes lie half way to the next open; ``gaps`` are (name, session) without a bar; events are (name, session, kind, value)."""
    days = sessions()
    rows = []
    for column, name in enumerate(names[: opens.shape[1]]):
        for at, price in enumerate(opens[:, column]):
            if (name, at) in gaps:
                continue
            following = opens[min(at + 1, len(opens) - 1), column]
            rows.append(bar(name, days.dates[at].item(), float(price), float((price + following) / 2)))
    made = [action(name, days.dates[at].item(), kind, value) for name, at, kind, value in events]
    return market_of(bars(rows), actions(made), days)


def ranged(rows: list[tuple[float, float, float, float]]) -> Market:
    """One stock by (open, high, low, close)."""
    days = sessions()
    made = [
        bar("A", days.dates[at].item(), open_, close, high=high, low=low)
        for at, (open_, high, low, close) in enumerate(rows)
    ]
    return market_of(bars(made), actions([]), days)


def decided(market: Market, first: int, last: int, minutes: int = 30) -> Times:
    """Decisions that many minutes before each open."""
    times = np.full(len(market.sessions), np.datetime64("NaT", "us"))
    times[first : last + 1] = market.sessions.opens[first : last + 1] - minutes * MINUTE
    return times


def walks(seed: int, count: int = 30, names: int = 4) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return 100 * np.exp(np.cumsum(generator.normal(0, 0.03, (count, names)), axis=0))


def cash_of(fills: pl.DataFrame, capital: float, borrow: float) -> float:
    """Cash after all fills, counted from them alone."""
    return capital - float((fills["shares"] * fills["price"]).sum()) - float(fills["charge"].sum()) - borrow
