"""A cash account on daily bars: orders at a session's price, lots by tranche, stops, fees, and every cent accounted for.

Several accounts run side by side over one market, so that a net and a gross account, or all draws of a baseline, take one
pass. Capacity is not modelled: any order is filled whole at the session's price, whatever its size.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Event, Times
from eval.portfolio.lots import Lots, Orders, close_rest, trade_session
from eval.portfolio.market import Market
from eval.portfolio.statement import FILLS, Statement
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import AccountConfig

Floats = NDArray[np.float64]
DAYS = 365.0
_COLUMNS = ("equity", "cash", "traded", "charges", "borrow", "exposure", "net_exposure")


def check_decided_before(decided: Times, filled: Times) -> None:
    """Refuse orders that are filled at or before the time at which they were decided; NaT is no order.

    Raises:
        TickerTuneError: Such an order: it would trade at a price that was history, or that the decision had seen.
    """
    late = np.flatnonzero(~np.isnat(decided) & (decided >= filled))
    if len(late):
        at = late[0]
        raise TickerTuneError(
            f"An order decided at {decided[at]} UTC would be filled at {filled[at]} UTC, which is not after it "
            f"({len(late)} such orders)",
            "Fill at the first session open (or close) after the decision; the label's entry says which",
        )


def simulate(
    market: Market,
    first: int,
    last: int,
    decided: Times,
    orders: Orders,
    config: AccountConfig,
    horizon: int = 1,
    event: Event = "open",
    rates: Floats | None = None,
) -> Statement:
    """Trade from session ``first`` to ``last``; what is still held then is closed over the ``horizon`` that follows.

    The capital is split into ``horizon`` tranches. Each session renews one of them at its open (or close): the lots bought
    ``horizon`` sessions before are closed and those ordered are bought, and what is in both is not traded. Purchases beyond
    the cash there is are cut in proportion. Within the window a lot is closed at its stop or target: at the open where that
    is already beyond it, else at the stop itself where the session's range reaches it; where a range reaches both, the stop
    counts. A delisted stock is paid its final value. An exit without a price waits for the next one.

    Args:
        market: Prices.
        first: Number of the first session that takes orders.
        last: Number of the last.
        decided: When the orders of each session of the market were decided, UTC; NaT for no orders.
        orders: Asked at each session from ``first`` to ``last`` that has orders.
        config: Capital, fees and stops.
        horizon: Sessions that a lot is held.
        event: Whether orders are filled at the open or at the close.
        rates: Factor on all fees by account; None: one account that pays them once.

    Raises:
        TickerTuneError: An order is filled before it was decided, or the market ends before the last exit.
    """
    check_decided_before(decided[first : last + 1], market.sessions.times(event)[first : last + 1])
    end = last + horizon
    if end >= len(market.sessions):
        raise TickerTuneError(
            f"The market ends at {market.sessions.dates[-1]}, before the last position's exit",
            "Give sessions up to the last exit",
        )
    pays = np.ones(1) if rates is None else rates
    count, names = len(pays), len(market.instruments)
    book = Lots(
        cash=np.full(count, config.capital),
        shares=np.zeros((count, horizon + 1, names)),
        entry=np.ones((count, horizon + 1, names)),
        mark=np.zeros(names),
        traded=np.zeros(count),
        charged=np.zeros(count),
    )
    rate = pays * (config.commission_bps + config.slippage_bps) / 1e4
    nights = market.nights
    columns: dict[str, list[Floats]] = {name: [] for name in _COLUMNS}
    for session in range(first, end + 1):
        book.traded, book.charged = np.zeros(count), np.zeros(count)
        asked = session <= last and not np.isnat(decided[session])
        trade_session(book, market, session, orders if asked else None, config, rate, horizon, event)
        if session == end:
            close_rest(book, market, session, rate)
        worth = book.shares.sum(axis=1) * book.mark
        fee = pays * config.borrow_bps_year / 1e4 / DAYS * nights[session] * np.maximum(-worth, 0.0).sum(axis=1)
        book.cash = book.cash - fee
        equity = book.cash + worth.sum(axis=1)
        whole = np.where(equity > 0, equity, np.inf)
        for name, value in zip(
            _COLUMNS,
            (equity, book.cash, book.traded, book.charged, fee, np.abs(worth).sum(axis=1) / whole,
             worth.sum(axis=1) / whole),
            strict=True,
        ):  # fmt: skip
            columns[name].append(value)
    return Statement(
        first=first,
        capital=config.capital,
        **{name: np.stack(values, axis=1) for name, values in columns.items()},
        counts=dict(sorted(book.counts.items())),
        fills=pl.concat(book.fills) if book.fills else pl.DataFrame(schema=FILLS),
    )
