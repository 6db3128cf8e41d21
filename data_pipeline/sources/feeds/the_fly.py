"""The Fly: one-line market news, from its page of breaking news."""

from typing import Any, ClassVar

import lxml.etree
from pydantic import Field

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import element_text, html_root
from data_pipeline.sources.parsing import Payload
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
    Mark,
    Parsed,
    RateLimit,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import iso

_URL = "https://thefly.com/news.php"
_SESSION = (Auth(place="header", name="Cookie", env="THEFLY_COOKIE"),)
_ZONE = "America/New_York"


def _classed(tag: str, name: str) -> str:
    return f".//{tag}[contains(concat(' ', normalize-space(@class), ' '), ' {name} ')]"


_ROW, _TITLE = lxml.etree.XPath(_classed("tr", "tr_noticia")), lxml.etree.XPath(_classed("a", "newsTitleLink"))
_TICKER, _ABSTRACT = lxml.etree.XPath(".//*[@data-ticker]"), lxml.etree.XPath(_classed("*", "abstract"))
_LOCK = lxml.etree.XPath(_classed("*", "candado"))
_TABLE = lxml.etree.XPath(f"{_classed('*', 'newsFeedWidget')} | {_classed('table', 'news_table')}")


class Story(Payload):
    """One row of the page, by its data attributes."""

    id: str = Field(alias="data-id", min_length=1)
    published: str = Field(alias="data-datenews")
    title: str
    url: str | None
    tickers: list[str]
    abstract: str
    locked: bool

    unused: ClassVar[frozenset[str]] = frozenset(
        ("data-timeoffset", "data-storytype", "data-topic", "data-datetime", "data-unlockdate", "data-unlockdateutc")
    )


class TheFly(Source):
    """The newest stories, of all companies or of those named."""

    info = SourceInfo(
        name="the_fly",
        title="The Fly",
        fingpt_row=7,
        category="news",
        market="US",
        modes=("stream",),
        access="HTML page of breaking news with the cookie of the user's own session; summaries for members only",
        accepts=("symbols",),
        credentials=("THEFLY_COOKIE",),
        rate=RateLimit(calls=1, seconds=5),
        robots=True,
        zone=_ZONE,
        zone_rule="naive New York time to the second; the page's own unlock times in UTC agree with it",
        poll_seconds=300,
        terms="Needs the user's own account, and a subscription for the full stories; personal use only.",
        licence="proprietary (The Fly)",
        evidence="documented",
        evidence_note="https://thefly.com/news.php (layout of stored public copies of the page, 2022 and 2024)",
        parser_version="the_fly-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Refuse: the page has no range."""
        raise TypeError("source the_fly has no range")

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the page of all companies, or that of each symbol."""
        return [
            Request(
                url=_URL,
                params={"symbol": symbol} if symbol else {},
                auth=_SESSION,
                expects="html",
                context={"stream": symbol},
            )
            for symbol in scope.symbols or ("",)
        ]

    def parse(self, response: Response) -> Parsed:
        """Read the rows of the page; the teaser of a locked story is not its text and is left out."""
        root = html_root(response)
        rows = _ROW(root)
        if not rows and not _TABLE(root):
            raise RefusedResponse("the page has no table of news: it may ask for a login")
        out = Collector(self.info, response)
        for address, story in out.items(Story, map(_row, rows), "/tr_noticia"):
            stamp = out.stamp(address, iso, story.published, _ZONE)
            if stamp is None:
                continue
            out.parsed.counts["locked"] += story.locked
            out.document(
                address,
                native_id=story.id,
                title=story.title,
                body="" if story.locked else story.abstract,
                url=story.url,
                published=stamp,
                symbols=[(ticker, "data-ticker") for ticker in story.tickers],
                language="en",
            )
            out.mark(Mark(at=stamp.at), response.request.context.get("stream", ""))
        return out.parsed


def _row(row: Any) -> dict[str, Any]:
    """Return the data attributes of a row and what its cells hold."""
    titles, abstracts = _TITLE(row), _ABSTRACT(row)
    href = titles[0].get("href", "") if titles else ""
    return {
        **{name: value for name, value in row.attrib.items() if name.startswith("data-")},
        "title": " ".join(element_text(titles[0]).split()) if titles else "",
        "url": href if href.startswith("https://thefly.com/") else None,
        "tickers": [node.get("data-ticker") for node in _TICKER(row)],
        "abstract": element_text(abstracts[0]) if abstracts else "",
        "locked": bool(_LOCK(row)),
    }


SOURCE = TheFly()
