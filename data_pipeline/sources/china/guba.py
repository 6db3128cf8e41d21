"""Eastmoney stock forum (guba): the newest posts about a stock, from the list that its page's script holds."""

from typing import Any

from data_pipeline.sources.china.answers import embedded_json, envelope
from data_pipeline.sources.china.cashtags import cashtags
from data_pipeline.sources.china.paging import older_page, stream_context
from data_pipeline.sources.china.stamps import beijing
from data_pipeline.sources.china.symbols import ZONE, listings, symbol_of
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text, response_text
from data_pipeline.sources.parsing import Payload, expect_list
from data_pipeline.sources.protocol import (
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
from data_pipeline.sources.times import UNKNOWN, Stamp

_SITE = "https://guba.eastmoney.com"
_PAGES = 50


class _List(Payload):
    re: Any = None
    rc: int | None = None
    me: str | None = ""
    unused = frozenset(("count", "bar_name", "bar_code", "time"))


class _Bar(Payload):
    stockbar_code: str | None = None
    stockbar_market: str | None = None
    unused = frozenset(
        (
            "stockbar_name",
            "stockbar_type",
            "stockbar_inner_code",
            "stockbar_external_code",
            "stockbar_exchange",
            "stockbar_quote",
            "stockbar_quote_code",
            "stockbar_quote_market",
        )
    )


class Post(Payload):
    """One post, stamped in naive Beijing time.

    ``post_display_time`` is when it came to the top again: an answered question is published when it is asked, and its
    answer is shown much later under the same id. ``post_last_time`` is its last comment and changes no text.
    """

    post_id: int
    post_title: str
    post_publish_time: str
    post_content: str | None = ""
    post_abstract: str | None = ""
    post_display_time: str | None = None
    stockbar_code: str | None = None
    post_guba: _Bar | None = None
    unused = frozenset(
        (
            "post_last_time",
            "stockbar_name",
            "post_type",
            "post_user",
            "user_id",
            "user_nickname",
            "post_click_count",
            "post_comment_count",
            "post_forward_count",
            "post_like_count",
            "post_top_status",
            "post_state",
            "post_from_num",
        )
    )


class Guba(Source):
    """Pages of a stock's forum in the order of publication: title, and the text where the list holds it."""

    info = SourceInfo(
        name="guba",
        title="Eastmoney stock forum (guba)",
        fingpt_row=26,
        category="social",
        market="CN",
        modes=("stream",),
        access="the JSON list inside the public page of a stock's forum, without a key: titles, not always the text",
        needs=("symbols",),
        rate=RateLimit(calls=1, seconds=3),
        robots=True,
        zone=ZONE,
        zone_rule="naive Beijing time to the second",
        poll_seconds=120,
        terms="Public pages: for own use, at a low rate; personal data of the authors.",
        licence="proprietary (the authors; Eastmoney's terms)",
        evidence="documented",
        evidence_note="https://guba.eastmoney.com/list,600519,f.html (variable article_list)",
        parser_version="guba-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return nothing: the pages take no dates."""
        return []

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page of each stock's forum."""
        found = listings(scope.symbols)
        return [_request(stream_context(cursor, one.symbol, symbol=one.symbol, page="1")) for one in found]

    def parse(self, response: Response) -> Parsed:
        """Read a page of posts."""
        out = Collector(self.info, response)
        answer = envelope(out, _List, embedded_json(response_text(response, "gb18030"), "article_list"))
        if answer.rc not in (None, 0, 1):
            raise RefusedResponse(f"the forum answered {answer.rc}: {answer.me}")
        stream = response.request.context["symbol"]
        stamps, head = [], ""
        for address, item in out.items(Post, expect_list(answer.re, "re"), "/re"):
            head = head or str(item.post_id)
            stamp = out.stamp(address, beijing, item.post_publish_time)
            shown = out.stamp(address, beijing, item.post_display_time) if item.post_display_time else UNKNOWN
            if stamp is None or shown is None:
                continue
            stamps.append(stamp)
            text = plain_text(item.post_content or item.post_abstract or "")
            out.document(
                address,
                native_id=str(item.post_id),
                title=plain_text(item.post_title),
                body=text,
                url=f"{_SITE}/news,{stream[:6]},{item.post_id}.html",
                language="zh",
                published=stamp,
                updated=shown if _later(shown, stamp) else UNKNOWN,
                symbols=_named(item),
                cashtags=cashtags(text),
            )
            out.mark(Mark(at=stamp.at, serial=item.post_id), stream)
        context = older_page(out, stamps, head, _PAGES)
        if context is not None:
            out.parsed.follow.append(_request(context))
        return out.parsed


def _later(shown: Stamp, published: Stamp) -> bool:
    return shown.at is not None and published.at is not None and shown.at > published.at


def _named(item: Post) -> list[tuple[str, str]]:
    """Return the forum's stock; the forum of a sector or a theme has none."""
    market = (item.post_guba.stockbar_market if item.post_guba else None) or ""
    if symbol := symbol_of(market):
        return [(symbol, "stockbar_market")]
    symbol = symbol_of(item.stockbar_code or "")
    return [(symbol, "stockbar_code")] if symbol else []


def _request(context: dict[str, str]) -> Request:
    page = context["page"]
    address = f"{_SITE}/list,{context['symbol'][:6]},f{'' if page == '1' else f'_{page}'}.html"
    return Request(url=address, expects="html", context=context)


SOURCE = Guba()
