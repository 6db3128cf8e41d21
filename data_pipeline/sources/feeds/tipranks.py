"""TipRanks: news posts as JSON, with the session of the user's own account."""

from datetime import datetime
from typing import ClassVar

from pydantic import Field

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
from data_pipeline.sources.times import iso

_URL = "https://www.tipranks.com/api/news/posts"
_SESSION = (Auth(place="header", name="Cookie", env="TIPRANKS_COOKIE"),)
_PER_PAGE = 50
_PAGES = 100
"""Pages after which a range or a look of the stream ends: 5,000 posts a word."""


class Post(Payload):
    """One post; ``date`` with milliseconds and ``Z``."""

    id: str = Field(alias="_id")
    title: str
    link: str
    date: str
    description: str = ""

    unused: ClassVar[frozenset[str]] = frozenset(("author", "image"))


class TipRanks(Source):
    """The newest posts, of all or of those that match a word; a range pages back from the newest."""

    info = SourceInfo(
        name="tipranks",
        title="TipRanks",
        fingpt_row=6,
        category="news",
        market="US",
        modes=("range", "stream"),
        access="JSON of tipranks.com (not an official API) with the cookie of the user's own session; titles",
        accepts=("symbols", "query"),
        credentials=("TIPRANKS_COOKIE",),
        rate=RateLimit(calls=1, seconds=5),
        robots=True,
        zone_rule="ISO 8601 in UTC (Z)",
        poll_seconds=600,
        terms="Needs the user's own session; the site checks for robots, which this source does not evade: where it "
        "refuses, nothing is collected.",
        licence="proprietary (TipRanks)",
        evidence="documented",
        evidence_note="https://github.com/AI4Finance-Foundation/FinNLP/blob/main/finnlp/data_sources/news/"
        "tipranks_streaming.py",
        parser_version="tipranks-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the newest page of each word; pages go back until they pass the window's start."""
        return [_page(word, 1, window_context(window)) for word in _words(scope)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page of each word; pages go back from it to where the stream came."""
        return [_page(word, 1, stream_context(cursor, word)) for word in _words(scope)]

    def parse(self, response: Response) -> Parsed:
        """Read a page of posts. A word that was searched for is no evidence of what a post is about."""
        payload = expect_object(read_json(response), "the top")
        if "data" not in payload and "message" in payload:
            raise RefusedResponse(f"TipRanks answered: {str(payload['message'])[:200]}", "credentials")
        out = Collector(self.info, response)
        context = response.request.context
        times: list[datetime] = []
        for address, item in out.items(Post, expect_list(payload.get("data"), "data"), "/data"):
            stamp = out.stamp(address, iso, item.date)
            if stamp is None or stamp.at is None:
                continue
            times.append(stamp.at)
            if not out.in_window(stamp):
                continue
            out.document(
                address,
                native_id=item.id,
                title=plain_text(item.title),
                body=plain_text(item.description),
                url=item.link,
                published=stamp,
                language="en",
            )
            mark_stream(out, stamp)
        page = int(context["page"])
        if wants_older(out, times, is_last=page >= _PAGES):
            out.parsed.follow.append(_page(context["word"], page + 1, context))
        return out.parsed


def _words(scope: Scope) -> list[str]:
    words = [*scope.symbols, *([scope.query] if scope.query else [])]
    return list(dict.fromkeys(words)) or [""]


def _page(word: str, page: int, context: dict[str, str]) -> Request:
    params = {"page": str(page), "per_page": str(_PER_PAGE), **({"search": word} if word else {})}
    return Request(url=_URL, params=params, auth=_SESSION, context={**context, "word": word, "page": str(page)})


SOURCE = TipRanks()
