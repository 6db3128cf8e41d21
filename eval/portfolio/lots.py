"""One session of the accounts: final values, gaps beyond a stop, the orders, the session's range, the close."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Event
from eval.portfolio.market import Market
from eval.portfolio.statement import FILLS
from tickertune.core.recipe import AccountConfig

Floats = NDArray[np.float64]
Orders = Callable[[int, Floats, Floats], Floats]
"""From session number, weights held [accounts, instruments] and equity [accounts] to target weights of the tranche that is
renewed, as fractions of its capital; NaN keeps what is held."""


@dataclass
class Lots:
    """State of the accounts: cash, and lots [accounts, tranches + 1, instruments], the last row for exits that found no price."""

    cash: Floats
    shares: Floats
    entry: Floats
    mark: Floats
    traded: Floats
    charged: Floats
    counts: Counter[str] = field(default_factory=Counter)
    fills: list[pl.DataFrame] = field(default_factory=list)

    def value(self) -> Floats:
        """Holdings at the last known prices."""
        return np.asarray((self.shares * self.mark).sum(axis=(1, 2)))

    def equity(self) -> Floats:
        """Cash and holdings."""
        return np.asarray(self.cash + self.value())


def trade_session(
    book: Lots,
    market: Market,
    session: int,
    orders: Orders | None,
    config: AccountConfig,
    rate: Floats,
    horizon: int,
    event: Event,
) -> None:
    """One session: final values, gaps beyond a stop, the orders, the range of the session, the close.

    Orders for the open were decided before the session, so whoever gives them does not see what a stock that is delisted
    in it is paid.
    """
    opens, closes = market.open[session], market.close[session]
    book.mark = np.where(np.isnan(opens), book.mark, opens)
    if event == "open":
        wish = _wished(book, session, orders, horizon)
        _pay_out_delisted(book, market, session)
        gone = _beyond(book, config, opens, opens, skip=session % horizon)
        _renew(book, market, session, opens, wish, rate, horizon, gone)
        _stop_within(book, market, session, config, rate)
    else:
        _pay_out_delisted(book, market, session)
        for kind, hit in _beyond(book, config, opens, opens).items():
            _sell(book, market, session, hit, np.broadcast_to(opens, hit.shape), kind, rate)
        _stop_within(book, market, session, config, rate)
        book.mark = np.where(np.isnan(closes), book.mark, closes)
        _renew(book, market, session, closes, _wished(book, session, orders, horizon), rate, horizon, {})
    book.mark = np.where(np.isnan(closes), book.mark, closes)


def _wished(book: Lots, session: int, orders: Orders | None, horizon: int) -> Floats:
    """Target weights [accounts, instruments] of the tranche that is renewed; nothing where there are no orders."""
    held = book.shares[:, session % horizon] + book.shares[:, -1]
    if orders is None:
        return np.zeros_like(held)
    equity = book.equity()
    capital = np.maximum(equity, 0.0) / horizon
    return orders(session, held * book.mark / np.where(capital > 0, capital, np.inf)[:, None], equity)


def _pay_out_delisted(book: Lots, market: Market, session: int) -> None:
    final = market.settled[session]
    gone = ~np.isnan(final) & (book.shares != 0).any(axis=(0, 1))
    if gone.any():
        paid = np.where(gone, final, 0.0)
        held = np.where(gone, book.shares, 0.0)
        book.cash = book.cash + (held.sum(axis=1) * paid).sum(axis=1)
        _log(book, market, session, -held[0].sum(axis=0), paid, np.zeros(len(paid)), "delisting")
        book.shares = np.where(gone, 0.0, book.shares)


def _beyond(
    book: Lots, config: AccountConfig, worst: Floats, best: Floats, skip: int | None = None
) -> dict[str, NDArray[np.bool_]]:
    """Lots whose stop or target lies within a range of prices, for a purchase from ``worst`` to ``best``.

    A short sale is hurt by the high and helped by the low, so it is given the range turned round.
    """
    if config.stop_loss is None and config.take_profit is None:
        return {}
    side = np.sign(book.shares)
    side[:, -1] = 0.0  # these leave at the next price anyway
    if skip is not None:
        side[:, skip] = 0.0
    hurt, helped = np.where(side > 0, worst, best), np.where(side > 0, best, worst)
    hits: dict[str, NDArray[np.bool_]] = {}
    stopped = np.zeros(side.shape, dtype=bool)
    if config.stop_loss is not None:
        stopped = (side != 0) & (side * (hurt - _level(book, side, -config.stop_loss)) <= 0)
        hits["stop"] = stopped
    if config.take_profit is not None:
        hits["take"] = (side != 0) & ~stopped & (side * (helped - _level(book, side, config.take_profit)) >= 0)
    return hits


def _level(book: Lots, side: Floats, gain: float) -> Floats:
    """Price at which a lot has gained that fraction."""
    return np.asarray(book.entry * (1 + side * gain))


def _stop_within(book: Lots, market: Market, session: int, config: AccountConfig, rate: Floats) -> None:
    """Close lots whose stop or target the session's range reaches, at that level."""
    low, high = market.low[session], market.high[session]
    hits = _beyond(book, config, low, high)
    gains = {"stop": -(config.stop_loss or 0.0), "take": config.take_profit or 0.0}
    if len(hits) == 2:
        side = np.sign(book.shares)
        both = hits["stop"] & (side * (np.where(side > 0, high, low) - _level(book, side, gains["take"])) >= 0)
        book.counts["range_reached_stop_and_target"] += int(np.count_nonzero(both[0]))
    for kind, hit in hits.items():
        _sell(book, market, session, hit, _level(book, np.sign(book.shares), gains[kind]), kind, rate)


