"""Samples of the feeds: every recording of payloads/feeds, and fixtures in the publishers' layouts.

The items of the recordings were counted with grep (``<item>``, ``<entry>``) and their ids with lxml.
"""

from datetime import UTC, datetime

from data_pipeline.sources.feeds import alliance_news, cnbc_search, rss, the_fly, tipranks
from data_pipeline.sources.feeds.table import ROWS
from data_pipeline.sources.protocol import Cursor, Scope, Source
from tests.data_pipeline.sources.sample import Sample

PUBLISHERS = {row.info.name: row for row in ROWS}
SEEN = datetime(2026, 11, 2, 12, tzinfo=UTC)


def feed(
    body: str, expected: dict[str, int], url: str = "https://feeds.example.com/all.xml", kind: str = "application/xml"
) -> Sample:
    """Return a sample of the source for any feed."""
    scope = Scope(urls=(url,))
    request = rss.SOURCE.stream(Cursor(), scope)[0]
    return Sample(rss.SOURCE, request, body, expected, fetched_at=SEEN, content_type=kind, scope=scope)


def first(source: Source, body: str, expected: dict[str, int], kind: str = "application/json", **scope: str) -> Sample:
    """Return a sample of the first streamed request of a source."""
    named = Scope(**scope)
    request = source.stream(Cursor(), named)[0]
    return Sample(source, request, body, expected, fetched_at=SEEN, content_type=kind, scope=named)


RECORDED = {
    "encoding.rss": {"documents": 40},
    "feedburner.atom": {"documents": 25},
    "guardian.rss": {"documents": 55},
    "heise.atom": {"documents": 15},
    "heraldsun.rss": {"documents": 2},
    "incomplete-fields.atom": {"quarantine": 1},
    "many-links.rss": {"documents": 25},
    "missing-fields.atom": {"quarantine": 1},
    "reddit-atom.rss": {"documents": 24},
    "reddit-home.rss": {"documents": 24},
    "reddit.rss": {"documents": 24},
    "uolNoticias.rss": {"documents": 15},
}
"""unrecognized.rss is a page of HTML: refused, in test_feed.py."""

WRITTEN = {
    "rss/naive.rss": {"documents": 2},
    "rss/est.rss": {"documents": 3},
    "rss/undated.rss": {"documents": 2},
    "rss/date_only.rdf": {"documents": 2},
    "rss/duplicates.rss": {"documents": 3, "quarantine": 2},
    "rss/changed_first.atom": {"documents": 1},
    "rss/changed_second.atom": {"documents": 1},
    "rss/out_of_order.rss": {"documents": 3},
    "rss/broken_markup.rss": {"documents": 2},
}

ROW_FIXTURES = {
    "cnbc": ("cnbc/top_news.xml", {"documents": 2, "quarantine": 1}),
    "globenewswire": ("globenewswire/public_companies.xml", {"documents": 3}),
    "gurufocus": ("gurufocus/rss.xml", {"documents": 2}),
    "investorplace": ("investorplace/feed.xml", {"documents": 2}),
    "marketwatch": ("marketwatch/topstories.xml", {"documents": 2}),
    "penny_stocks": ("penny_stocks/feed.xml", {"documents": 2}),
    "pr_newswire": ("pr_newswire/releases.xml", {"documents": 2}),
    "seeking_alpha": ("seeking_alpha/market_currents.xml", {"documents": 2}),
    "talkmarkets": ("talkmarkets/rss.xml", {"documents": 2}),
}

SAMPLES = [
    *(feed(f"shared:payloads/feeds/{name}", expected) for name, expected in RECORDED.items()),
    *(feed(name, expected) for name, expected in WRITTEN.items()),
    *(first(PUBLISHERS[name], *row, "application/rss+xml") for name, row in ROW_FIXTURES.items()),
    first(alliance_news.SOURCE, "alliance_news/articles.json", {"documents": 2, "quarantine": 1}),
    first(cnbc_search.SOURCE, "cnbc_search/results.json", {"documents": 2, "quarantine": 1}, query="kettles"),
    first(the_fly.SOURCE, "the_fly/news.html", {"documents": 3, "quarantine": 1}, "text/html"),
    first(tipranks.SOURCE, "tipranks/posts.json", {"documents": 2}),
]
