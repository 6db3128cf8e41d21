"""From StockNet's tweets, prices and stock table to tables of nouns."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

import polars as pl

from data_pipeline.sources.quarantine import Quarantined, quarantined
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Bar, Instrument, NameSpan
from tickertune.core.table import UTC_TIME, frame_of, schema_of

PARSER_VERSION = "stocknet-1"
LICENCE = "data set MIT; tweet text under the platform's terms"

TWEETS = pl.Schema(
    {"ticker": pl.String(), "id": pl.String(), "created_at": UTC_TIME, "text": pl.String(), "lang": pl.String()}
)
PRICE_COLUMNS = ("open", "high", "low", "close", "adj_close", "volume")
PRICES = pl.Schema([("ticker", pl.String), ("session", pl.Date), *((name, pl.Float64) for name in PRICE_COLUMNS)])

NAME_CHANGES: dict[str, tuple[tuple[str, date | None, date | None], ...]] = {
    "GOOG": (("Google Inc.", None, date(2015, 10, 2)), ("Alphabet Inc.", date(2015, 10, 2), None)),
    "PCLN": (("priceline.com Incorporated", None, date(2014, 4, 1)), ("The Priceline Group", date(2014, 4, 1), None)),
    "HRG": (("Harbinger Group Inc.", None, date(2015, 3, 9)), ("HRG Group Inc.", date(2015, 3, 9), None)),
    "D": (("Dominion Resources Inc.", None, date(2017, 5, 10)), ("Dominion Energy Inc.", date(2017, 5, 10), None)),
}
"""StockTable gives the names of 2017. These companies were renamed between 2012 and then, by their 8-K filings;
a prompt of 2014 that says "Alphabet" would know the future."""


@dataclass
class Parts:
    """What either form of the data set holds, before it is cut to a window."""

    tweets: pl.DataFrame
    """Schema ``TWEETS`` and ``raw_sha256``: one row a tweet and ticker folder."""
    prices: pl.DataFrame
    """Schema ``PRICES``, and ``item``, where the row stands; values may be missing."""
    stocks: dict[str, tuple[str, str]]
    """Ticker -> (company name, sector)."""
    quarantine: list[Quarantined] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def read_stock_table(folder: Path) -> dict[str, tuple[str, str]]:
    """Return ticker -> (company name, sector) of ``StockTable``; empty where the file is absent.

    Raises:
        TickerTuneError: The file lacks a column.
    """
    path = folder / "StockTable"
    if not path.is_file():
        return {}
    return stocks_in(path.read_text(encoding="utf-8", errors="replace"), f"File {path}")


def stocks_in(text: str, what: str) -> dict[str, tuple[str, str]]:
    """Return ticker -> (company name, sector) of a stock table's text; ``what`` names it in the error.

    Raises:
        TickerTuneError: The table lacks a column.
    """
    header, *lines = text.splitlines() or [""]
    columns = header.split("\t")
    if missing := [name for name in ("Sector", "Symbol", "Company") if name not in columns]:
        raise TickerTuneError(f"{what} lacks the column(s) {', '.join(missing)}", "Fetch the data set again")
    stocks: dict[str, tuple[str, str]] = {}
    for line in lines:
        row = dict(zip(columns, line.split("\t"), strict=False))
        if len(row) == len(columns):
            sector = " ".join(row["Sector"].split()).replace("Matierials", "Materials")  # misspelt in the data set
            stocks[row["Symbol"].lstrip("$")] = (" ".join(row["Company"].split()), sector)
    return stocks


def documents_of(tweets: pl.DataFrame, since: date, until: date) -> tuple[pl.DataFrame, dict[str, int]]:
    """Make one document a tweet id, with a payload link for each folder that holds the tweet.

    Args:
        tweets: Schema ``TWEETS`` and ``raw_sha256``.
        since: First UTC day of ``created_at``.
        until: Day after the last.

    Returns:
        Documents sorted by (available_at, doc_id), and counts.

    Raises:
        TickerTuneError: No tweet lies in the window.
    """
    start, end = (datetime.combine(day, time(), UTC) for day in (since, until))
    inside = tweets.filter((pl.col("created_at") >= start) & (pl.col("created_at") < end))
    if inside.is_empty():
        days = tweets["created_at"].dt.date().sort()
        reach = f"{days[0]} to {days[-1]}" if len(days) else ""
        raise TickerTuneError(
            f"StockNet holds no tweets from {since} to before {until}",
            f"Choose dates within {reach}" if reach else "Fetch the data set again: it holds no readable tweet",
        )
    link = pl.struct(
        symbol="ticker",
        instrument_id=pl.format("US:{}", "ticker"),
        evidence=pl.lit("payload"),
        detail=pl.format("tweet/raw/{}", "ticker"),
    )
    merged = (
        inside.unique(["id", "ticker"], keep="first", maintain_order=True)
        .sort("id", "ticker")
        .group_by("id", maintain_order=True)
        .agg(pl.col("created_at", "text", "lang", "raw_sha256").first(), link.alias("symbols"))
    )
    documents = merged.select(
        doc_id=pl.format("stocknet:{}", "id"),
        revision=pl.lit(0),
        source=pl.lit("stocknet"),
        category=pl.lit("social"),
        market=pl.lit("US"),
        url=pl.format("https://twitter.com/i/web/status/{}", "id"),
        licence=pl.lit(LICENCE),
        redistributable=pl.lit(False),
        title="text",
        body=pl.lit(""),
        language=pl.when(pl.col("lang") != "und").then("lang"),
        published_at="created_at",
        time_quality=pl.lit("exact"),
        updated_at=pl.lit(None),
        first_seen_at=pl.lit(None),
        available_at="created_at",
        availability=pl.lit("lag"),
        symbols="symbols",
        raw_sha256="raw_sha256",
        parser_version=pl.lit(PARSER_VERSION),
    ).cast(schema_of(Document))
    counts = {
        "tweet_rows": len(tweets),
        "tweet_rows_outside_window": len(tweets) - len(inside),
        "tweet_rows_merged_by_id": len(inside) - len(documents),
        "documents": len(documents),
    }
    return documents.sort("available_at", "doc_id"), counts


def bars_of(prices: pl.DataFrame, until: date) -> tuple[pl.DataFrame, list[Quarantined]]:
    """Make split-adjusted bars of all sessions before ``until``, sorted by (instrument_id, session).

    A row without a date, with a price that is missing or not positive, or that repeats a session is set aside.

    Raises:
        TickerTuneError: No bar lies before ``until``.
    """
    bad_price = pl.any_horizontal(
        *(pl.col(name).is_null() | ~pl.col(name).is_finite() | (pl.col(name) <= 0) for name in PRICE_COLUMNS[:5]),
        pl.col("volume").is_null() | (pl.col("volume") < 0),
    )
    reason = (
        pl.when(pl.col("session").is_null())
        .then(pl.lit("the date is missing or not YYYY-MM-DD"))
        .when(bad_price)
        .then(pl.lit("a price or the volume is missing, not a number or not positive"))
        .when(~pl.struct("ticker", "session").is_first_distinct())
        .then(pl.lit("the session stands there twice"))
    )
    judged = prices.with_columns(reason=reason)
    set_aside = [
        quarantined(row["item"], row["reason"], repr([row[name] for name in PRICES]))
        for row in judged.filter(pl.col("reason").is_not_null()).iter_rows(named=True)
    ]
    good = judged.filter(pl.col("reason").is_null() & (pl.col("session") < until))
    if good.is_empty():
        raise TickerTuneError(f"StockNet holds no prices before {until}", "Choose a later end, or fetch price/raw")
    bars = good.select(
        instrument_id=pl.format("US:{}", "ticker"),
        session="session",
        open="open",
        high="high",
        low="low",
        close="close",
        volume="volume",
        basis=pl.lit("split_adjusted"),
        adj_close="adj_close",
    ).cast(schema_of(Bar))
    return bars.sort("instrument_id", "session"), set_aside


def instruments_of(parts: Parts) -> pl.DataFrame:
    """Make an instrument of each ticker with tweets or prices, sorted by id.

    The exchange is XNYS for all: NYSE and NASDAQ have had the same sessions and hours throughout the data set.
    A ticker that StockTable lacks goes by its symbol.
    """
    tickers = {*parts.tweets["ticker"].unique(), *parts.prices["ticker"].unique()}
    return frame_of(Instrument, instruments_for(tickers, parts.stocks))


def instruments_for(tickers: Iterable[str], stocks: dict[str, tuple[str, str]]) -> list[Instrument]:
    """Make the instruments of ``tickers`` with their names of the time, sorted by ticker."""
    instruments = []
    for ticker in sorted(tickers):
        name, sector = stocks.get(ticker, (ticker, None))
        spans = NAME_CHANGES.get(ticker, ((name, None, None),))
        instruments.append(
            Instrument(
                instrument_id=f"US:{ticker}",
                symbol=ticker,
                exchange="XNYS",
                currency="USD",
                name=name,
                sector=sector,
                names=[NameSpan(name=old, valid_from=start, valid_to=end) for old, start, end in spans],
            )
        )
    return instruments


def row_hash(*values: str) -> str:
    """Hash of a row whose raw bytes the parquet form does not keep."""
    return hashlib.sha256("\x1f".join(values).encode()).hexdigest()