def _sell(
    book: Lots, market: Market, session: int, hit: NDArray[np.bool_], price: Floats, kind: str, rate: Floats
) -> None:
    """Close lots at their prices, both [accounts, tranches + 1, instruments]."""
    if not hit.any():
        return
    sold = np.where(hit, book.shares, 0.0)
    value = sold * np.where(hit, price, 0.0)
    size = np.abs(value)
    charge = rate * size.sum(axis=(1, 2))
    book.cash = book.cash + value.sum(axis=(1, 2)) - charge
    book.traded = book.traded + size.sum(axis=(1, 2))
    book.charged = book.charged + charge
    for lot in range(hit.shape[1]):
        if hit[0, lot].any():
            _log(
                book,
                market,
                session,
                -sold[0, lot],
                np.where(hit[0, lot], price[0, lot], 0.0),
                rate[0] * size[0, lot],
                kind,
            )
    book.shares = np.where(hit, 0.0, book.shares)


def _renew(
    book: Lots,
    market: Market,
    session: int,
    price: Floats,
    wish: Floats,
    rate: Floats,
    horizon: int,
    gone: dict[str, NDArray[np.bool_]],
) -> None:
    """Close the tranche that ends, buy the one that begins, and trade only the difference."""
    known, at = ~np.isnan(price), session % horizon
    paid = np.where(known, price, 0.0)
    old, late = book.shares[:, at], book.shares[:, -1]
    equity = book.equity()
    capital = np.maximum(equity, 0.0) / horizon
    keep = np.isnan(wish)
    full = np.where(keep, 0.0, wish) * capital[:, None]
    want = np.where(keep, old + late, np.divide(full, paid, out=np.zeros_like(full), where=known & (paid > 0)))
    want = np.where(known, want, 0.0)
    stopped = np.zeros_like(old)
    for kind, hit in gone.items():
        closed = np.where(hit & known, book.shares, 0.0)
        stopped = stopped + closed.sum(axis=1)
        book.counts[f"{kind}_at_open"] += int(np.count_nonzero(closed[0]))
        book.shares = np.where(hit & known, 0.0, book.shares)
    leaving = np.where(known, old + late, 0.0) + stopped
    want = _affordable(book, want, leaving, keep, paid, rate)
    net = want - leaving
    size = np.abs(net) * paid
    charge = rate * size.sum(axis=1)
    book.cash = book.cash - (net * paid).sum(axis=1) - charge
    book.traded = book.traded + size.sum(axis=1)
    book.charged = book.charged + charge
    _log(book, market, session, net[0], paid, rate[0] * size[0], "order")
    book.counts["entries_without_a_price"] += int(np.count_nonzero((full[0] != 0) & ~known))
    book.counts["exits_without_a_price"] += int(np.count_nonzero((old[0] != 0) & ~known & ~keep[0]))
    if (equity <= 0)[0]:
        book.counts["sessions_without_equity"] += 1
    book.entry[:, at] = np.where(keep & (old != 0), book.entry[:, at], np.where(known, price, book.entry[:, at]))
    book.shares[:, -1] = np.where(known, 0.0, old + late)
    book.shares[:, at] = want


def _affordable(
    book: Lots, want: Floats, leaving: Floats, keep: NDArray[np.bool_], paid: Floats, rate: Floats
) -> Floats:
    """Cut new purchases in proportion, so that they and all fees are paid from cash and sales."""
    bought = np.where((want > 0) & ~keep, want, 0.0)
    cost = (bought * paid).sum(axis=1)
    share = np.ones(len(want))
    rest = want - bought
    for _ in range(4):  # the fees depend on the share: each round is wrong by the fee's rate times the last one
        net = rest + share[:, None] * bought - leaving
        fees = rate * (np.abs(net) * paid).sum(axis=1)
        left = book.cash + ((leaving - rest) * paid).sum(axis=1) - fees
        share = np.clip(np.divide(left, cost, out=np.ones_like(left), where=cost > 0), 0.0, 1.0)
    if share[0] < 1:
        book.counts["sessions_with_purchases_cut_to_cash"] += 1
    return np.asarray(rest + share[:, None] * bought)


def close_rest(book: Lots, market: Market, session: int, rate: Floats) -> None:
    """After the last exit: what still found no price is closed at the last known one, and counted."""
    left = book.shares != 0
    if left.any():
        book.counts["closed_at_last_known_price"] += int(np.count_nonzero(left[0].any(axis=0)))
        _sell(book, market, session, left, np.broadcast_to(book.mark, left.shape), "last_price", rate)


def _log(book: Lots, market: Market, session: int, shares: Floats, price: Floats, charge: Floats, kind: str) -> None:
    """Note the first account's fills [instruments]."""
    at = np.flatnonzero(shares)
    if len(at):
        book.counts[f"fills_{kind}"] += len(at)
        book.fills.append(
            pl.DataFrame(
                {
                    "session": [market.sessions.dates[session].item()] * len(at),
                    "instrument_id": [market.instruments[place] for place in at],
                    "kind": [kind] * len(at),
                    "shares": shares[at],
                    "price": price[at],
                    "charge": charge[at],
                },
                schema=FILLS,
            )
        )
