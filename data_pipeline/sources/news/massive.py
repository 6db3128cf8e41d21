"""Massive (formerly Polygon): news with tickers by REST API."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import (
    LIVE,
    live_context,
    mark_live,
    reaches_back,
    refusal,
    second_after,
    utc_text,
    window_context,
)
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
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
from data_pipeline.sources.protocol.parsed import Refusal
from data_pipeline.sources.times import Stamp, iso

_HOSTS = ("api.massive.com", "api.polygon.io")
"""The API's own hosts; the old one answers still."""
_PATH = "/v2/reference/news"
_URL = f"https://{_HOSTS[0]}{_PATH}"
_KEY = (Auth(place="header", name="Authorization", env="MASSIVE_API_KEY", template="Bearer {}"),)
_LIMIT = 1000
_PAGING = ("cursor", "ticker", "limit", "order", "sort", "published_utc.gte", "published_utc.gt", "published_utc.lt",
           "published_utc.lte")  # fmt: skip
"""Parameters that the address of a next page may carry: a key is never one of them."""


class Publisher(Payload):
    """Where an article stands."""

    name: str | None = None
    homepage_url: str | None = None
    logo_url: str | None = None
    favicon_url: str | None = None


class Article(Payload):
    """One article; ``published_utc`` in ISO 8601 with Z. ``insights`` is the vendor's sentiment, which is left out."""

    id: str
    publisher: Publisher | None = None
    title: str
    author: str | None = None
    published_utc: str
    article_url: str | None = None
    amp_url: str | None = None
    image_url: str | None = None
    description: str | None = None
    tickers: list[str] | None = None
    keywords: Any = None
    insights: Any = None


class Massive(Source):
    """News of a ticker, or of the whole market, by publication time."""

    info = SourceInfo(
        name="massive",
        title="Massive (Polygon)",
        category="news",
        market="US",
        modes=("range", "stream"),
        access="REST API, free key: 5 calls a minute, at most 1000 articles a call",
        needs=(),
        accepts=("symbols",),
        credentials=("MASSIVE_API_KEY",),
        rate=RateLimit(calls=5, seconds=60, shared="massive"),
        zone_rule="ISO 8601 with Z (UTC), to the second",
        poll_seconds=300,
        terms="Free key for personal use; redistribution needs a contract.",
        licence="proprietary (Massive and its publishers)",
        evidence="recorded",
        evidence_note="payloads/massive_polygon/v2_reference_news_ticker_NFLX.json; paging by "
        "https://massive.com/docs/rest/stocks/news",
        parser_version="massive-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each symbol, oldest first; pages follow by the answer's ``next_url``."""
        bounds = {"published_utc.gte": utc_text(window.since), "published_utc.lt": utc_text(second_after(window.until))}
        return [_request(symbol, "asc", bounds, window_context(window)) for symbol in scope.symbols or ("",)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the requests for the newest articles, back to where each stream came."""
        requests = []
        for symbol in scope.symbols or ("",):
            stream = f"{LIVE}:{symbol}"
            at = cursor.at(stream)
            bounds = {"published_utc.gte": utc_text(at)} if at else {}
            requests.append(_request(symbol, "desc", bounds, live_context(cursor, stream)))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read ``results``."""
        answer = expect_object(read_json(response), "the top")
        if "results" not in answer and answer.get("status") != "OK":
            raise _refusal(answer)
        out = Collector(self.info, response)
        results = expect_list(answer.get("results", []), "results")
        stamps: list[Stamp] = []
        for address, item in out.items(Article, results, "/results"):
            stamp = out.stamp(address, iso, item.published_utc, "UTC")
            if stamp is None:
                continue
            stamps.append(stamp)
            if not out.in_window(stamp):
                continue
            out.document(
                address,
                native_id=item.id,
                title=plain_text(item.title),
                body=plain_text(item.description or ""),
                url=item.article_url,
                published=stamp,
                symbols=[(ticker, "tickers") for ticker in item.tickers or ()],
            )
            mark_live(out, stamp.at)
        following = next_page(answer.get("next_url"), response.request)
        if results and following is not None and reaches_back(out, stamps):
            out.parsed.follow.append(following)
        return out.parsed


def _request(symbol: str, order: str, bounds: dict[str, str], context: dict[str, str]) -> Request:
    named = {"ticker": symbol} if symbol else {}
    params = {**named, **bounds, "order": order, "sort": "published_utc", "limit": str(_LIMIT)}
    return Request(url=_URL, params=params, auth=_KEY, context=context)


def next_page(address: Any, request: Request) -> Request | None:
    """Build the request for the next page out of an answer's ``next_url``, or None where it is not the API's own.

    The address itself is never asked: its paging parameters are taken over to the API's address, and nothing else.
    """
    if not isinstance(address, str) or not address.isascii():
        return None
    try:
        parts = urlsplit(address)
        own = parts.scheme == "https" and parts.netloc in _HOSTS and parts.path == _PATH
        params = {name: value for name, value in parse_qsl(parts.query) if name in _PAGING} if own else {}
    except ValueError:
        return None
    if "cursor" not in params or params["cursor"] == request.params.get("cursor"):
        return None
    return Request(url=_URL, params=params, auth=_KEY, context=request.context)


def _refusal(answer: dict[str, Any]) -> RefusedResponse:
    message = str(answer.get("error") or answer.get("message") or f"the status {answer.get('status')!r}")
    kind: Refusal = "content"
    if "maximum requests" in message.lower():
        kind = "budget"
    elif answer.get("status") == "NOT_AUTHORIZED" or "api key" in message.lower():
        kind = "credentials"
    return refusal("Massive", message, kind)


SOURCE = Massive()
