"""Tiingo: news with the time of its own crawl, by REST API."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import (
    LIVE,
    day_spans,
    follow_page,
    live_context,
    mark_live,
    reaches_back,
    refusal,
    window_context,
)
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
from data_pipeline.sources.times import UNKNOWN, Stamp, iso

_URL = "https://api.tiingo.com/tiingo/news"
_KEY = (Auth(place="header", name="Authorization", env="TIINGO_API_KEY", template="Token {}"),)
_LIMIT = 1000
"""Articles of a page; the vendor's most."""
_DAYS = 31
_OVER_LIMIT = "run over"
"""In the message of a used-up hour, day or month, which may come as bare text."""


class Article(Payload):
    """One article; ``publishedDate`` as the publisher says, else Tiingo's own time; ``crawlDate`` Tiingo's first sight.

    Old answers have ``sourceDate`` beside them.
    """

    id: int
    title: str
    url: str
    description: str | None = None
    publishedDate: str
    crawlDate: str | None = None
    sourceDate: str | None = None
    source: str | None = None
    tickers: list[str] | None = None
    tags: Any = None


class TiingoNews(Source):
    """News of tickers, or of everything, by publication; live by the order in which Tiingo found it."""

    info = SourceInfo(
        name="tiingo",
        title="Tiingo news",
        category="news",
        market="US",
        modes=("range", "stream"),
        access="REST API with a key; the news need a plan that includes them, at most 1000 articles a call",
        needs=(),
        accepts=("symbols",),
        credentials=("TIINGO_API_KEY",),
        rate=RateLimit(calls=50, seconds=3600, per_day=1000, shared="tiingo"),
        zone_rule="ISO 8601 with Z or an offset, to the second or finer; the crawl's time is Tiingo's first sight",
        poll_seconds=300,
        terms="Internal use under the user's own plan; redistribution needs a licence.",
        licence="proprietary (Tiingo and its publishers)",
        evidence="recorded",
        evidence_note="payloads/tiingo/news.0.json and news_empty_sources.0.json; refusals by news_bulk.0.json",
        parser_version="tiingo-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each month of the window, for all symbols together.

        The API's documentation does not say whether ``endDate`` is included: a day more is asked for.
        """
        return [
            _request(
                scope,
                window_context(window),
                startDate=first.isoformat(),
                endDate=(last + timedelta(days=1)).isoformat(),
                sortBy="publishedDate",
            )
            for first, last in day_spans(window, _DAYS, "America/New_York")
        ]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for what Tiingo found last, back to where the stream came."""
        return [_request(scope, live_context(cursor, LIVE), sortBy="crawlDate")]

    def parse(self, response: Response) -> Parsed:
        """Read a list of articles."""
        is_list = response.body.lstrip()[:1] == b"["  # articles, whose headlines may have the words too
        if not is_list and _OVER_LIMIT.encode() in response.body[:300]:
            raise refusal("Tiingo", response.body[:200].decode("utf-8", "replace"), "budget")
        payload = read_json(response)
        if isinstance(payload, dict) and "detail" in payload:
            raise refusal("Tiingo", payload["detail"], "credentials")
        out = Collector(self.info, response)
        articles = expect_list(payload, "the top")
        by_crawl = response.request.params.get("sortBy") == "crawlDate"
        order: list[Stamp] = []
        for address, item in out.items(Article, articles, ""):
            published = out.stamp(address, iso, item.publishedDate, "UTC")
            crawled = out.stamp(address, _crawled, item.crawlDate, iso)
            if published is None or crawled is None:
                continue
            order.append(crawled if by_crawl else published)
            if not out.in_window(published):
                continue
            out.document(
                address,
                native_id=str(item.id),
                title=plain_text(item.title),
                body=plain_text(item.description or ""),
                url=item.url,
                published=published,
                vendor_seen=crawled,
                symbols=[(ticker, "tickers") for ticker in item.tickers or ()],
            )
            mark_live(out, order[-1].at)
        if reaches_back(out, order):
            offset = int(response.request.params["offset"]) + len(articles)
            follow_page(out, articles, {"offset": str(offset)})
        return out.parsed


def _crawled(text: str | None, read: Callable[[str, str], Stamp]) -> Stamp:
    return UNKNOWN if text is None else read(text, "UTC")


def _request(scope: Scope, context: dict[str, str], **params: str) -> Request:
    named = {"tickers": ",".join(scope.symbols).lower()} if scope.symbols else {}
    return Request(
        url=_URL, params={**named, **params, "limit": str(_LIMIT), "offset": "0"}, auth=_KEY, context=context
    )


SOURCE = TiingoNews()
