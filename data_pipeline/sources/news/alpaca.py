"""Alpaca: Benzinga's news by REST API, with the time of the last update."""

import re
from datetime import timedelta
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import (
    LIVE,
    live_context,
    mark_live,
    reaches_back,
    refusal,
    utc_text,
    window_context,
)
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
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
from data_pipeline.sources.times import UNKNOWN, Stamp, iso

_URL = "https://data.alpaca.markets/v1beta1/news"
_KEYS = (
    Auth(place="header", name="APCA-API-KEY-ID", env="APCA_API_KEY_ID"),
    Auth(place="header", name="APCA-API-SECRET-KEY", env="APCA_API_SECRET_KEY"),
)
_LIMIT = 50
"""Articles of a page; the vendor's most."""
_LATE_UPDATES = timedelta(days=2)
"""Articles are found by the time of their last update: those that were edited after the window are asked for too."""
_SHARE = re.compile(r"[A-Z]{1,5}([.-][A-Z]{1,2})?")
"""A US listing; the feed names crypto pairs (BTCUSD) and foreign listings (TSX:SHOP) in the same list."""


class Article(Payload):
    """One article; times in ISO 8601 with Z; ``content`` is HTML and, like author and summary, may be empty."""

    id: int
    headline: str
    author: str | None = None
    created_at: str
    updated_at: str | None = None
    summary: str | None = None
    content: str | None = None
    url: str | None = None
    images: Any = None
    symbols: list[str] | None = None
    source: str | None = None


class Alpaca(Source):
    """News of symbols, or of everything, back to 2015, in full text."""

    info = SourceInfo(
        name="alpaca",
        title="Alpaca (Benzinga)",
        category="news",
        market="US",
        modes=("range", "stream"),
        access="REST API, free account with two keys: Benzinga's articles in full, 50 a call",
        needs=(),
        accepts=("symbols",),
        credentials=("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"),
        rate=RateLimit(calls=200, seconds=60, shared="alpaca"),
        zone_rule="ISO 8601 with Z (UTC), to the second; a text is available no sooner than its last update",
        poll_seconds=60,
        terms="The account's own use; redistribution is not allowed.",
        licence="proprietary (Benzinga)",
        evidence="documented",
        evidence_note="https://docs.alpaca.markets/us/reference/news-3.md",
        parser_version="alpaca-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return one request, oldest update first; an article edited more than two days after the window is missed."""
        bounds = {"start": utc_text(window.since), "end": utc_text(window.until + _LATE_UPDATES)}
        return [_request(scope, window_context(window), sort="asc", **bounds)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for the newest updates, back to where the stream came."""
        at = cursor.at(LIVE)
        bounds = {"start": utc_text(at)} if at else {}
        return [_request(scope, live_context(cursor), sort="desc", **bounds)]

    def parse(self, response: Response) -> Parsed:
        """Read ``news``."""
        answer = expect_object(read_json(response), "the top")
        if "news" not in answer and "message" in answer:
            message = str(answer["message"])
            raise refusal("Alpaca", message, "budget" if "too many" in message.lower() else "credentials")
        out = Collector(self.info, response)
        articles = expect_list(answer.get("news"), "news")
        updates: list[Stamp] = []
        for address, item in out.items(Article, articles, "/news"):
            created = out.stamp(address, iso, item.created_at, "UTC")
            updated = out.stamp(address, iso, item.updated_at, "UTC") if item.updated_at else UNKNOWN
            if created is None or updated is None:
                continue
            updates.append(created if updated.at is None else updated)
            if not out.in_window(created):
                continue
            shares = [symbol for symbol in item.symbols or () if _SHARE.fullmatch(symbol)]
            out.parsed.counts["symbols_not_listed_in_us"] += len(item.symbols or ()) - len(shares)
            out.document(
                address,
                native_id=str(item.id),
                title=plain_text(item.headline),
                body=plain_text(item.content or item.summary or ""),
                url=item.url,
                published=created,
                updated=updated if updated.at != created.at else UNKNOWN,
                symbols=[(symbol, "symbols") for symbol in shares],
            )
            mark_live(out, updates[-1].at)
        token, request = answer.get("next_page_token"), response.request
        is_new = isinstance(token, str) and token.isascii() and token not in ("", request.params.get("page_token"))
        if articles and is_new and reaches_back(out, updates):
            params = {**request.params, "page_token": token}
            out.parsed.follow.append(Request(url=_URL, params=params, auth=_KEYS, context=request.context))
        return out.parsed


def _request(scope: Scope, context: dict[str, str], **params: str) -> Request:
    named = {"symbols": ",".join(scope.symbols)} if scope.symbols else {}
    every = {**named, **params, "limit": str(_LIMIT), "include_content": "true"}
    return Request(url=_URL, params=every, auth=_KEYS, context=context)


SOURCE = Alpaca()
