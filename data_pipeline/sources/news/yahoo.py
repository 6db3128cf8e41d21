"""Yahoo Finance: the newest stories of a symbol by the JSON that its own pages load."""

import json
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import mark_live
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Cursor,
    Parsed,
    RateLimit,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import iso

_URL = "https://finance.yahoo.com/xhr/ncp"
_COUNT = 50
"""Stories in one answer."""


class Provider(Payload):
    """Publisher of a story."""

    displayName: str | None = None
    url: str | None = None
    sourceId: str | None = None


class Link(Payload):
    """Address of a story."""

    url: str | None = None
    site: str | None = None
    region: str | None = None
    lang: str | None = None


class Ticker(Payload):
    """A symbol that a story names."""

    symbol: str


class Finance(Payload):
    """What Yahoo adds of finance: symbols, where it names any."""

    stockTickers: list[Ticker] | None = None
    premiumFinance: Any = None


class Content(Payload):
    """One story; ``pubDate`` in ISO 8601 with Z. Related stories of the story line carry no time and are left out."""

    id: str
    contentType: str = ""
    title: str
    description: str | None = None
    summary: str | None = None
    pubDate: str
    displayTime: str | None = None
    isHosted: bool | None = None
    bypassModal: bool | None = None
    previewUrl: str | None = None
    thumbnail: Any = None
    provider: Provider | None = None
    canonicalUrl: Link | None = None
    clickThroughUrl: Link | None = None
    metadata: Any = None
    finance: Finance | None = None
    storyline: Any = None


class Entry(Payload):
    """One place of the stream: a story, or an advertisement without content."""

    id: str = ""
    content: Content | None = None
    ad: Any = None


class YahooNews(Source):
    """The newest stories of each symbol. There are no dates to ask for: what was missed is gone."""

    info = SourceInfo(
        name="yahoo",
        title="Yahoo Finance",
        fingpt_row=1,
        category="news",
        market="US",
        modes=("stream",),
        access="unofficial JSON that Yahoo's own pages load; it changes without notice and may refuse programs",
        needs=("symbols",),
        rate=RateLimit(calls=1, seconds=2, shared="yahoo"),
        zone_rule="ISO 8601 with Z (UTC), to the second",
        poll_seconds=300,
        terms="Yahoo's terms allow personal use of its pages; this access is not documented and carries no promise.",
        licence="proprietary (Yahoo and its publishers)",
        evidence="recorded",
        evidence_note="payloads/yahoo/test_y_finance_company_news_fetcher_curl__0.json",
        parser_version="yahoo-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Refuse: Yahoo gives its newest stories alone.

        Raises:
            TypeError: Always.
        """
        raise TypeError("source yahoo has no range: it gives its newest stories alone")

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for the newest stories of each symbol."""
        return [
            Request(
                url=_URL,
                method="POST",
                params={"queryRef": "latestNews", "serviceKey": "ncp_fin"},
                body_json=json.dumps({"serviceConfig": {"snippetCount": _COUNT, "s": [symbol]}}),
                context={"stream": symbol, "symbol": symbol},
            )
            for symbol in scope.symbols
        ]

    def parse(self, response: Response) -> Parsed:
        """Read the stories of ``data.tickerStream.stream``."""
        answer = expect_object(read_json(response), "the top")
        stream = expect_object(expect_object(answer.get("data"), "data").get("tickerStream"), "data.tickerStream")
        out = Collector(self.info, response)
        symbol = response.request.context.get("symbol", "")
        for address, entry in out.items(Entry, expect_list(stream.get("stream"), "stream"), "/stream"):
            story = entry.content
            if story is None:
                out.parsed.counts["advertisements"] += 1
                continue
            stamp = out.stamp(address, iso, story.pubDate)
            if stamp is None:
                continue
            link = story.canonicalUrl or story.clickThroughUrl or Link()
            named = (story.finance.stockTickers if story.finance else None) or []
            out.document(
                address,
                native_id=story.id,
                title=plain_text(story.title),
                body=plain_text(story.summary or story.description or ""),
                url=link.url,
                language=link.lang,
                published=stamp,
                symbols=[(symbol, "request"), *((ticker.symbol, "stockTickers") for ticker in named)],
            )
            mark_live(out, stamp.at)
        return out.parsed


SOURCE = YahooNews()
