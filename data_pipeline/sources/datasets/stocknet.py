"""StockNet (Xu and Cohen, ACL 2018): tweets about 88 US stocks, 2014-2016, and their daily prices.

Both forms: the data set's own layout (``tweet/raw/TICKER/DAY``, ``price/raw/TICKER.csv``, ``StockTable``) and parquet
(``tweets_*.parquet``, ``prices_*.parquet``). ``created_at`` decides the time; the day of a file's name follows another
zone. A tweet stands in the folder of each ticker that the search matched, as a substring: "U$D" stands under D. In the
own layout each of these files gives the tweet with its own ticker; the parquet form has all of them in one file, and
the tweet is given once with all its tickers. ``data_pipeline.sources.stocknet`` reads the same files as a whole.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import ClassVar, Literal

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.bars import NAMES, add_bars
from data_pipeline.sources.datasets.file_source import FileSource, file_path
from data_pipeline.sources.datasets.reading import csv_rows, parquet_names, parquet_rows, unpacked
from data_pipeline.sources.protocol import Parsed, RefusedResponse, Response, SourceInfo
from data_pipeline.sources.stocknet.layout import tweets_in
from data_pipeline.sources.stocknet.parquet import OTHER_TWEET_COLUMNS
from data_pipeline.sources.stocknet.tables import (
    LICENCE,
    PARSER_VERSION,
    PRICE_COLUMNS,
    instruments_for,
    stocks_in,
)
from data_pipeline.sources.times import Stamp
from tickertune.core.errors import TickerTuneError

Part = Literal["tweets", "prices", "table", "tweet rows", "price rows", "none"]
TWEET_COLUMNS = ("ticker", "id", "created_at", "text", "lang")


class StockNet(FileSource):
    """Tweets, split-adjusted bars and the table of stocks."""

    layout: ClassVar[str] = "tweet/raw and price/raw, or tweets_*.parquet and prices_*.parquet"
    info = SourceInfo(
        name="stocknet",
        title="StockNet (ACL 2018)",
        fingpt_row=29,
        category="dataset",
        market="US",
        modes=("file",),
        access="files of the public repository yumoxu/stocknet-dataset, or their parquet form",
        needs=("path",),
        zone_rule="created_at with its zone, to the second; the day of a file's name is not used",
        max_bytes=1 << 30,
        terms="The data set may be used under MIT; the tweets' text stays under the platform's terms.",
        licence=LICENCE,
        evidence="recorded",
        evidence_note="stocknet/tweets_raw_2014-01_2015-09.parquet, stocknet/prices_raw_2012-09_2015-09.parquet; the "
        "folder layout as published at https://github.com/yumoxu/stocknet-dataset",
        parser_version=PARSER_VERSION,
    )

    def wants(self, path: PurePosixPath) -> bool:
        """Tweets, prices and the table; not the preprocessed files."""
        return part_of(path) != "none"

    def parse(self, response: Response) -> Parsed:
        """Read one file, by its place in the layout."""
        out = Collector(self.info, response)
        path, plain = file_path(response.request), unpacked(self.info, response).body
        match part_of(path):
            case "tweets":
                self._tweet_file(out, path, plain)
            case "prices":
                add_bars(out, csv_rows(plain, {"Date", *NAMES.values()}), response.url, "Date", NAMES, path.stem)
            case "table":
                self._table(out, plain)
            case "tweet rows":
                self._tweet_rows(out, plain)
            case "price rows":
                names = {name: name for name in PRICE_COLUMNS}
                rows = parquet_rows(_with_columns(plain, ("ticker", "date", *names)), ("ticker", "date", *names))
                add_bars(out, rows, response.url, "date", names)
            case "none":
                raise RefusedResponse(f"{path} is no file of StockNet's layout")
        return out.parsed

    def _tweet_file(self, out: Collector, path: PurePosixPath, plain: bytes) -> None:
        counts: Counter[str] = Counter()
        rows = tweets_in(plain, path.parent.name, out.response.url, counts, out.parsed.quarantine)
        for name, count in counts.items():
            out.parsed.unknown_fields[f"Tweet.{name.removeprefix('unknown_field:')}"[:80]] += count
        out.parsed.counts["items"] += len(rows) + len(out.parsed.quarantine)
        tickers = {row[1]: [row[0]] for row in rows}
        for _, tweet_id, created, text, lang, _ in {row[1]: row for row in rows}.values():
            self._tweet(out, tweet_id, created, text, lang, tickers[tweet_id])

    def _tweet_rows(self, out: Collector, plain: bytes) -> None:
        known = {*TWEET_COLUMNS, *OTHER_TWEET_COLUMNS}
        _with_columns(plain, TWEET_COLUMNS)
        out.parsed.unknown_fields.update(f"Tweet.{name}" for name in parquet_names(plain) if name not in known)
        tweets: dict[str, tuple[datetime, str, str | None]] = {}
        tickers: dict[str, set[str]] = {}
        for number, row in enumerate(parquet_rows(plain, TWEET_COLUMNS), start=1):
            out.parsed.counts["items"] += 1
            created, text, ticker, lang = row["created_at"], row["text"], row["ticker"], row["lang"]
            if not isinstance(created, datetime) or created.tzinfo is None or not isinstance(text, str) or not ticker:
                out.set_aside(f"{out.response.url}#/{number}", "no ticker, no text or no time with a zone", repr(row))
                continue
            tweet_id = str(row["id"])
            tweets.setdefault(tweet_id, (created, text, lang if isinstance(lang, str) else None))
            tickers.setdefault(tweet_id, set()).add(str(ticker))
        for tweet_id, (created, text, lang) in tweets.items():
            self._tweet(out, tweet_id, created.astimezone(UTC), text, lang, sorted(tickers[tweet_id]))

    @staticmethod
    def _tweet(
        out: Collector, tweet_id: str, created: datetime, text: str, lang: str | None, tickers: list[str]
    ) -> None:
        stamp = out.stamp(f"{out.response.url}#{tweet_id}", Stamp.of, created)
        if stamp is None or not out.in_window(stamp):
            return
        out.document(
            f"{out.response.url}#{tweet_id}",
            native_id=tweet_id,
            title=text,
            url=f"https://twitter.com/i/web/status/{tweet_id}",
            published=stamp,
            symbols=[(ticker, f"tweet/raw/{ticker}") for ticker in tickers],
            language=None if lang == "und" else lang,
            category="social",
        )

    @staticmethod
    def _table(out: Collector, plain: bytes) -> None:
        try:
            stocks = stocks_in(plain.decode("utf-8", "replace"), "the stock table")
        except TickerTuneError as error:
            raise RefusedResponse(error.cause) from None
        out.parsed.instruments += instruments_for(stocks, stocks)


def part_of(path: PurePosixPath) -> Part:
    """Return which part of the data set a file is, by its path."""
    parts = path.parts
    if parts[-4:-2] == ("tweet", "raw"):
        return "tweets"
    if parts[-3:-1] == ("price", "raw") and path.suffix == ".csv":
        return "prices"
    if path.name == "StockTable":
        return "table"
    if path.suffix == ".parquet":
        return next((kind for start, kind in _PARQUET.items() if path.name.startswith(start)), "none")
    return "none"


_PARQUET: dict[str, Part] = {"tweets_": "tweet rows", "prices_": "price rows"}


def _with_columns(plain: bytes, columns: tuple[str, ...]) -> bytes:
    """Return the file if it has all ``columns``, else refuse it."""
    if missing := sorted(set(columns) - set(parquet_names(plain))):
        raise RefusedResponse(f"the file lacks the column(s) {', '.join(missing)}")
    return plain


SOURCE = StockNet()
