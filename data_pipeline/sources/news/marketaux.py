"""Marketaux: news with the entities that it names, by REST API."""

from datetime import timedelta
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.news.paging import (
    follow_page,
    live_context,
    mark_live,
    reaches_back,
    refusal,
    second_after,
    window_context,
)
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

_URL = "https://api.marketaux.com/v1/news/all"
_KEY = (Auth(place="query", name="api_token", env="MARKETAUX_API_KEY"),)
_MOST = 20_000
"""Articles that one query gives over all its pages."""
_TIME = "%Y-%m-%dT%H:%M:%S"
_REFUSALS: dict[str, Refusal] = {
    "invalid_api_token": "credentials",
    "endpoint_access_restricted": "credentials",
    "usage_limit_reached": "budget",
    "rate_limit_reached": "budget",
}
_SHARES = ("equity", "etf", "mutualfund")


class Entity(Payload):
    """An instrument that an article names; scores and highlights are the vendor's."""

    symbol: str
    name: str | None = None
    exchange: str | None = None
    exchange_long: str | None = None
    country: str | None = None
    type: str | None = None
    industry: str | None = None
    match_score: float | None = None
    sentiment_score: float | None = None
    highlights: Any = None


class Article(Payload):
    """One article; ``published_at`` in ISO 8601 with Z and microseconds, ``snippet`` the beginning of the text."""

    uuid: str
    title: str
    description: str | None = None
    keywords: Any = None
    snippet: str | None = None
    url: str
    image_url: str | None = None
    language: str | None = None
    published_at: str
    source: str | None = None
    relevance_score: float | None = None
    entities: list[Entity] = []
    similar: Any = None


class Meta(Payload):
    """Where a page stands; ``limit`` follows from the plan: 3 on the free one."""

    found: int
    returned: int
    limit: int
    page: int


class Marketaux(Source):
    """News of symbols or words by time, newest first."""

    info = SourceInfo(
        name="marketaux",
        title="Marketaux",
        category="news",
        market="US",
        modes=("range", "stream"),
        access="REST API, free key: 100 calls a day, 3 articles a call",
        needs=(),
        accepts=("symbols", "query"),
        credentials=("MARKETAUX_API_KEY",),
        rate=RateLimit(calls=1, seconds=2, per_day=100, shared="marketaux"),
        zone_rule="ISO 8601 with Z (UTC), to the second",
        poll_seconds=1800,
        terms="Free key under Marketaux's terms; the articles stay their publishers'.",
        licence="proprietary (Marketaux and its publishers)",
        evidence="documented",
        evidence_note="https://www.marketaux.com/documentation",
        parser_version="marketaux-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return one request; whether its bounds are included is not documented, so a second more is asked for."""
        bounds = {
            "published_after": (window.since - timedelta(seconds=1)).strftime(_TIME),
            "published_before": (second_after(window.until) + timedelta(seconds=1)).strftime(_TIME),
        }
        return [_request(scope, window_context(window), bounds)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for the newest articles, back to where the stream came."""
        return [_request(scope, live_context(cursor), {})]

    def parse(self, response: Response) -> Parsed:
        """Read ``data``."""
        answer = expect_object(read_json(response), "the top")
        if "error" in answer:
            error = expect_object(answer["error"], "error")
            code = str(error.get("code"))
            raise refusal("Marketaux", f"{code}: {error.get('message')}", _REFUSALS.get(code, "content"))
        out = Collector(self.info, response)
        articles = expect_list(answer.get("data"), "data")
        stamps: list[Stamp] = []
        for address, item in out.items(Article, articles, "/data"):
            stamp = out.stamp(address, iso, item.published_at, "UTC")
            if stamp is None:
                continue
            stamps.append(stamp)
            if not out.in_window(stamp):
                continue
            listed = [one.symbol for one in item.entities if one.country == "us" and one.type in _SHARES]
            out.parsed.counts["symbols_not_listed_in_us"] += len(item.entities) - len(listed)
            out.document(
                address,
                native_id=item.uuid,
                title=plain_text(item.title),
                body=_body(item),
                url=item.url,
                language=item.language,
                published=stamp,
                symbols=[(symbol, "entities") for symbol in listed],
            )
            mark_live(out, stamp.at)
        meta = out.validate(Meta, answer.get("meta"), f"{response.url}#/meta")
        if meta is not None and 0 < meta.limit <= meta.returned and reaches_back(out, stamps):
            page = int(response.request.context.get("page", "1")) + 1
            follow_page(out, articles, {"page": str(page)}, most=max(1, _MOST // meta.limit))
        return out.parsed


def _body(item: Article) -> str:
    """Description and snippet; often the one begins with the other, which is then left out."""
    description, snippet = plain_text(item.description or ""), plain_text(item.snippet or "")
    if snippet.rstrip(". …")[:60] in description or not snippet:
        return description
    return snippet if description.rstrip(". …") in snippet else f"{description}\n{snippet}"


def _request(scope: Scope, context: dict[str, str], bounds: dict[str, str]) -> Request:
    named = {"symbols": ",".join(scope.symbols)} if scope.symbols else {}
    words = {"search": scope.query} if scope.query else {}
    params = {**named, **words, **bounds, "group_similar": "false", "page": "1"}
    return Request(url=_URL, params=params, auth=_KEY, context=context)


SOURCE = Marketaux()
