"""Surge AI's stock sentiment sample: tweets that name a stock, with a label.

The rows have no date, but the tweet's address holds its id, and the id holds the millisecond in which the tweet was
made (``social.snowflake``). Of 74,849 tweets of StockNet one states a second that is nine later, so the time is taken to
the minute. Labels are not read (see ``sentences``).
"""

import re
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import Field

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.datasets.reading import csv_rows, unpacked
from data_pipeline.sources.datasets.sentences import Sentences
from data_pipeline.sources.parsing import Payload
from data_pipeline.sources.protocol import Parsed, Response, SourceInfo
from data_pipeline.sources.social.snowflake import snowflake_time
from data_pipeline.sources.times import UNKNOWN, Stamp

_STATUS = re.compile(r"/status(?:es)?/(\d{1,19})")
COLUMNS = {"Stock Ticker", "Tweet Text", "Sentiment", "Tweet URL"}


class Row(Payload):
    """One tweet; its label is known and left unread."""

    unused: ClassVar[frozenset[str]] = frozenset({"Sentiment"})

    ticker: str = Field(alias="Stock Ticker")
    text: str = Field(alias="Tweet Text")
    url: str = Field(alias="Tweet URL")


class Surge(FileSource):
    """The tweets with their tickers, dated by their ids."""

    kind = "csv"
    layout: ClassVar[str] = "sentiment.csv"
    info = SourceInfo(
        name="surge",
        title="Surge AI stock sentiment",
        category="dataset",
        market="US",
        modes=("file",),
        access="CSV of the public repository surge-ai/stock-sentiment",
        needs=("path",),
        zone_rule="the time in the tweet's id (UTC), taken to the minute; unknown where the address holds none",
        terms="The data set may be used under MIT; the tweets' text stays under the platform's terms.",
        licence="data set MIT; tweet text under the platform's terms",
        evidence="recorded",
        evidence_note="sentiment/surge_stock_sentiment/sentiment.csv",
        parser_version="surge-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The one CSV."""
        return path.name == "sentiment.csv"

    def parse(self, response: Response) -> Parsed:
        """Read the tweets without their labels."""
        out = Collector(self.info, response)
        sentences = Sentences(out)
        for address, row in out.items(Row, csv_rows(unpacked(self.info, response).body, COLUMNS), ""):
            found = _STATUS.search(row.url)
            stamp = UNKNOWN if found is None else out.stamp(address, _minute, found[1])
            if stamp is None or not out.in_window(stamp):
                continue
            sentences.add(
                address,
                row.text,
                native_id=found[1] if found else None,
                url=row.url,
                published=stamp,
                symbols=[(row.ticker.strip().lstrip("$"), "Stock Ticker")],
                social=True,
            )
        return out.parsed


def _minute(tweet_id: str) -> Stamp:
    stamp = snowflake_time(tweet_id)
    return stamp if stamp.at is None else Stamp.of(stamp.at, "minute")


SOURCE = Surge()
