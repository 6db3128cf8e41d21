"""Eastmoney: the newest flash news, and the newest articles that a search for a stock's code finds."""

import json
from typing import Any

from data_pipeline.sources.china.answers import envelope
from data_pipeline.sources.china.paging import older_page, stream_context
from data_pipeline.sources.china.stamps import beijing
from data_pipeline.sources.china.symbols import ZONE, listings, symbol_of
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text, read_jsonp
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
from data_pipeline.sources.times import Stamp

_FLASH = "https://np-listapi.eastmoney.com/comm/web/getFastNewsList"
_SEARCH = "https://search-api-web.eastmoney.com/search/jsonp"
_KIND = "cmsArticleWebOld"
_PAGES = 40


class _Flashes(Payload):
    fastNewsList: Any = None
    sortEnd: str = ""
    unused = frozenset(("index", "size", "total"))


class _FlashAnswer(Payload):
    code: str
    message: str = ""
    data: _Flashes | None = None
    unused = frozenset(("req_trace",))


class Flash(Payload):
    """One flash; ``showTime`` in naive Beijing time, ``stockList`` of ids such as ``1.600519`` and ``90.BK0475``."""

    code: str
    title: str = ""
    summary: str = ""
    showTime: str
    stockList: list[str] | None = None
    unused = frozenset(("realSort", "titleColor", "image", "share", "pinglun_Num"))


class _SearchAnswer(Payload):
    code: int
    msg: str = ""
    result: dict[str, Any] | None = None
    unused = frozenset(("hitsTotal", "bizMsg", "bizCode", "searchId"))


class Article(Payload):
    """One found article; ``date`` in naive Beijing time, the matched words marked by ``<em>``, ``content`` a snippet."""

    code: str
    title: str
    content: str = ""
    date: str
    url: str = ""
    unused = frozenset(("mediaName", "image"))


class Eastmoney(Source):
    """The flash news of all markets; where symbols are named, also the articles that mention their codes."""

    info = SourceInfo(
        name="eastmoney",
        title="Eastmoney news",
        fingpt_row=14,
        category="news",
        market="CN",
        modes=("stream",),
        access="public JSON (flash news) and JSONP (search by code) of the site, without a key",
        accepts=("symbols",),
        rate=RateLimit(calls=1, seconds=1, shared="eastmoney"),
        zone=ZONE,
        zone_rule="naive Beijing time to the second",
        poll_seconds=60,
        terms="Undocumented public interface of the site: for own use, at a low rate; the texts belong to their media.",
        licence="proprietary (Eastmoney and its publishers)",
        evidence="documented",
        evidence_note="https://github.com/akfamily/akshare (stock_news_em) and https://kuaixun.eastmoney.com/",
        parser_version="eastmoney-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return nothing: neither interface takes dates."""
        return []

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the newest flashes and, for each symbol, the newest articles."""
        requests = [_flash_request("", stream_context(cursor, page="1"))]
        for found in listings(scope.symbols):
            context = stream_context(cursor, found.symbol, page="1", symbol=found.symbol)
            requests.append(_search_request(found.code, context))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read a page of flashes or of found articles."""
        out = Collector(self.info, response)
        payload = read_jsonp(response)
        if "symbol" in response.request.context:
            self._search(out, payload, response.request.context["symbol"])
        else:
            self._flashes(out, payload)
        return out.parsed

    def _flashes(self, out: Collector, payload: Any) -> None:
        answer = envelope(out, _FlashAnswer, payload)
        if answer.code not in ("0", "1") or answer.data is None:
            raise RefusedResponse(f"Eastmoney answered {answer.code}: {answer.message}")
        stamps: list[Stamp] = []
        head = ""
        for address, item in out.items(
            Flash, expect_list(answer.data.fastNewsList, "fastNewsList"), "/data/fastNewsList"
        ):
            head = head or item.code
            stamp = out.stamp(address, beijing, item.showTime)
            if stamp is None:
                continue
            stamps.append(stamp)
            named = [(symbol, "stockList") for secid in item.stockList or () if (symbol := symbol_of(secid))]
            out.document(
                address,
                native_id=item.code,
                title=plain_text(item.title),
                body=plain_text(item.summary),
                url=f"https://finance.eastmoney.com/a/{item.code}.html" if _plain_code(item.code) else None,
                language="zh",
                published=stamp,
                symbols=named,
            )
            out.mark(Mark(at=stamp.at))
        context = older_page(out, stamps, head, _PAGES)
        if context is not None and _plain_code(answer.data.sortEnd):
            out.parsed.follow.append(_flash_request(answer.data.sortEnd, context))

    def _search(self, out: Collector, payload: Any, symbol: str) -> None:
        answer = envelope(out, _SearchAnswer, payload)
        if answer.code != 0 or answer.result is None:
            raise RefusedResponse(f"Eastmoney's search answered {answer.code}: {answer.msg}")
        stamps: list[Stamp] = []
        head = ""
        for address, item in out.items(Article, expect_list(answer.result.get(_KIND), _KIND), f"/result/{_KIND}"):
            head = head or item.code
            stamp = out.stamp(address, beijing, item.date)
            if stamp is None:
                continue
            stamps.append(stamp)
            out.document(
                address,
                # The snippet depends on the word that was searched for: it is not the flash of the same article.
                native_id=f"search-{symbol}-{item.code}" if item.code else "",
                title=plain_text(item.title),
                body=plain_text(item.content),
                url=item.url,
                language="zh",
                published=stamp,
                symbols=[(symbol, "search word")],
            )
            out.mark(Mark(at=stamp.at), symbol)
        context = older_page(out, stamps, head, _PAGES)
        if context is not None:
            out.parsed.follow.append(_search_request(symbol.partition(".")[0], context))


def _plain_code(code: str) -> bool:
    return code.isascii() and code.isdigit()


def _flash_request(sort_end: str, context: dict[str, str]) -> Request:
    params = {"client": "web", "biz": "web_724", "fastColumn": "102", "sortEnd": sort_end, "pageSize": "50"}
    return Request(url=_FLASH, params={**params, "req_trace": "1"}, context=context)


def _search_request(word: str, context: dict[str, str]) -> Request:
    paging = {"pageIndex": int(context["page"]), "pageSize": 50, "preTag": "<em>", "postTag": "</em>"}
    kind = {_KIND: {"searchScope": "default", "sort": "time", **paging}}
    asked = {"uid": "", "keyword": word, "type": [_KIND], "client": "web", "clientType": "web", "clientVersion": "curr"}
    query = json.dumps({**asked, "param": kind}, separators=(",", ":"))
    return Request(url=_SEARCH, params={"cb": "found", "param": query}, expects="text", context=context)


SOURCE = Eastmoney()
