"""Alliance News: British company news, as Interactive Investor shows it to every reader."""

from datetime import datetime

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.feeds.paging import mark_stream, stream_context, wants_older, window_context
from data_pipeline.sources.markup import plain_text
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

_URL = "https://api-prod.ii.co.uk/api/1/content/articles"
_HEADERS = {"Ii-Consumer-Type": "web.public"}
_PAGES = 200
"""Pages after which a range or a look of the stream ends: 10,000 articles."""


class Article(Payload):
    """One headline; ``urlId`` identifies it, ``updated`` is the only time that it tells."""

    urlId: str
    title: str
    updated: str
    summary: str = ""
    body: str = ""


class AllianceNews(Source):
    """The newest headlines of Alliance News, page by page back in time."""

    info = SourceInfo(
        name="alliance_news",
        title="Alliance News",
        fingpt_row=9,
        category="news",
        market="UK",
        modes=("range", "stream"),
        access="JSON of the public page ii.co.uk/news/source/alliance-news (not an official API): headlines",
        rate=RateLimit(calls=1, seconds=3),
        robots=True,
        zone_rule="ISO 8601 with a zone; the time of the last change, which stands for the publication of this text",
        poll_seconds=300,
        terms="Shown by Interactive Investor for personal use; the wire itself is sold at alliancenews.com.",
        licence="proprietary (Alliance News)",
        evidence="documented",
        evidence_note="https://github.com/AI4Finance-Foundation/FinNLP/blob/main/finnlp/data_sources/news/"
        "alliancenews_streaming.py",
        parser_version="alliance_news-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the newest page; pages go back from it until they pass the window's start."""
        return [_page({**window_context(window), "page": "1"})]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page; pages go back from it to where the stream came."""
        return [_page({**stream_context(cursor), "page": "1"})]

    def parse(self, response: Response) -> Parsed:
        """Read a page of headlines."""
        payload = expect_object(read_json(response), "the top")
        out = Collector(self.info, response)
        times: list[datetime] = []
        for address, item in out.items(Article, expect_list(payload.get("results"), "results"), "/results"):
            stamp = out.stamp(address, iso, item.updated)
            if stamp is None or stamp.at is None:
                continue
            times.append(stamp.at)
            if not out.in_window(stamp):
                continue
            out.document(
                address,
                native_id=item.urlId,
                title=plain_text(item.title),
                body=plain_text(item.body or item.summary),
                published=stamp,
                updated=stamp,
                language="en",
            )
            mark_stream(out, stamp)
        _follow(out, response, payload.get("nextId"), times)
        return out.parsed


def _page(context: dict[str, str], next_id: str | None = None) -> Request:
    params = {"pageSize": "50", "source": "ALLIANCE", **({"nextId": next_id} if next_id else {})}
    return Request(url=_URL, params=params, headers=_HEADERS, context=context)


def _follow(out: Collector, response: Response, next_id: object, times: list[datetime]) -> None:
    """Ask for the page before, until one is empty, repeats, or is older than the window or the stream's mark."""
    context, asked = response.request.context, response.request.params.get("nextId")
    if not isinstance(next_id, str | int) or isinstance(next_id, bool) or str(next_id) == asked:
        return
    page = int(context.get("page", "1"))
    if wants_older(out, times, is_last=page >= _PAGES):
        out.parsed.follow.append(_page({**context, "page": str(page + 1)}, str(next_id)[:200]))


SOURCE = AllianceNews()
