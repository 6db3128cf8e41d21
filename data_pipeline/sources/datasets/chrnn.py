"""CHRNN (Wu et al., CIKM 2018): tweets about 38 US stocks and their daily prices, 2017.

The authors' repository (wuhuizhe/CHRNN) names a download and describes no layout. The copies that later work uses keep
StockNet's: a folder a ticker, a file a day, a JSON tweet a line, under ``tweet/raw`` or, in words, ``tweet/preprocessed``
(there ``text`` is a list of words, and the id may be missing); ``price/raw/TICKER.csv`` in Yahoo's format. This source
reads that; no file of the data set itself has been seen by its parser.
"""

import json
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.bars import NAMES, add_bars
from data_pipeline.sources.datasets.file_source import FileSource, file_path
from data_pipeline.sources.datasets.reading import csv_rows, unpacked
from data_pipeline.sources.parsing import Payload, content_id
from data_pipeline.sources.protocol import (
    Cursor,
    Parsed,
    RefusedResponse,
    Request,
    Response,
    Scope,
    SourceInfo,
    Window,
)
from data_pipeline.sources.stocknet.layout import KNOWN_FIELDS, TIME_FORMAT
from data_pipeline.sources.times import Stamp, iso, local


class Tweet(Payload):
    """One tweet; ``text`` is a list of words in the preprocessed form."""

    unused: ClassVar[frozenset[str]] = KNOWN_FIELDS | {"user_id_str"}

    created_at: str
    text: str | list[str]
    id_str: str | None = None
    lang: str | None = None


class Chrnn(FileSource):
    """Tweets and split-adjusted bars in StockNet's layout."""

    layout: ClassVar[str] = "tweet/raw/TICKER/DAY (or tweet/preprocessed) and price/raw/TICKER.csv"
    info = SourceInfo(
        name="chrnn",
        title="CHRNN (CIKM 2018)",
        fingpt_row=30,
        category="dataset",
        market="US",
        modes=("file",),
        access="files behind a link of the repository wuhuizhe/CHRNN; the user supplies them in StockNet's layout",
        needs=("path",),
        zone_rule="created_at with its zone, to the second; a stamp without a zone is read as UTC",
        max_bytes=1 << 30,
        terms="The repository states no licence: ask its authors; the tweets' text stays under the platform's terms.",
        licence="unstated; tweet text under the platform's terms",
        evidence="file",
        evidence_note="https://github.com/wuhuizhe/CHRNN (which describes no layout) and StockNet's layout, "
        "https://github.com/yumoxu/stocknet-dataset",
        parser_version="chrnn-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """Tweets and prices."""
        return _is_tweets(path) or _is_prices(path)

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests; where raw tweets are there, their preprocessed copies are left out."""
        requests = super().plan(cursor, window, scope)
        raw = [request for request in requests if "preprocessed" not in file_path(request).parts]
        return raw if any(_is_tweets(file_path(request)) for request in raw) else requests

    def parse(self, response: Response) -> Parsed:
        """Read a file of tweets or prices, by its place in the layout."""
        out = Collector(self.info, response)
        path, plain = file_path(response.request), unpacked(self.info, response).body
        if _is_prices(path):
            add_bars(out, csv_rows(plain, {"Date", *NAMES.values()}), response.url, "Date", NAMES, path.stem)
        elif _is_tweets(path):
            self._tweets(out, path.parent.name, plain)
        else:
            raise RefusedResponse(f"{path} is no file of the layout")
        return out.parsed

    @staticmethod
    def _tweets(out: Collector, ticker: str, plain: bytes) -> None:
        seen: set[str] = set()
        for address, tweet in out.items(Tweet, _lines(plain), ""):
            stamp = out.stamp(address, _time, tweet.created_at)
            if stamp is None or not out.in_window(stamp):
                continue
            text = tweet.text if isinstance(tweet.text, str) else " ".join(tweet.text)
            native_id = tweet.id_str or content_id(tweet.created_at, text)
            if native_id in seen:
                out.parsed.counts["repeated"] += 1
                continue
            seen.add(native_id)
            out.document(
                address,
                native_id=native_id,
                title=text,
                url=f"https://twitter.com/i/web/status/{tweet.id_str}" if tweet.id_str else None,
                published=stamp,
                symbols=[(ticker, f"folder {ticker}")],
                language=None if tweet.lang == "und" else tweet.lang,
                category="social",
            )


def _is_tweets(path: PurePosixPath) -> bool:
    return path.parts[-4:-2] in (("tweet", "raw"), ("tweet", "preprocessed"))


def _is_prices(path: PurePosixPath) -> bool:
    return path.parts[-3:-1] == ("price", "raw") and path.suffix == ".csv"


def _lines(plain: bytes) -> Iterator[Any]:
    """Decode a JSON value a line; a line that is none stays text, which no model fits."""
    for line in plain.split(b"\n"):
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield line.decode("utf-8", "replace")[:1000]


def _time(text: str) -> Stamp:
    try:
        return local(text, TIME_FORMAT, "UTC")
    except ValueError:
        return iso(text, "UTC")


SOURCE = Chrnn()
