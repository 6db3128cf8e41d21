"""The closes that the Yahoo articles carry, held against their dates, a price file and each other."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import polars as pl
from real_yahoo import EXAMPLES, Article, Row, exchange_sessions, local, row, session_days

SAME = 1e-3
"""Difference of two returns below which they are of the same day: half a tick of a 20-dollar share is less."""


def price_rows(articles: Sequence[Article], returns: dict[str, dict[date, float]]) -> list[Row]:
    """Count what the prices say of the dates.

    Args:
        articles: The records.
        returns: Ticker -> session -> close-to-close return, of a file that knows nothing of the articles.
    """
    triples = [(one, ticker) for one in articles for ticker in one.prices]
    known = [(one, ticker) for one, ticker in triples if ticker in returns]
    votes = _votes(articles)
    timed = [(one, ticker) for one, ticker in triples if not one.midnight]
    days = session_days()

    def agrees(pair: tuple[Article, str], day: date) -> bool:
        before, now, after = pair[0].prices[pair[1]]
        moves = returns[pair[1]]
        following = days.get(day)
        if day not in moves or following not in moves:
            return False
        return abs(now / before - 1 - moves[day]) < SAME and abs(after / now - 1 - moves[following]) < SAME

    def day(pair: tuple[Article, str]) -> date:
        return pair[0].published.date()

    wrong = [pair for pair in known if not agrees(pair, day(pair))]
    contested = sum(len(prices) > 1 for prices in votes.values())
    return [
        Row("articles with closes", sum(bool(one.prices) for one in articles), len(articles)),
        Row("mentioned tickers with closes", len(triples), sum(len(one.tickers) for one in articles)),
        Row("closes on a stamp's day without a session", sum(day(pair) not in days for pair in triples), len(triples)),
        Row("sessions of a ticker with two different closes", contested, len(votes), "; ".join(_contested(votes))),
        row("closes of the stamp's UTC day, by the price file", known, lambda pair: agrees(pair, day(pair))),
        row("where the days differ: closes of the New York day", [pair for pair in known if local(pair[0]).date() != day(pair)],
             lambda pair: agrees(pair, local(pair[0]).date())),
        row("not the stamp's day, and another within 40 days fits", wrong, lambda pair: _another(pair, agrees)),
        row("not the stamp's day, a return of the three differs by a dividend's size", wrong, lambda pair: _paid(pair, returns)),
        row("'current' close made after the stamp: it was not known", timed, lambda pair: pair[0].published < _close(day(pair))),
    ]  # fmt: skip


def returns_of(bars: pl.DataFrame) -> dict[str, dict[date, float]]:
    """Ticker -> session -> close-to-close return."""
    change = pl.col("close") / pl.col("close").shift(1).over("instrument_id") - 1
    moves = bars.sort("instrument_id", "session").select("instrument_id", "session", move=change).drop_nulls()
    found: dict[str, dict[date, float]] = {}
    for ticker, session, move in moves.rows():
        found.setdefault(ticker, {})[session] = move
    return found


def _votes(articles: Iterable[Article]) -> dict[tuple[str, date], Counter[float]]:
    """Closes that the records give for a ticker's session, as the current close of one, the one before or after of another."""
    days = session_days()
    before = {following: day for day, following in days.items()}
    votes: dict[tuple[str, date], Counter[float]] = {}
    for one in articles:
        day = one.published.date()
        if day not in days or day not in before:
            continue
        for ticker, three in one.prices.items():
            for session, price in zip((before[day], day, days[day]), three, strict=True):
                votes.setdefault((ticker, session), Counter())[price] += 1
    return votes


def _contested(votes: dict[tuple[str, date], Counter[float]]) -> list[str]:
    rows = [
        f"{ticker} {day}: {', '.join(f'{price:g} in {count}' for price, count in prices.most_common())}"
        for (ticker, day), prices in sorted(votes.items())
        if len(prices) > 1
    ]
    return rows[:EXAMPLES]


def _another(pair: tuple[Article, str], agrees: Callable[[tuple[Article, str], date], bool]) -> bool:
    stated = pair[0].published.date()
    return any(agrees(pair, stated + timedelta(days=more)) for more in range(-40, 41))


def _paid(pair: tuple[Article, str], returns: dict[str, dict[date, float]]) -> bool:
    """Whether one return of the two agrees, and the other lacks at most 3 % of the total return: a dividend."""
    days, stated = session_days(), pair[0].published.date()
    before, now, after = pair[0].prices[pair[1]]
    moves = returns[pair[1]]
    following = days.get(stated)
    if stated not in moves or following not in moves:
        return False
    misses = (moves[stated] - (now / before - 1), moves[following] - (after / now - 1))
    return any(abs(misses[at]) < SAME and SAME <= misses[1 - at] < 0.03 for at in (0, 1))


def _close(day: date) -> datetime:
    sessions = exchange_sessions()
    close = sessions.closes[sessions.at_or_after(day)]
    return datetime.fromtimestamp(close.astype("datetime64[s]").astype(int), UTC)
