"""CNInfo (Juchao): the announcements of companies listed in Shanghai, Shenzhen and Beijing."""

import json
import re
from typing import Any

from pydantic import Field

from data_pipeline.sources.china.answers import envelope
from data_pipeline.sources.china.paging import older_page, stream_context, window_context
from data_pipeline.sources.china.stamps import beijing_days, formal_date
from data_pipeline.sources.china.symbols import ZONE, listings, symbol_of
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, expect_list, read_json
from data_pipeline.sources.protocol import (
    Cursor,
    Mark,
    Parsed,
    RateLimit,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import Stamp

_SITE = "https://www.cninfo.com.cn/new"
_FILES = "https://static.cninfo.com.cn/"
_FILE = re.compile(r"/?(finalpage/[0-9A-Za-z./_-]{4,120})")
_PLATES = ("sz", "sh", "bj")
_BOARDS = {"sz": ("szmb", "szzx", "szcy"), "sh": ("shmb", "shkcp")}
"""The boards of an exchange; a query that finds more than the site serves is asked for again board by board."""
_PAGES = 100
_SERVED = 30 * _PAGES
"""Announcements that the site serves for one query."""


class _Answer(Payload):
    announcements: Any = None
    hasMore: bool | None = None
    totalRecordNum: int | None = None
    unused = frozenset(
        (
            "totalAnnouncement",
            "totalSecurities",
            "totalpages",
            "classifiedAnnouncements",
            "categoryList",
        )
    )


class _Companies(Payload):
    stockList: Any = None


class Company(Payload):
    """A company's id, which a query for its announcements needs."""

    code: str
    orgId: str = Field(pattern="^[0-9A-Za-z]{4,40}$")
    unused = frozenset(("category", "pinyin", "zwjc"))


class Announcement(Payload):
    """One announcement; ``announcementTime`` in epoch milliseconds, often midnight in Beijing: its formal date."""

    announcementId: str
    announcementTitle: str
    announcementTime: int
    secCode: str | None = ""
    adjunctUrl: str | None = ""
    unused = frozenset(
        (
            "secName",
            "orgId",
            "tileSecName",
            "shortTitle",
            "orgName",
            "adjunctSize",
            "adjunctType",
            "announcementType",
            "announcementTypeName",
            "announcementContent",
            "columnId",
            "pageColumn",
            "associateAnnouncement",
            "important",
            "batchNum",
            "storageTime",
            "id",
        )
    )


class Cninfo(Source):
    """Titles and PDF addresses, by day and exchange or by company; the text of the PDF is not taken."""

    info = SourceInfo(
        name="cninfo",
        title="CNInfo (Juchao) announcements",
        fingpt_row=28,
        category="filing",
        market="CN",
        modes=("range", "stream"),
        access="JSON of the disclosure site's query (POST), without a key; one query serves at most 3000 announcements",
        accepts=("symbols",),
        rate=RateLimit(calls=1, seconds=1),
        zone=ZONE,
        zone_rule="epoch milliseconds; midnight in Beijing is the formal date alone, and the file may have been out the "
        "evening before",
        poll_seconds=120,
        terms="The designated disclosure site of the regulator: public, for own use, at a low rate.",
        licence="public disclosure (the issuers; CNInfo's terms for copies)",
        evidence="documented",
        evidence_note="https://github.com/akfamily/akshare (stock_zh_a_disclosure_report_cninfo), https://www.cninfo.com.cn",
        parser_version="cninfo-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a query for each Beijing day and exchange, or first the list of company ids where symbols are named."""
        days = list(beijing_days(window.since, window.until))
        if scope.symbols:
            return [_companies(scope, {**window_context(window), "dates": f"{days[0]}~{days[-1]}"})]
        return [
            _query({**window_context(window), "dates": f"{when}~{when}", "plate": plate, "page": "1"})
            for when in days
            for plate in _PLATES
        ]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page of each exchange, or first the list of company ids."""
        if scope.symbols:
            codes = {found.code: found.symbol for found in listings(scope.symbols)}
            after = {f"after_{code}": at.isoformat() for code, symbol in codes.items() if (at := cursor.at(symbol))}
            return [_companies(scope, after)]
        return [_query(stream_context(cursor, plate, plate=plate, page="1")) for plate in _PLATES]

    def parse(self, response: Response) -> Parsed:
        """Read a page of announcements, or the list of company ids."""
        out = Collector(self.info, response)
        if "codes" in response.request.context:
            _company_queries(out)
        else:
            self._announcements(out)
        return out.parsed

    def _announcements(self, out: Collector) -> None:
        request = out.response.request
        answer = envelope(out, _Answer, read_json(out.response))
        found = [] if answer.announcements is None else expect_list(answer.announcements, "announcements")
        stamps, head = [], ""
        for address, item in out.items(Announcement, found, "/announcements"):
            head = head or item.announcementId
            stamp = out.stamp(address, formal_date, item.announcementTime)
            if stamp is None:
                continue
            stamps.append(stamp)
            if not out.in_window(stamp):
                continue
            file = _FILE.fullmatch(item.adjunctUrl or "")
            codes = (item.secCode or "").split(",")
            out.document(
                address,
                native_id=item.announcementId,
                title=plain_text(item.announcementTitle),
                url=f"{_FILES}{file[1]}" if file else None,
                language="zh",
                published=stamp,
                symbols=[(symbol, "secCode") for code in codes if (symbol := symbol_of(code))],
            )
            out.mark(Mark(at=stamp.at), request.context.get("stream", ""))
        out.parsed.follow += _more(out, answer, stamps, head)


def _more(out: Collector, answer: _Answer, stamps: list[Stamp], head: str) -> list[Request]:
    """Return the next page, or the boards of an exchange whose day holds more than the site serves."""
    context = out.response.request.context
    boards = _BOARDS.get(context.get("plate", ""), ())
    if (answer.totalRecordNum or 0) > _SERVED and "since" in context:
        if boards and context["page"] == "1":
            return [_query({**context, "plate": board}) for board in boards]
        out.parsed.counts["more_than_served"] += 1
    older = older_page(out, stamps, head, _PAGES) if answer.hasMore else None
    return [] if older is None else [_query(older)]


def _company_queries(out: Collector) -> None:
    """Lead from the list of company ids to the first page of each named company."""
    context = out.response.request.context
    wanted = dict(json.loads(context["codes"]))
    answer = envelope(out, _Companies, read_json(out.response))
    names: tuple[str, ...] = ("since", "until", "dates")
    kept = {name: context[name] for name in names if name in context}
    for _, item in out.items(Company, expect_list(answer.stockList, "stockList"), "/stockList"):
        if (symbol := wanted.pop(item.code, None)) is None:
            continue
        after = context.get(f"after_{item.code}")
        more = {"stock": f"{item.code},{item.orgId}", "stream": symbol, **({"after": after} if after else {})}
        out.parsed.follow.append(_query({**kept, **more, "page": "1"}))
    for code, symbol in wanted.items():
        out.set_aside(f"{out.response.url}#/stockList", f"no company has the code of {symbol}", code)


def _companies(scope: Scope, context: dict[str, str]) -> Request:
    codes = {found.code: found.symbol for found in listings(scope.symbols)}
    return Request(url=f"{_SITE}/data/szse_stock.json", context={**context, "codes": json.dumps(codes, sort_keys=True)})


def _query(context: dict[str, str]) -> Request:
    form = {
        "pageNum": context["page"], "pageSize": "30", "column": "szse", "tabName": "fulltext",
        "plate": context.get("plate", ""), "stock": context.get("stock", ""), "searchkey": "", "secid": "",
        "category": "", "trade": "", "seDate": context.get("dates", ""), "sortName": "time", "sortType": "desc",
        "isHLtitle": "false",
    }  # fmt: skip
    return Request(url=f"{_SITE}/hisAnnouncement/query", method="POST", form=form, context=context)


SOURCE = Cninfo()
