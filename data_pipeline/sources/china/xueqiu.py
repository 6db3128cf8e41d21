"""Xueqiu: the newest posts about a stock, with the user's own session."""

import re
from typing import Any

from data_pipeline.sources.china.answers import envelope
from data_pipeline.sources.china.cashtags import cashtags
from data_pipeline.sources.china.paging import older_page, stream_context
from data_pipeline.sources.china.symbols import ZONE, listing, listings, symbol_of
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, expect_list, read_json
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
from data_pipeline.sources.times import UNKNOWN, epoch

_SITE = "https://xueqiu.com"
_SESSION = (Auth(place="cookie", name="xq_a_token", env="XUEQIU_TOKEN"),)
_PAGES = 100
_TARGET = re.compile(r"/\d{1,20}/\d{1,20}")


class _Answer(Payload):
    list: Any = None
    error_code: str | None = None
    error_description: str = ""
    unused = frozenset(
        ("error_uri", "error_data", "about", "count", "key", "maxPage", "page", "q", "query_id", "recommend_cards")
    )


class Post(Payload):
    """One post; ``created_at`` and ``edited_at`` in epoch milliseconds, ``text`` as HTML."""

    id: int
    created_at: int
    text: str | None = ""
    title: str | None = ""
    description: str | None = ""
    target: str | None = ""
    edited_at: int | None = None
    stockCorrelation: list[str] | None = None
    unused = frozenset(
        (
            "symbol_id",
            "user_id",
            "user",
            "source",
            "type",
            "retweeted_status",
            "retweet_count",
            "reply_count",
            "like_count",
            "fav_count",
            "view_count",
            "timeBefore",
        )
    )


class Xueqiu(Source):
    """Newest-first pages of the discussion of each named stock."""

    info = SourceInfo(
        name="xueqiu",
        title="Xueqiu",
        fingpt_row=23,
        category="social",
        market="CN",
        modes=("stream",),
        access="JSON of the site with the user's own session cookie xq_a_token: posts by stock, newest first; the site's "
        "firewall may answer a page instead, which is refused and not got round",
        needs=("symbols",),
        credentials=("XUEQIU_TOKEN",),
        rate=RateLimit(calls=1, seconds=3),
        zone=ZONE,
        zone_rule="epoch milliseconds (UTC)",
        poll_seconds=120,
        terms="Needs the user's own session and binds him to Xueqiu's terms; personal data of the authors.",
        licence="proprietary (the authors; Xueqiu's terms)",
        evidence="documented",
        evidence_note="https://github.com/DIYgod/RSSHub (routes/xueqiu, query/v1/symbol/search/status)",
        parser_version="xueqiu-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return nothing: the interface takes no dates."""
        return []

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page of each stock."""
        return [
            _request(stream_context(cursor, found.symbol, symbol=found.symbol, page="1"))
            for found in listings(scope.symbols)
        ]

    def parse(self, response: Response) -> Parsed:
        """Read a page of posts."""
        out = Collector(self.info, response)
        answer = envelope(out, _Answer, read_json(response))
        if answer.error_code is not None:
            logged_out = answer.error_code == "400016" or "登录" in answer.error_description
            reason = f"Xueqiu answered {answer.error_code}: {answer.error_description}"
            raise RefusedResponse(reason, "credentials" if logged_out else "content")
        stream = response.request.context["symbol"]
        stamps, head = [], ""
        for address, item in out.items(Post, expect_list(answer.list, "list"), "/list"):
            head = head or str(item.id)
            stamp = out.stamp(address, epoch, item.created_at, "ms")
            edited = out.stamp(address, epoch, item.edited_at, "ms") if item.edited_at else UNKNOWN
            if stamp is None or edited is None:
                continue
            stamps.append(stamp)
            text = plain_text(item.text or item.description or "")
            named = [(symbol, "stockCorrelation") for tag in item.stockCorrelation or () if (symbol := symbol_of(tag))]
            out.document(
                address,
                native_id=str(item.id),
                title=plain_text(item.title or ""),
                body=text,
                url=f"{_SITE}{item.target}" if item.target and _TARGET.fullmatch(item.target) else None,
                language="zh",
                published=stamp,
                updated=edited,
                symbols=named,
                cashtags=cashtags(text),
            )
            out.mark(Mark(at=stamp.at, serial=item.id), stream)
        context = older_page(out, stamps, head, _PAGES)
        if context is not None:
            out.parsed.follow.append(_request(context))
        return out.parsed


def _request(context: dict[str, str]) -> Request:
    found = listing(context["symbol"])
    params = {"symbol": found.prefixed.upper() if found else context["symbol"], "count": "20", "comment": "0"}
    paging = {"source": "all", "sort": "time", "page": context["page"], "type": "11", "hl": "0", "q": ""}
    url = f"{_SITE}/query/v1/symbol/search/status.json"
    return Request(url=url, params={**params, **paging}, auth=_SESSION, context=context)


SOURCE = Xueqiu()
