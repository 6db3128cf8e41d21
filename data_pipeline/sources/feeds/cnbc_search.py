"""CNBC's own search: articles and videos by word, as JSON.

The search of cnbc.com is served by Queryly. Neither documents it; its fields are known from public code. The key is
the one that the search page itself names: the user takes it from there.
"""

from datetime import datetime

from pydantic import ConfigDict, Field

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.feeds.paging import mark_stream, stream_context, wants_older, window_context
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
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
from data_pipeline.sources.times import UNKNOWN, Stamp, iso

_URL = "https://api.queryly.com/cnbc/json.aspx"
_KEY = (Auth(place="query", name="queryly_key", env="CNBC_QUERYLY_KEY"),)
_PAGE = 20
_LAST = 1000
"""Results after which a range or a look of the stream ends: the search is for the newest."""


class Result(Payload):
    """One result. ``datePublished`` is UTC; ``cn:lastPubDate`` is moved by the reader's offset and not used."""

    model_config = ConfigDict(**(Payload.model_config | {"populate_by_name": True}))

    title: str = Field(alias="cn:title")
    url: str
    published: str = Field(alias="datePublished")
    changed: str = Field(default="", alias="dateModified")
    description: str = ""
    summary: str = ""

    unused = frozenset(
        ("_id", "_pubdate", "author", "brand", "cn:branding", "cn:contentClassification", "cn:dateFirstPublished",
         "cn:dateline", "cn:keyword", "cn:lastPubDate", "cn:liveURL", "cn:promoImage", "cn:sectionSubType",
         "cn:source", "cn:subtype", "cn:type", "creationtime", "duration", "expires", "hint", "hint_detail",
         "imageurl", "pubdateunix", "section")
    )  # fmt: skip


class CnbcSearch(Source):
    """What cnbc.com finds for a word, newest first."""

    info = SourceInfo(
        name="cnbc_search",
        title="CNBC search",
        fingpt_row=19,
        category="news",
        market="US",
        modes=("range", "stream"),
        access="JSON search of cnbc.com (not an official API), with the key that its search page names",
        needs=("query",),
        credentials=("CNBC_QUERYLY_KEY",),
        rate=RateLimit(calls=1, seconds=2),
        robots=True,
        zone_rule="ISO 8601 with +0000 (datePublished)",
        poll_seconds=300,
        terms="No public terms for the search; CNBC allows personal, non-commercial use of its site.",
        licence="proprietary (CNBC)",
        evidence="documented",
        evidence_note="https://github.com/AI4Finance-Foundation/FinNLP/blob/main/finnlp/data_sources/news/"
        "cnbc_streaming.py",
        parser_version="cnbc_search-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the first page of the window's word; pages go back from the newest until they pass its start."""
        return self._first(scope, window_context(window))

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page; pages go back from it to where the stream came."""
        return self._first(scope, stream_context(cursor, scope.query or ""))

    def _first(self, scope: Scope, context: dict[str, str]) -> list[Request]:
        return [_page(scope.query, 0, context)] if scope.query else []

    def parse(self, response: Response) -> Parsed:
        """Read a page of results."""
        payload = expect_object(read_json(response), "the top")
        if "results" not in payload and isinstance(payload.get("message") or payload.get("error"), str):
            raise RefusedResponse(
                f"CNBC's search answered: {payload.get('message') or payload['error']}", "credentials"
            )
        out = Collector(self.info, response)
        stamps: list[datetime] = []
        results = expect_list(payload.get("results"), "results")
        for address, item in out.items(Result, results, "/results"):
            published = out.stamp(address, iso, item.published)
            if published is None or published.at is None:
                continue
            stamps.append(published.at)
            if not out.in_window(published):
                continue
            out.document(
                address,
                native_id=item.url,
                title=plain_text(item.title),
                body=plain_text(item.description or item.summary),
                url=item.url,
                published=published,
                updated=_changed(item, published),
                language="en",
            )
            mark_stream(out, published)
        context = response.request.context
        start = int(context["start"]) + _PAGE
        if wants_older(out, stamps, is_last=start >= _LAST):
            out.parsed.follow.append(_page(context["query"], start, context))
        return out.parsed


def _changed(item: Result, published: Stamp) -> Stamp:
    try:
        changed = iso(item.changed)
    except ValueError:
        return UNKNOWN
    return changed if changed.at is not None and published.at is not None and changed.at >= published.at else UNKNOWN


def _page(query: str, start: int, context: dict[str, str]) -> Request:
    params = {
        "query": query,
        "endindex": str(start),
        "batchsize": str(_PAGE),
        "showfaceted": "false",
        "timezoneoffset": "0",
        "sort": "date",
    }
    return Request(url=_URL, params=params, auth=_KEY, context={**context, "query": query, "start": str(start)})


SOURCE = CnbcSearch()
