"""StockNet's parquet form: ``tweets_*.parquet`` and ``prices_*.parquet``."""

from collections import Counter
from pathlib import Path

import polars as pl

from data_pipeline.sources.stocknet.tables import PRICES, TWEETS, Parts, read_stock_table, row_hash
from tickertune.core.errors import TickerTuneError
from tickertune.core.table import read_parquet

OTHER_TWEET_COLUMNS = {
    "file_date", "user_id", "user_followers", "user_created_at", "retweet_count", "favorite_count",
    "is_retweet", "rt_id", "rt_created_at", "reply_to",
}  # fmt: skip
"""Known columns that carry nothing a document needs: counts stood at their later crawl, not at the tweet."""


def read(folder: Path) -> Parts:
    """Read all tweet and price files of the folder, in the order of their names.

    Raises:
        TickerTuneError: A file is damaged, lacks a column or holds naive times, or there are no prices.
    """
    counts: Counter[str] = Counter()
    tweets = pl.concat([_tweets(path, counts) for path in sorted(folder.glob("tweets_*.parquet"))])
    price_paths = sorted(folder.glob("prices_*.parquet"))
    if not price_paths:
        raise TickerTuneError(f"Folder {folder} has no prices_*.parquet", "Fetch the data set's prices")
    prices = pl.concat([_prices(path, counts) for path in price_paths])
    return Parts(tweets, prices, read_stock_table(folder), counts=dict(counts))


def _columns(path: Path, required: set[str], known: set[str], counts: Counter[str]) -> pl.DataFrame:
    frame = read_parquet(path)
    if missing := sorted(required - set(frame.columns)):
        raise TickerTuneError(f"File {path} lacks the column(s) {', '.join(missing)}", "Fetch the data set again")
    for name in set(frame.columns) - required - known:
        counts[f"unknown_field:{name}"] += len(frame)
    return frame


def _tweets(path: Path, counts: Counter[str]) -> pl.DataFrame:
    frame = _columns(path, {"ticker", "id", "created_at", "text", "lang"}, OTHER_TWEET_COLUMNS, counts)
    dtype = frame.schema["created_at"]
    if not isinstance(dtype, pl.Datetime) or dtype.time_zone is None:
        raise TickerTuneError(
            f"File {path}: column created_at holds {'naive times' if isinstance(dtype, pl.Datetime) else dtype}",
            "Store created_at as a time stamp with its zone (UTC)",
        )
    hashes = [row_hash(*row) for row in frame.select("id", pl.col("created_at").dt.to_string("%s"), "text").rows()]
    return frame.select([pl.col(name).cast(dtype) for name, dtype in TWEETS.items()]).with_columns(
        raw_sha256=pl.Series(hashes, dtype=pl.String)
    )


def _prices(path: Path, counts: Counter[str]) -> pl.DataFrame:
    frame = _columns(path, (set(PRICES) - {"session"}) | {"date"}, set(), counts)
    return frame.select(
        [pl.col("date" if name == "session" else name).cast(dtype).alias(name) for name, dtype in PRICES.items()]
    ).with_columns(item=pl.format("{}:{}", pl.lit(path.name), pl.int_range(1, len(frame) + 1)))
