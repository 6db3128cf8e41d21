"""Alpha Vantage: NEWS_SENTIMENT by REST API. Its sentiment scores are not part of a document."""

import re
from datetime import datetime, timedelta
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import LIVE, mark_live, refusal, window_context
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
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
from data_pipeline.sources.protocol.parsed import Refusal
from data_pipeline.sources.times import Stamp, iso

_URL = "https://www.alphavantage.co/query"
_KEY = (Auth(place="query", name="apikey", env="ALPHA_VANTAGE_API_KEY"),)
_LIMIT = 1000
_ROUND = 50
"""Plans cut an answer at 50, 200 or 1000 items: a full multiple of this may have been cut."""
_NO_SHARES = ("CRYPTO:", "FOREX:")
_KEY_IN_TEXT = re.compile(r"(API key as )\S+", re.IGNORECASE)
"""The message of a used-up day repeats the user's key."""


class TickerSentiment(Payload):
    """One instrument that an article names, with Alpha Vantage's scores."""

    ticker: str
    relevance_score: str | None = None
    ticker_sentiment_score: str | None = None
    ticker_sentiment_label: str | None = None


class Article(Payload):
    """One item of the feed; ``time_published`` as ``20220706T221500``."""

    title: str
    url: str
    time_published: str
    authors: Any = None
    summary: str | None = None
    banner_image: str | None = None
    source: str | None = None
    category_within_source: str | None = None
    source_domain: str | None = None
    topics: Any = None
    overall_sentiment_score: float | None = None
    overall_sentiment_label: str | None = None
    ticker_sentiment: list[TickerSentiment] = []


class AlphaVantage(Source):
    """News of a symbol, or of everything, by time."""

    info = SourceInfo(
        name="alpha_vantage",
        title="Alpha Vantage news",
        category="news",
        market="US",
        modes=("range", "stream"),
        access="REST API, free key: 25 calls a day, at most 1000 articles a call",
        needs=(),
        accepts=("symbols",),
        credentials=("ALPHA_VANTAGE_API_KEY",),
        rate=RateLimit(calls=5, seconds=60, per_day=25, shared="alpha_vantage"),
        zone_rule="basic ISO 8601 without a zone, which is UTC, to the second",
        poll_seconds=3600,
        terms="Free key for personal use; commercial use and redistribution need a contract.",
        licence="proprietary (Alpha Vantage and its publishers)",
        evidence="recorded",
        evidence_note="payloads/alpha_vantage/NEWS_SENTIMENT_feed_20220718.json (shortened items); the fields of "
        "tickers by https://www.alphavantage.co/documentation/#news-sentiment",
        parser_version="alpha_vantage-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each symbol: several in one request would ask for articles that name them all."""
        end = window.until + timedelta(seconds=59)
        params = {"time_from": _minute(window.since), "time_to": _minute(end), "sort": "EARLIEST"}
        return [_request(symbol, params, window_context(window)) for symbol in scope.symbols or ("",)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the requests for what is newer than the stream, or the newest page where it never ran."""
        requests = []
        for symbol in scope.symbols or ("",):
            stream = f"{LIVE}:{symbol}"
            at = cursor.at(stream)
            params = {"time_from": _minute(at), "sort": "EARLIEST"} if at else {"sort": "LATEST"}
            requests.append(_request(symbol, params, {"stream": stream}))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read the feed; an answer that may have been cut goes on from its last minute."""
        answer = expect_object(read_json(response), "the top")
        out = Collector(self.info, response)
        if "feed" not in answer and _says_no_articles(answer):
            return out.parsed
        feed = expect_list(answer.get("feed"), "feed")
        stamps: list[Stamp] = []
        for address, item in out.items(Article, feed, "/feed"):
            stamp = out.stamp(address, iso, item.time_published, "UTC")
            if stamp is None:
                continue
            stamps.append(stamp)
            if not out.in_window(stamp):
                continue
            tickers = [named.ticker for named in item.ticker_sentiment if not named.ticker.startswith(_NO_SHARES)]
            out.document(
                address,
                native_id=item.url,
                title=plain_text(item.title),
                body=plain_text(item.summary or ""),
                url=item.url,
                published=stamp,
                symbols=[(ticker, "ticker_sentiment") for ticker in tickers],
            )
            mark_live(out, stamp.at)
        if len(feed) >= _ROUND and len(feed) % _ROUND == 0:
            _go_on(out, stamps)
        return out.parsed


def _request(symbol: str, params: dict[str, str], context: dict[str, str]) -> Request:
    named = {"tickers": symbol} if symbol else {}
    every = {"function": "NEWS_SENTIMENT", **named, **params, "limit": str(_LIMIT)}
    return Request(url=_URL, params=every, auth=_KEY, context=context)


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y%m%dT%H%M")


def _go_on(out: Collector, stamps: list[Stamp]) -> None:
    """Ask from the newest minute of an answer in order of time; where that is no step forward, count the cut."""
    request = out.response.request
    before = request.params.get("time_from")
    newest = max((stamp.at for stamp in stamps if stamp.at is not None), default=None)
    if request.params.get("sort") != "EARLIEST" or before is None or newest is None:
        return
    if _minute(newest) <= before:
        out.parsed.counts["possibly_cut"] += 1
        return
    params = {**request.params, "time_from": _minute(newest)}
    out.parsed.follow.append(Request(url=request.url, params=params, auth=request.auth, context=request.context))


def _says_no_articles(answer: dict[str, Any]) -> bool:
    """Whether an answer without a feed says that there is nothing.

    Raises:
        RefusedResponse: It says something else: that the calls of the day are used up, or that the key is wrong.
    """
    text = str(next((answer[name] for name in ("Information", "Note", "Error Message") if name in answer), ""))
    if "no articles found" in text.lower():
        return True
    if not text:
        raise refusal("Alpha Vantage", f"no feed, but the fields {sorted(map(str, answer))[:5]}", "content")
    lower = text.lower()
    kind: Refusal = "content"
    if "rate limit" in lower or "call frequency" in lower or "spreading out" in lower:
        kind = "budget"
    elif "api key" in lower or "apikey" in lower or "premium" in lower:
        kind = "credentials"
    raise refusal("Alpha Vantage", _KEY_IN_TEXT.sub(r"\1***", text), kind)


SOURCE = AlphaVantage()
