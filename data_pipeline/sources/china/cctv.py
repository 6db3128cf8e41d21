"""CCTV Xinwen Lianbo: the scripts of the evening news, from the page of a day to the page of each item."""

import re
from datetime import date, datetime
from typing import Any

from data_pipeline.sources.china.paging import window_context
from data_pipeline.sources.china.stamps import beijing_days
from data_pipeline.sources.china.symbols import ZONE
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import element_text, html_root
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
from data_pipeline.sources.times import Stamp, day, local

_PROGRAMME = "https://tv.cctv.com/lm/xwlb/"
_FIRST_DAY = date(2016, 2, 4)
"""Earlier days stand under other addresses, without TLS."""
_ITEM = re.compile(r"https?://((?:tv|news)\.cctv\.com/\d{4}/\d{2}/\d{2}/[A-Za-z0-9]{4,60}\.shtml)")
_WHOLE = re.compile(r"完整版|《新闻联播》\s*\d{8}")
"""Title of the recording of the whole programme, which has no script of its own."""
_SCRIPT = ("//div[@class='cnt_bd']", "//div[@class='content_area']")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_STAMP = re.compile(r"(\d{4})年(\d{2})月(\d{2})日\s*(\d{2}:\d{2})(:\d{2})?")
_DATELINE = re.compile("^央视网消息\\s*[(\uff08]新闻联播[)\uff09][:\uff1a]\\s*")


class Cctv(Source):
    """Each item of the evening news with its script; by day since February 2016, and the newest programme."""

    info = SourceInfo(
        name="cctv",
        title="CCTV Xinwen Lianbo",
        fingpt_row=16,
        category="news",
        market="CN",
        modes=("range", "stream"),
        access="pages of tv.cctv.com by day, since 2016-02-04: about 15 items a day, each with its full script",
        rate=RateLimit(calls=1, seconds=2),
        robots=True,
        zone=ZONE,
        zone_rule="the page's own stamp in Beijing time where it shows one; else the day of the programme alone",
        poll_seconds=3600,
        terms="Public pages of the state broadcaster: for own use, at a low rate.",
        licence="proprietary (China Central Television)",
        evidence="documented",
        evidence_note="https://github.com/akfamily/akshare (news_cctv) and https://tv.cctv.com/lm/xwlb/",
        parser_version="cctv-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the page of each Beijing day that the window touches."""
        days = beijing_days(window.since, window.until)
        return [_day_request(when, window_context(window)) for when in days if when >= _FIRST_DAY]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the programme's page, which names the day of the newest broadcast."""
        return [Request(url=_PROGRAMME, expects="html", context={"page": "programme"})]

    def parse(self, response: Response) -> Parsed:
        """Read the programme's page, the page of a day, or the page of an item."""
        out = Collector(self.info, response)
        root = html_root(response)
        match response.request.context.get("page"):
            case "programme":
                out.parsed.follow.append(_newest_day(root))
            case "day":
                _items(out, root)
            case _:
                self._item(out, root)
        return out.parsed

    def _item(self, out: Collector, root: Any) -> None:
        address = out.response.url
        title = _first_text(root, "//h3", "//div[contains(concat(' ', @class, ' '), ' tit ')]")
        body = _first_text(root, *_SCRIPT)
        if not title and not body:
            raise RefusedResponse("the page has neither a headline nor a script")
        for node in root.xpath("|".join(_SCRIPT)):
            node.drop_tree()  # a date that the news speaks of is no stamp
        stamp = out.stamp(address, _stamp, element_text(root), out.response.request.context["day"])
        if stamp is None or not out.in_window(stamp):
            return
        out.document(
            address,
            native_id=out.response.request.url.partition("cctv.com/")[2],
            title=title.removeprefix("[视频]"),
            body=_DATELINE.sub("", body),
            url=out.response.request.url,
            language="zh",
            published=stamp,
        )
        out.mark(Mark(at=stamp.at))


def _newest_day(root: Any) -> Request:
    found = _DAY.search(" ".join(root.xpath("//*[@class='rilititle']//text()")))
    if found is None:
        raise RefusedResponse("the programme's page names no day")
    try:
        when = date.fromisoformat(found[0])
    except ValueError as error:
        raise RefusedResponse(f"the programme's page names no day: {error}") from None
    return _day_request(when, {})


def _items(out: Collector, root: Any) -> None:
    """Lead to the page of each item, once, in the order of the programme."""
    context = {**out.response.request.context, "page": "item"}
    seen = set()
    for link in root.xpath("//li//a[@href]"):
        found = _ITEM.fullmatch(link.get("href").strip())
        title = link.get("title") or element_text(link)
        if found is None or _WHOLE.search(title) or found[1] in seen:
            continue
        seen.add(found[1])
        out.parsed.follow.append(Request(url=f"https://{found[1]}", expects="html", context=context))
    out.parsed.counts["item_pages"] += len(seen)


def _stamp(text: str, when: str) -> Stamp:
    """Read the page's own stamp, where it is of the programme's day or later; else take the day alone."""
    programme = day(when, ZONE)
    found = _STAMP.search(text)
    if found is None:
        return programme
    year, month, number, minute, second = found.groups()
    layout = "%Y-%m-%d %H:%M:%S" if second else "%Y-%m-%d %H:%M"
    shown = local(f"{year}-{month}-{number} {minute}{second or ''}", layout, ZONE)
    return shown if _not_before(shown.at, programme.at) else programme


def _not_before(moment: datetime | None, floor: datetime | None) -> bool:
    return moment is not None and floor is not None and moment >= floor


def _first_text(root: Any, *paths: str) -> str:
    return next((text for path in paths for node in root.xpath(path)[:1] if (text := element_text(node))), "")


def _day_request(when: date, context: dict[str, str]) -> Request:
    return Request(
        url=f"{_PROGRAMME}day/{when:%Y%m%d}.shtml",
        expects="html",
        context={**context, "page": "day", "day": when.isoformat()},
    )


SOURCE = Cctv()
