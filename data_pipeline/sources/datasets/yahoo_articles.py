"""Yahoo Finance articles of Common Crawl's news crawl (Drinkall et al., 2025), 2017-2023, a JSON array a year.

``date_publish`` is UTC. Midnight alone means a date without a time. Some dates lie after ``date_download``, the moment
at which Common Crawl had the page in hand: such a date is wrong, and the time of publication is unknown then. The text
is as of the download, so a trader cannot be said to have known it before.

Each record also carries its own answer, closing prices of the day before, of the day and of the day after, beside a
machine's sentiment, emotion and entities: never part of a document. ``mentioned_companies`` are a machine's finds in
today's symbols (META for what was FB in 2019); ``related_companies`` only share an industry and are left out.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from pydantic import field_validator

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.datasets.file_source import FileSource
from data_pipeline.sources.datasets.reading import json_items, unpacked
from data_pipeline.sources.parsing import Payload
from data_pipeline.sources.protocol import Parsed, Response, SourceInfo
from data_pipeline.sources.times import UNKNOWN, Stamp, day, iso

_PRICES = ("prev_day_price_", "curr_day_price_", "next_day_price_")


class Article(Payload):
    """One article. Prices, sentiment and entities are known and left unread."""

    unused: ClassVar[frozenset[str]] = frozenset(
        ("authors", "description", "filename", "image_url", "localpath", "source_domain", "title_page", "title_rss",
         "related_companies", "industries", "named_entities", "sentiment", "emotion", "news_outlet")
    )  # fmt: skip

    title: str | None
    maintext: str | None
    url: str
    date_publish: str | None
    date_modify: str | None = None
    date_download: str
    language: str | None = None
    mentioned_companies: tuple[str, ...] = ()

    @field_validator("mentioned_companies", mode="before")
    @classmethod
    def _named_only(cls, value: Any) -> Any:
        """Leave out the gaps (NaN) among the symbols."""
        return [name for name in value if name is not None] if isinstance(value, list) else value


class YahooArticles(FileSource):
    """Articles with the companies that they mention."""

    kind = "json"
    layout: ClassVar[str] = "YEAR_processed.json (or .json.xz)"
    info = SourceInfo(
        name="yahoo_articles",
        title="Yahoo Finance articles (Common Crawl)",
        category="dataset",
        market="US",
        modes=("file",),
        access="yearly files of the public repository FelixDrinkall/financial-news-dataset",
        needs=("path",),
        zone_rule="date_publish is UTC; midnight alone is a date; a date after date_download is unknown",
        max_bytes=1 << 30,
        terms="Non-commercial research, with the authors named, changes under the same licence.",
        licence="CC BY-NC-SA 4.0 (the collection's); articles belong to their publishers",
        evidence="recorded",
        evidence_note="yahoo_articles/2017_processed.json.xz, 2018_processed.json.xz, 2019_processed.json.xz",
        parser_version="yahoo_articles-1",
    )

    def wants(self, path: PurePosixPath) -> bool:
        """The yearly files."""
        return path.name.endswith(("_processed.json", "_processed.json.xz"))

    def parse(self, response: Response) -> Parsed:
        """Read the articles of one file, without prices and a machine's judgements."""
        out = Collector(self.info, response)
        for address, item in out.items(Article, _without_prices(unpacked(self.info, response).body), ""):
            crawled = out.stamp(address, iso, item.date_download, "UTC")
            stated = out.stamp(address, published, item.date_publish)
            updated = out.stamp(address, iso, item.date_modify, "UTC") if item.date_modify else UNKNOWN
            if crawled is None or stated is None or updated is None:
                continue
            if stated.at is not None and crawled.at is not None and stated.at > crawled.at:
                out.parsed.counts["stamps_after_download"] += 1
                stated = UNKNOWN
            if not out.in_window(stated if stated.at is not None else crawled):
                continue
            out.document(
                address,
                native_id=item.url,
                title=item.title or "",
                body=item.maintext or "",
                url=item.url,
                published=stated,
                updated=updated,
                vendor_seen=crawled,
                symbols=[(symbol, "mentioned_companies") for symbol in item.mentioned_companies],
                language=item.language,
                category="news",
            )
        return out.parsed


def published(text: str | None) -> Stamp:
    """Read ``date_publish``: UTC, a date alone where the clock says midnight, unknown where it is missing."""
    if not text:
        return UNKNOWN
    stamp = iso(text, "UTC")
    return day(text[:10], "UTC") if text.endswith("00:00:00") else stamp


def _without_prices(body: bytes) -> Iterator[Any]:
    """Leave out the price columns, whose names hold a ticker."""
    for item in json_items(body):
        if isinstance(item, dict):
            yield {name: value for name, value in item.items() if not name.startswith(_PRICES)}
        else:
            yield item


SOURCE = YahooArticles()
