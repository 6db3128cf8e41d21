"""Finnhub: market and company news by REST API."""

from datetime import date, timedelta

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import LIVE, day_spans, mark_live, refusal, window_context
from data_pipeline.sources.parsing import Payload, expect_list, read_json
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
from data_pipeline.sources.times import epoch

_API = "https://finnhub.io/api/v1"
_KEY = (Auth(place="header", name="X-Finnhub-Token", env="FINNHUB_API_KEY"),)
_DAYS = 7
"""Days of company news in one request."""
_FULL = 200
"""An answer of so many items may have been cut: Finnhub cuts at a few hundred without a word, the oldest ones."""


class Article(Payload):
    """One news item; ``datetime`` in epoch seconds, ``related`` a comma-separated list of symbols."""

    id: int
    datetime: int
    headline: str
    summary: str = ""
    url: str
    source: str = ""
    category: str = ""
    image: str = ""
    related: str = ""


class Finnhub(Source):
    """Company news by date (one year back on the free plan) and the newest market news.

    Company and market news are numbered apart, so their ids and marks are kept apart too: a number of company news
    as ``minId`` of the market news would end the stream.
    """

    info = SourceInfo(
        name="finnhub",
        title="Finnhub",
        fingpt_row=18,
        category="news",
        market="US",
        modes=("range", "stream"),
        access="REST API, free key: company news by date (North America, one year back; older news "
        "comes back empty), newest market news",
        needs=(),
        accepts=("symbols",),
        credentials=("FINNHUB_API_KEY",),
        rate=RateLimit(calls=60, seconds=60, shared="finnhub"),
        zone_rule="epoch seconds (UTC); the dates of a query are read as New York's and as UTC's, both are covered",
        poll_seconds=60,
        terms="Free key for personal use; redistribution needs a contract.",
        licence="proprietary (Finnhub and its publishers)",
        evidence="recorded",
        evidence_note="payloads/finnhub/market_news_20250709.json (market news); company news has the same fields: "
        "https://finnhub.io/docs/api/company-news",
        parser_version="finnhub-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each symbol and week of the window; market news has no dates, so symbols are needed."""
        return [
            _company_news(symbol, first, last, window_context(window, symbol=symbol))
            for symbol in scope.symbols
            for first, last in day_spans(window, _DAYS, "America/New_York")
        ]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for market news after the largest id seen."""
        params = {"category": "general", "minId": str(cursor.serial(LIVE) or 0)}
        return [Request(url=f"{_API}/news", params=params, auth=_KEY, context={"stream": LIVE})]

    def parse(self, response: Response) -> Parsed:
        """Read a list of articles; a company's answer that may have been cut is asked again in halves."""
        payload = read_json(response)
        if isinstance(payload, dict) and "error" in payload:
            message = str(payload["error"])
            raise refusal("Finnhub", message, "budget" if "limit" in message.lower() else "credentials")
        out = Collector(self.info, response)
        symbol = response.request.context.get("symbol")
        articles = expect_list(payload, "the top")
        for address, item in out.items(Article, articles, ""):
            stamp = out.stamp(address, epoch, item.datetime)
            if stamp is None or not out.in_window(stamp):
                continue
            related = [(name, "related") for name in item.related.split(",")]
            out.document(
                address,
                native_id=f"{'company' if symbol else 'market'}/{item.id}",
                title=plain_text(item.headline),
                body=plain_text(item.summary),
                url=item.url,
                published=stamp,
                symbols=[(symbol, "request"), *related] if symbol else related,
            )
            mark_live(out, stamp.at, item.id)
        if symbol and len(articles) >= _FULL:
            _ask_in_halves(out, symbol)
        return out.parsed


def _company_news(symbol: str, first: date, last: date, context: dict[str, str]) -> Request:
    params = {"symbol": symbol, "from": first.isoformat(), "to": last.isoformat()}
    return Request(url=f"{_API}/company-news", params=params, auth=_KEY, context=context)


def _ask_in_halves(out: Collector, symbol: str) -> None:
    """Ask for both halves of the request's days; a single day cannot be halved and is counted as possibly cut."""
    request = out.response.request
    first, last = (date.fromisoformat(request.params[name]) for name in ("from", "to"))
    if first == last:
        out.parsed.counts["possibly_cut"] += 1
        return
    middle = first + timedelta(days=(last - first).days // 2)
    for start, end in ((first, middle), (middle + timedelta(days=1), last)):
        out.parsed.follow.append(_company_news(symbol, start, end, request.context))


SOURCE = Finnhub()
