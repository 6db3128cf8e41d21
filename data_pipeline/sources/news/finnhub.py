"""Finnhub: market and company news by REST API."""

from datetime import timedelta

from data_pipeline.sources.parsing import Collector, Payload, expect_list, read_json
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
from data_pipeline.sources.times import epoch

_API = "https://finnhub.io/api/v1"
_KEY = (Auth(place="header", name="X-Finnhub-Token", env="FINNHUB_API_KEY"),)
_STEP = timedelta(days=7)
"""Days of company news in one request: an answer is cut at a few hundred items, silently."""


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
    """Company news by date (one year back on the free plan) and the newest market news."""

    info = SourceInfo(
        name="finnhub",
        title="Finnhub",
        fingpt_row=18,
        category="news",
        market="US",
        modes=("range", "stream"),
        access="REST API, free key: company news by date, newest market news",
        needs=(),
        accepts=("symbols",),
        credentials=("FINNHUB_API_KEY",),
        rate=RateLimit(calls=60, seconds=60, shared="finnhub"),
        zone_rule="epoch seconds (UTC)",
        poll_seconds=60,
        terms="Free key for personal use; redistribution needs a contract.",
        licence="proprietary (Finnhub and its publishers)",
        evidence="recorded",
        evidence_note="payloads/finnhub/market_news_20250709.json",
        parser_version="finnhub-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each symbol and week of the window."""
        requests = []
        for symbol in scope.symbols:
            since = window.since
            while since < window.until:
                until = min(since + _STEP, window.until)
                params = {"symbol": symbol, "from": since.date().isoformat(), "to": until.date().isoformat()}
                context = {"symbol": symbol, "since": window.since.isoformat(), "until": window.until.isoformat()}
                requests.append(Request(url=f"{_API}/company-news", params=params, auth=_KEY, context=context))
                since = until
        return requests

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for market news after the largest id seen."""
        params = {"category": "general", "minId": str(cursor.serial() or 0)}
        return [Request(url=f"{_API}/news", params=params, auth=_KEY)]

    def parse(self, response: Response) -> Parsed:
        """Read a list of articles."""
        payload = read_json(response)
        if isinstance(payload, dict) and "error" in payload:
            raise RefusedResponse(f"Finnhub answered: {payload['error']}", "credentials")
        out = Collector(self.info, response)
        symbol = response.request.context.get("symbol")
        for address, item in out.items(Article, expect_list(payload, "the top"), ""):
            stamp = out.stamp(address, epoch, item.datetime)
            if stamp is None or not out.in_window(stamp):
                continue
            related = [(name, "related") for name in item.related.split(",")]
            out.document(
                address,
                native_id=str(item.id),
                title=item.headline,
                body=item.summary,
                url=item.url,
                published=stamp,
                symbols=[*related, (symbol, "request")] if symbol else related,
            )
            out.mark(Mark(at=stamp.at, serial=item.id))
        return out.parsed


SOURCE = Finnhub()
