"""FNSPID (Dong et al., 2024): news of US stocks from 1999 to 2023 and their daily prices.

``Stock_news/*.csv`` hold several collections in a row. What ``Date`` means (publication, update or collection) is
stated nowhere; nearly all stamps but Reuters' are midnight, which is a date. One article stands there once for each
ticker, and is given once with all of them. A part is Lenta's, in Russian and on other matters: marked by language. The
four summary columns are a machine's and not read.

``full_history/*.csv`` hold Yahoo's prices. Both news files together have 29 GB: cut them first (by ticker or year, with
the header), or read the set from the Hub (source ``hub``).
"""

from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import ClassVar

from pydantic import Field

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.bars import NAMES, add_bars
from data_pipeline.sources.datasets.file_source import FileSource, file_path
from data_pipeline.sources.datasets.reading import csv_rows, unpacked
from data_pipeline.sources.parsing import Payload, content_id
from data_pipeline.sources.protocol import Parsed, RefusedResponse, Response, SourceInfo
from data_pipeline.sources.times import Stamp, day_anywhere, iso

_RUSSIAN = "://lenta.ru/"


class Row(Payload):
    """One article for one ticker; summaries are known and left unread."""

    unused: ClassVar[frozenset[str]] = frozenset(
        ("", "Unnamed: 0", "Unnamed: 0.1", "Publisher", "Author", "Lsa_summary", "Luhn_summary", "Textrank_summary",
         "Lexrank_summary")
    )  # fmt: skip

    date: str = Field(alias="Date")
    title: str = Field(alias="Article_title")
    symbol: str = Field(default="", alias="Stock_symbol")
    url: str = Field(default="", alias="Url")
    article: str = Field(default="", alias="Article")


class Fnspid(FileSource):
    """Articles with their tickers, and split-adjusted bars."""

    kind = "csv"
    layout: ClassVar[str] = "Stock_news/*.csv and full_history/*.csv"
    info = SourceInfo(
        name="fnspid",
        title="FNSPID",
        category="dataset",
        market="US",
        modes=("file",),
        access="CSV files of the Hub data set Zihan1004/FNSPID, cut to parts below 2 GB",
        needs=("path",),
        zone_rule="Date ends in UTC; midnight is a date alone whose zone is not documented: that date anywhere on "
        "earth (UTC+14 to UTC-12); whether it is the publication is not documented either",
        max_bytes=2 << 30,
        terms="Non-commercial use, with the authors named; articles belong to their publishers.",
        licence="CC BY-NC 4.0 (the collection's); articles belong to their publishers",
        evidence="file",
        evidence_note="https://huggingface.co/datasets/Zihan1004/FNSPID and "
        "https://github.com/Zdong104/FNSPID_Financial_News_Dataset",
        parser_version="fnspid-2",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """News and prices."""
        return path.suffix == ".csv"

    def parse(self, response: Response) -> Parsed:
        """Read news or prices, by the header."""
        out = Collector(self.info, response)
        plain = unpacked(self.info, response).body
        first_line = plain[:10_000].partition(b"\n")[0].decode("utf-8-sig", "replace")
        header = [name.strip().lower() for name in first_line.split(",")]
        if "article_title" in header:
            self._news(out, out.items(Row, csv_rows(plain, {"Date", "Article_title"}), ""))
        elif "adj close" in header:
            names = {field: name.lower() for field, name in NAMES.items()}  # the files differ in capitals
            rows = ({key.lower(): value for key, value in row.items() if key} for row in csv_rows(plain, set()))
            ticker = file_path(response.request).stem
            add_bars(out, rows, response.url, "date", names, ticker)
        else:
            raise RefusedResponse(f"the file has neither Article_title nor Adj Close: {header}"[:500])
        return out.parsed

    @staticmethod
    def _news(out: Collector, rows: Iterable[tuple[str, Row]]) -> None:
        articles: dict[str, tuple[str, Row, Stamp, list[str]]] = {}
        for address, row in rows:
            stamp = out.stamp(address, published, row.date)
            if stamp is None or not out.in_window(stamp):
                continue
            native_id = row.url.strip() or content_id(row.date, row.title)
            symbols = articles.setdefault(native_id, (address, row, stamp, []))[3]
            if symbols:
                out.parsed.counts["rows_of_one_article"] += 1
            symbols.append(row.symbol)
        for native_id, (address, row, stamp, symbols) in articles.items():
            out.document(
                address,
                native_id=native_id,
                title=row.title,
                body=row.article,
                url=row.url or None,
                published=stamp,
                symbols=[(symbol, "Stock_symbol") for symbol in symbols],
                language="ru" if _RUSSIAN in row.url else None,
                category="news",
            )


def published(text: str) -> Stamp:
    """Read ``2023-12-16 23:00:00 UTC``; midnight is a date alone, and UTC then no statement of its zone."""
    plain = text.strip().removesuffix(" UTC")
    stamp = iso(plain, "UTC")
    return day_anywhere(plain[:10]) if plain.endswith("00:00:00") else stamp


SOURCE = Fnspid()
