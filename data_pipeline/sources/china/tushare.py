"""Tushare Pro: flash news and long articles of Chinese media, by time, as tables in JSON."""

import json
from datetime import datetime, timedelta
from typing import Any

from data_pipeline.sources.china.answers import envelope
from data_pipeline.sources.china.paging import window_context
from data_pipeline.sources.china.stamps import beijing, beijing_days, day_start
from data_pipeline.sources.china.symbols import ZONE
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload, content_id, expect_list, read_json
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
from data_pipeline.sources.times import zone_info

_API = "https://api.tushare.pro"
_TOKEN = (Auth(place="json", name="token", env="TUSHARE_TOKEN"),)
_FLASH_MEDIA = ("sina", "wallstreetcn", "10jqka", "eastmoney", "yuncaijing", "fenghuang", "jinrongjie", "cls", "yicai")
_FIELDS = {"news": "datetime,content,title,channels", "major_news": "title,content,pub_time,src"}
_LIMITS = {"news": 1500, "major_news": 400}
"""Rows of one answer; what is more is cut off without a word."""
_ALWAYS = ("2000-01-01 00:00:00", "2099-12-31 23:59:59")
"""Both ends of the span are required parameters; a stream knows neither."""
_LAYOUT = "%Y-%m-%d %H:%M:%S"


class _Table(Payload):
    fields: list[str]
    items: Any = None
    unused = frozenset(("has_more", "count"))


class _Answer(Payload):
    code: int
    msg: str | None = ""
    data: _Table | None = None
    unused = frozenset(("request_id", "detail"))


class Row(Payload):
    """One news item, stamped in naive Beijing time (``datetime``, or ``pub_time`` of a long article); it has no id."""

    datetime: str | None = None
    pub_time: str | None = None
    title: str | None = None
    content: str | None = None
    src: str | None = None
    unused = frozenset(("channels",))


class Tushare(Source):
    """Flash news of nine media and the long articles of all."""

    info = SourceInfo(
        name="tushare",
        title="Tushare Pro news",
        fingpt_row=17,
        category="news",
        market="CN",
        modes=("range", "stream"),
        access="REST POST JSON, token; news and major_news need a permission of their own beside the points",
        credentials=("TUSHARE_TOKEN",),
        rate=RateLimit(calls=50, seconds=60, shared="tushare"),
        zone=ZONE,
        zone_rule="naive Beijing time to the second",
        poll_seconds=60,
        terms="Token for the account's own use; the points and permissions decide the calls a minute and a day.",
        licence="proprietary (Tushare and the media that it collects from)",
        evidence="documented",
        evidence_note="https://tushare.pro/document/2?doc_id=143 and doc_id=195",
        parser_version="tushare-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each medium and Beijing day of the window."""
        requests = []
        for when in beijing_days(window.since, window.until):
            start = max(window.since, day_start(when))
            end = min(window.until, day_start(when + timedelta(days=1)))
            requests += [_request(medium, start, end, window_context(window)) for medium in (*_FLASH_MEDIA, "")]
        return requests

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return a request for each medium from its cursor on, and on the first look for what one answer holds."""
        return [_request(medium, cursor.at(_stream(medium)), None, {}) for medium in (*_FLASH_MEDIA, "")]

    def parse(self, response: Response) -> Parsed:
        """Read a table; one that was cut is asked for again in two halves."""
        out = Collector(self.info, response)
        answer = envelope(out, _Answer, read_json(response))
        if answer.code != 0:
            raise _refusal(answer.code, answer.msg or "")
        if answer.data is None:
            raise RefusedResponse("Tushare answered without a table")
        context = response.request.context
        rows = expect_list(answer.data.items, "data.items")
        named = (_named(answer.data.fields, row) for row in rows)
        for address, item in out.items(Row, named, "/data/items"):
            self._row(out, address, item, context["medium"])
        if len(rows) >= _LIMITS[context["api"]]:
            out.parsed.follow.extend(_halves(out, context))
        return out.parsed

    def _row(self, out: Collector, address: str, item: Row, medium: str) -> None:
        when = item.datetime or item.pub_time or ""
        stamp = out.stamp(address, beijing, when)
        if stamp is None or not out.in_window(stamp):
            return
        title, body = plain_text(item.title or ""), plain_text(item.content or "")
        out.document(
            address,
            native_id=f"{medium or 'major'}-{content_id(item.src, when, title or body)}",
            title=title,
            body=body,
            language="zh",
            published=stamp,
        )
        out.mark(Mark(at=stamp.at), _stream(medium))


def _named(fields: list[str], row: Any) -> Any:
    """Return a row by the names of its columns; another thing than a row of that width stays what it is."""
    return dict(zip(fields, row, strict=True)) if isinstance(row, list) and len(row) == len(fields) else row


def _refusal(code: int, message: str) -> RefusedResponse:
    """Tell a wrong token and a missing permission from a day's or hour's calls used up and from a minute's."""
    reason = f"Tushare answered {code}: {message}"
    if "每天最多" in message or "每小时最多" in message:
        return RefusedResponse(reason, "budget")
    if "每分钟最多" in message or "频率" in message:
        return RefusedResponse(reason)
    if code in (2002, 40101, 40203) or "token" in message or "权限" in message or "积分" in message:
        return RefusedResponse(reason, "credentials")
    return RefusedResponse(reason)


def _halves(out: Collector, context: dict[str, str]) -> list[Request]:
    """Return requests for the two halves of a span whose answer was cut.

    A stream's span ends at the moment of the answer. One without a start, and one of a second, cannot be halved.
    """
    if "start" not in context:
        out.parsed.counts["cut"] += 1
        return []
    start = datetime.fromisoformat(context["start"])
    end = datetime.fromisoformat(context["end"]) if "end" in context else out.response.fetched_at
    middle = (start + (end - start) / 2).replace(microsecond=0)
    if not start < middle < end:
        out.parsed.counts["cut"] += 1
        return []
    names: tuple[str, ...] = ("since", "until")
    window = {name: context[name] for name in names if name in context}
    return [_request(context["medium"], *span, window) for span in ((start, middle), (middle, end))]


def _stream(medium: str) -> str:
    return medium or "major_news"


def _request(medium: str, start: datetime | None, end: datetime | None, context: dict[str, str]) -> Request:
    api = "news" if medium else "major_news"
    params = {"start_date": _ALWAYS[0], "end_date": _ALWAYS[1], **({"src": medium} if medium else {})}
    more = {"api": api, "medium": medium}
    for name, moment in (("start", start), ("end", end)):
        if moment is not None:
            params[f"{name}_date"] = moment.astimezone(zone_info(ZONE)).strftime(_LAYOUT)
            more[name] = moment.isoformat()
    body = {"api_name": api, "params": params, "fields": _FIELDS[api]}
    text = json.dumps(body, ensure_ascii=False, sort_keys=True)
    return Request(url=_API, method="POST", body_json=text, auth=_TOKEN, context={**context, **more})


SOURCE = Tushare()
