"""StockTwits: messages on a symbol, 30 a call.

``entities.sentiment`` is the author's own tag, bullish or bearish: a label, and never part of the text.
"""

from typing import Any, ClassVar

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
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
from data_pipeline.sources.times import iso

_API = "https://api.stocktwits.com/api/2/streams/symbol"
PAGE = 30
"""Messages of one answer: the documented largest number."""


class Symbol(Payload):
    """A symbol that the message tags."""

    unused: ClassVar[frozenset[str]] = frozenset(
        ("id", "title", "aliases", "is_following", "watchlist_count", "symbol_mic", "exchange", "sector", "industry",
         "logo_url", "region", "instrument_class", "display_symbol", "symbol_display", "features", "trending",
         "trending_score", "has_pricing")
    )  # fmt: skip

    symbol: str


class Message(Payload):
    """One message; ``created_at`` is UTC. The sentiment in ``entities`` is known and left unread."""

    unused: ClassVar[frozenset[str]] = frozenset(
        ("user", "source", "mentioned_users", "entities", "likes", "reshares", "conversation", "links", "discussion",
         "filtered", "owned_symbols", "reshare_message", "network", "structurized", "prices")
    )  # fmt: skip

    id: int
    body: str
    created_at: str
    symbols: tuple[Symbol, ...] = ()


class PageCursor(Payload):
    """Ids of the newest and the oldest message, and whether older ones exist."""

    more: bool
    since: int | None = None
    max: int | None = None


class StockTwits(Source):
    """The newest messages on each symbol."""

    info = SourceInfo(
        name="stocktwits",
        title="StockTwits",
        fingpt_row=25,
        category="social",
        market="US",
        modes=("stream",),
        access="public REST symbol stream without a key, behind bot protection; new API keys are not given out",
        needs=("symbols",),
        rate=RateLimit(calls=200, seconds=3600, shared="stocktwits"),
        zone_rule="created_at in UTC, to the second",
        poll_seconds=120,
        terms="API terms: display with attribution; redistribution and commercial use need a licence (firestream).",
        licence="proprietary (StockTwits and the messages' authors)",
        evidence="recorded",
        evidence_note="payloads/stocktwits/models_test.json",
        parser_version="stocktwits-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return nothing: the stream cannot be asked by date."""
        return []

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the request for the newest messages on each symbol after the largest id seen."""
        requests = []
        for symbol in scope.symbols:
            params, context = {"limit": str(PAGE)}, {"symbol": symbol}
            seen = cursor.serial(symbol)
            if seen is not None:
                params["since"] = context["seen"] = str(seen)
            requests.append(Request(url=f"{_API}/{symbol}.json", params=params, context=context))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read the messages of one answer."""
        payload = expect_object(read_json(response), "the top")
        _refuse_errors(payload)
        out = Collector(self.info, response)
        stream = response.request.context.get("symbol", "")
        messages = expect_list(payload.get("messages"), "messages")
        for address, item in out.items(Message, messages, "/messages"):
            stamp = out.stamp(address, iso, item.created_at, "UTC")
            if stamp is None or not out.in_window(stamp):
                continue
            out.document(
                address,
                native_id=str(item.id),
                title=item.body,
                url=f"https://stocktwits.com/message/{item.id}",
                published=stamp,
                symbols=[(found.symbol, "symbols") for found in item.symbols],
            )
            out.mark(Mark(at=stamp.at, serial=item.id), stream)
        page = out.validate(PageCursor, payload.get("cursor"), f"{response.url}#/cursor") if messages else None
        if page is not None:
            _follow(out, page)
        return out.parsed


def _follow(out: Collector, page: PageCursor) -> None:
    """Ask for older messages until the newest one seen before; the first look at a symbol takes one answer."""
    request = out.response.request
    seen, asked = request.context.get("seen"), request.params.get("max")
    if seen is None or not page.more or page.max is None or page.max <= int(seen):
        return
    if asked is None or page.max < int(asked):
        params = {**request.params, "max": str(page.max)}
        out.parsed.follow.append(request.model_copy(update={"params": params}))


def _refuse_errors(payload: dict[str, Any]) -> None:
    status = payload.get("response")
    code = status.get("status") if isinstance(status, dict) else None
    if code not in (None, 200):
        reason = f"StockTwits answered {str(code)[:20]}: {str(payload.get('errors'))[:300]}"
        raise RefusedResponse(reason, "budget" if code == 429 else "credentials" if code in (401, 403) else "content")


SOURCE = StockTwits()
