"""Sina Finance: the rolling news list, by day and newest first."""

from datetime import timedelta
from typing import Any

from data_pipeline.sources.china.answers import envelope
from data_pipeline.sources.china.paging import older_page, stream_context, window_context
from data_pipeline.sources.china.stamps import beijing_days, day_start
from data_pipeline.sources.china.symbols import ZONE
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
from data_pipeline.sources.times import UNKNOWN, epoch

_API = "https://feed.mix.sina.com.cn/api/roll/get"
_FINANCE = {"pageid": "153", "lid": "2516"}
"""The finance column of the roll."""
_PAGE = 50
_PAGES = 200


class _Status(Payload):
    code: int
    msg: str = ""


class _Result(Payload):
    status: _Status
    data: Any = None
    timestamp: Any = None
    unused = frozenset(("total", "lid", "pageid", "start", "end", "rtime"))


class _Answer(Payload):
    result: _Result


class Item(Payload):
    """One headline; ``ctime`` (published) and ``mtime`` (changed) in epoch seconds, written as text."""

    title: str
    ctime: int
    url: str
    docid: str = ""
    oid: str = ""
    intro: str = ""
    summary: str = ""
    mtime: int | None = None
    unused = frozenset(
        (
            "wapsummary",
            "stitle",
            "media_name",
            "author",
            "keywords",
            "wapurl",
            "urls",
            "wapurls",
            "intime",
            "img",
            "images",
            "icons",
            "ext1",
            "ext2",
            "ext3",
            "ext4",
            "ext5",
            "level",
            "categoryid",
            "commentid",
            "comment_total",
            "authoruid",
        )
    )


class Sina(Source):
    """The finance roll of Sina, a request for each Beijing day of the window, and its newest page."""

    info = SourceInfo(
        name="sina",
        title="Sina Finance",
        fingpt_row=13,
        category="news",
        market="CN",
        modes=("range", "stream"),
        access="public JSON of the rolling news page, without a key: headline and introduction, not the full text",
        rate=RateLimit(calls=1, seconds=1),
        zone=ZONE,
        zone_rule="epoch seconds (UTC); the day of a request is a Beijing day",
        poll_seconds=60,
        terms="Undocumented public interface of the site: for own use, at a low rate; the texts belong to Sina's sources.",
        licence="proprietary (Sina and its publishers)",
        evidence="documented",
        evidence_note="https://github.com/AI4Finance-Foundation/FinNLP and the address of https://finance.sina.com.cn/roll/",
        parser_version="sina-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the first page of each Beijing day that the window touches.

        The interface calls the start of the day ``etime`` and its end ``stime``.
        """
        requests = []
        for when in beijing_days(window.since, window.until):
            start, end = (int(day_start(when + timedelta(days=offset)).timestamp()) for offset in (0, 1))
            bounds = {"etime": str(start), "stime": str(end), "ctime": str(end), "date": when.isoformat()}
            requests.append(_request(bounds, {**window_context(window), "page": "1"}))
        return requests

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest page."""
        return [_request({}, stream_context(cursor, page="1"))]

    def parse(self, response: Response) -> Parsed:
        """Read a page of headlines."""
        out = Collector(self.info, response)
        result = envelope(out, _Answer, read_json(response)).result
        if result.status.code != 0:
            raise RefusedResponse(f"Sina answered {result.status.code}: {result.status.msg}")
        stamps, head = [], ""
        for address, item in out.items(Item, expect_list(result.data, "result.data"), "/result/data"):
            head = head or item.url
            stamp = out.stamp(address, epoch, item.ctime)
            changed = out.stamp(address, epoch, item.mtime) if item.mtime is not None else UNKNOWN
            if stamp is None or changed is None:
                continue
            stamps.append(stamp)
            if not out.in_window(stamp):
                continue
            out.document(
                address,
                native_id=item.docid or item.oid or item.url,
                title=plain_text(item.title),
                body=plain_text(item.intro or item.summary),
                url=item.url,
                language="zh",
                published=stamp,
                updated=changed if item.mtime is not None and item.mtime > item.ctime else UNKNOWN,
            )
            out.mark(Mark(at=stamp.at))
        request = response.request
        context = older_page(out, stamps, head, _PAGES)
        if context is not None:
            out.parsed.follow.append(_request(request.params, context))
        return out.parsed


def _request(params: dict[str, str], context: dict[str, str]) -> Request:
    page = {"k": "", "num": str(_PAGE), "page": context["page"]}
    return Request(url=_API, params={**params, **_FINANCE, **page}, context=context)


SOURCE = Sina()
