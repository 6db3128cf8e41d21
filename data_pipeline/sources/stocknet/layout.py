"""StockNet's own layout: ``tweet/raw/TICKER/YYYY-MM-DD`` (a JSON tweet a line) and ``price/raw/TICKER.csv``."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.sources.quarantine import Quarantined, quarantined
from data_pipeline.sources.stocknet.tables import PRICES, TWEETS, Parts, read_stock_table
from tickertune.core.errors import TickerTuneError

TIME_FORMAT = "%a %b %d %H:%M:%S %z %Y"
CSV_COLUMNS = {
    "Open": "open",
    "High": "high",
    "Low": "low",
    "Close": "close",
    "Adj Close": "adj_close",
    "Volume": "volume",
}
_KNOWN_FIELDS = """
    created_at id id_str text full_text truncated display_text_range entities extended_entities source
    in_reply_to_status_id in_reply_to_status_id_str in_reply_to_user_id in_reply_to_user_id_str
    in_reply_to_screen_name user geo coordinates place contributors retweeted_status is_quote_status quoted_status
    quoted_status_id quoted_status_id_str retweet_count favorite_count favorited retweeted possibly_sensitive
    possibly_sensitive_appealable filter_level lang metadata timestamp_ms scopes withheld_copyright
    withheld_in_countries withheld_scope
"""
KNOWN_FIELDS = frozenset(_KNOWN_FIELDS.split())
"""Top-level fields of a tweet in version 1.1 of the platform's interface."""


def read(folder: Path) -> Parts:
    """Read all tweets and prices, in the order of their file names.

    A line that is no tweet goes to quarantine; unknown top-level fields are counted.

    Raises:
        TickerTuneError: ``price/raw`` is missing or empty, or a CSV lacks a column.
    """
    counts: Counter[str] = Counter()
    quarantine: list[Quarantined] = []
    rows: list[tuple[str, str, datetime, str, str | None, str]] = []
    for path in sorted(folder.glob("tweet/raw/*/*")):
        if path.is_file() and not path.name.startswith("."):
            where = f"tweet/raw/{path.parent.name}/{path.name}"
            rows += tweets_in(path.read_bytes(), path.parent.name, where, counts, quarantine)
    tweets = pl.DataFrame(rows, schema=pl.Schema([*TWEETS.items(), ("raw_sha256", pl.String())]), orient="row")
    csv_paths = sorted((folder / "price" / "raw").glob("*.csv"))
    if not csv_paths:
        raise TickerTuneError(f"Folder {folder / 'price' / 'raw'} holds no CSV files", "Fetch the data set's prices")
    prices = pl.concat([_prices(path) for path in csv_paths])
    return Parts(tweets, prices, read_stock_table(folder), quarantine, dict(counts))


def tweets_in(
    data: bytes, ticker: str, where: str, counts: Counter[str], quarantine: list[Quarantined]
) -> list[tuple[str, str, datetime, str, str | None, str]]:
    """Read one day's file of one ticker.

    Args:
        data: Its bytes.
        ticker: Whose folder it stands in.
        where: Its name, for the quarantine.
        counts: Counts unknown fields.
        quarantine: Takes lines that are no tweets.

    Returns:
        (ticker, id, created_at in UTC, text, language or None, hash of the line) for each tweet.
    """
    rows = []
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            tweet = json.loads(line)
            fields = _fields(tweet)
        except (ValueError, RecursionError) as error:  # also bytes that are not UTF-8 and text that is not JSON
            quarantine.append(quarantined(f"{where}:{number}", f"no tweet: {error}", line))
            continue
        counts.update(f"unknown_field:{name}" for name in tweet.keys() - KNOWN_FIELDS)
        rows.append((ticker, *fields, hashlib.sha256(line).hexdigest()))
    return rows


def _fields(tweet: Any) -> tuple[str, datetime, str, str | None]:
    if not isinstance(tweet, dict):
        raise ValueError("the line is not a JSON object")
    text, lang = tweet.get("text"), tweet.get("lang")
    created_at, tweet_id = tweet.get("created_at"), tweet.get("id_str", tweet.get("id"))
    if not isinstance(text, str) or not isinstance(created_at, str):
        raise ValueError("text or created_at is missing")
    if not isinstance(tweet_id, str | int) or not str(tweet_id).isdigit():
        raise ValueError("id_str is missing or not a number")
    try:
        created = datetime.strptime(created_at, TIME_FORMAT).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            f"created_at {created_at[:40]!r} is not like 'Wed Jan 01 03:59:03 +0000 2014', with its zone"
        ) from None
    # A text cut within a surrogate pair is not valid Unicode: the broken half becomes U+FFFD.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(tweet_id), created, whole, lang if isinstance(lang, str) else None


def _prices(path: Path) -> pl.DataFrame:
    try:
        frame = pl.read_csv(path, infer_schema=False, truncate_ragged_lines=True)
    except pl.exceptions.PolarsError as error:
        raise TickerTuneError(
            f"File {path} is not a readable CSV ({str(error).splitlines()[0]})", "Fetch it again"
        ) from error
    if missing := [name for name in ("Date", *CSV_COLUMNS) if name not in frame.columns]:
        raise TickerTuneError(f"File {path} lacks the column(s) {', '.join(missing)}", "Fetch price/raw again")
    return frame.select(
        pl.lit(path.stem).alias("ticker"),
        pl.col("Date").str.to_date("%Y-%m-%d", strict=False).alias("session"),
        *(pl.col(old).cast(pl.Float64, strict=False).alias(new) for old, new in CSV_COLUMNS.items()),
        item=pl.format("{}:{}", pl.lit(f"price/raw/{path.name}"), pl.int_range(2, len(frame) + 2)),
    ).cast(pl.Schema([*PRICES.items(), ("item", pl.String())]))
