"""Eastmoney announcements: what listed companies disclose, with the time at which it was shown."""

from datetime import timedelta
from typing import Any

from data_pipeline.sources.china.answers import envelope
from data_pipeline.sources.china.paging import older_page, stream_context, window_context
from data_pipeline.sources.china.stamps import beijing, beijing_days
from data_pipeline.sources.china.symbols import ZONE, listings, symbol_of
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, expect_list, read_json
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
from data_pipeline.sources.times import UNKNOWN, Stamp, day

_API = "https://np-anotice-stock.eastmoney.com/api/security/ann"
_PAGES = 200
_AHEAD = timedelta(days=12)
"""An announcement is shown in the evening before its formal date, or before the holidays that precede that date."""


class _Page(Payload):
    list: Any = None
    unused = frozenset(("page_index", "page_size", "total_hits"))


class _Answer(Payload):
    success: int
    error: str | None = ""
    data: _Page | None = None


class _Code(Payload):
    stock_code: str | None = None
    market_code: str | None = None
    unused = frozenset(("short_name", "ann_type", "inner_code"))


class Announcement(Payload):
    """One announcement in naive Beijing time.

    ``display_time`` is when it was shown, ``eiTime`` when Eastmoney had stored it, ``notice_date`` its formal date,
    mostly the next trading day: it is not when the text became known.
    """

    art_code: str
    title: str
    notice_date: str
    display_time: str | None = None
    eiTime: str | None = None
    codes: list[_Code] = []
    unused = frozenset(
        ("columns", "title_ch", "title_en", "language", "sort_date", "source_type", "product_code", "listing_state")
    )


class EastmoneyAnnouncements(Source):
    """Titles of announcements, by day or by company; the text of the PDF is not taken."""

    info = SourceInfo(
        name="eastmoney_announcements",
        title="Eastmoney announcements",
        category="filing",
        market="CN",
        modes=("range", "stream"),
        access="public JSON of the site's announcement list, without a key: title, formal date and time of display",
        accepts=("symbols",),
        rate=RateLimit(calls=1, seconds=1, shared="eastmoney"),
        zone=ZONE,
        zone_rule="naive Beijing time to the millisecond; where only the formal date is given, that day",
        poll_seconds=120,
        terms="Undocumented public interface of the site: for own use, at a low rate.",
        licence="public disclosure (the issuers; Eastmoney's terms for its collection)",
        evidence="documented",
        evidence_note="https://github.com/akfamily/akshare (stock_notice_report), https://data.eastmoney.com/notices/",
        parser_version="eastmoney_announcements-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a list for each symbol, or for each formal date; both reach beyond the window, see ``_AHEAD``."""
        days = list(beijing_days(window.since, window.until + _AHEAD))
        context = {**window_context(window), "page": "1"}
        if scope.symbols:
            span = {"begin": days[0].isoformat(), "end": days[-1].isoformat()}
            return [_request({**context, **span, "code": found.code}) for found in listings(scope.symbols)]
        return [_request({**context, "begin": when.isoformat(), "end": when.isoformat()}) for when in days]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page of each symbol, or of the whole market."""
        if not scope.symbols:
            return [_request(stream_context(cursor, page="1"))]
        return [
            _request(stream_context(cursor, found.symbol, code=found.code, page="1"))
            for found in listings(scope.symbols)
        ]

    def parse(self, response: Response) -> Parsed:
        """Read a page of announcements."""
        out = Collector(self.info, response)
        answer = envelope(out, _Answer, read_json(response))
        if answer.success != 1 or answer.data is None:
            raise RefusedResponse(f"Eastmoney answered {answer.success}: {answer.error}")
        context = response.request.context
        stamps, head = [], ""
        for address, item in out.items(Announcement, expect_list(answer.data.list, "data.list"), "/data/list"):
            head = head or item.art_code
            stamp = out.stamp(address, _shown, item)
            stored = out.stamp(address, beijing, item.eiTime) if item.eiTime else UNKNOWN
            if stamp is None or stored is None:
                continue
            stamps.append(stamp)
            if not out.in_window(stamp):
                continue
            named = [(symbol, "codes") for code in item.codes if (symbol := _symbol(code))]
            out.document(
                address,
                native_id=item.art_code,
                title=plain_text(item.title),
                url=_address(item.art_code, named),
                language="zh",
                published=stamp,
                vendor_seen=stored,
                symbols=named,
            )
            out.mark(Mark(at=stamp.at), context.get("stream", ""))
        older = older_page(out, stamps, head, _PAGES)
        if older is not None:
            out.parsed.follow.append(_request(older))
        return out.parsed


def _shown(item: Announcement) -> Stamp:
    return beijing(item.display_time) if item.display_time else day(item.notice_date, ZONE)


def _symbol(code: _Code) -> str | None:
    """Return the listing; ``market_code`` 1 is Shanghai, 0 Shenzhen and Beijing, others are no mainland share."""
    spelled = f"{code.market_code}.{code.stock_code}" if code.market_code in ("0", "1") else ""
    return symbol_of(spelled)


def _address(article: str, named: list[tuple[str, str]]) -> str | None:
    if not named or not (article.isascii() and article.isalnum()):
        return None
    return f"https://data.eastmoney.com/notices/detail/{named[0][0][:6]}/{article}.html"


def _request(context: dict[str, str]) -> Request:
    params = {
        "sr": "-1", "page_size": "50", "page_index": context["page"], "ann_type": "A", "client_source": "web",
        "stock_list": context.get("code", ""), "f_node": "0", "s_node": "0",
        "begin_time": context.get("begin", ""), "end_time": context.get("end", ""),
    }  # fmt: skip
    return Request(url=_API, params=params, context=context)


SOURCE = EastmoneyAnnouncements()
