"""Alpaca: daily bars as traded (``adjustment=raw``) and corporate actions.

Symbols are taken as they were used then (``asof=-`` turns Alpaca's own mapping of renamed companies off), so that each
bar stands under the ticker of its day. Corporate actions are asked by the date on which Alpaca processed them: it
follows the ex-date, or with due bills precedes it; they are kept by their ex-date. What has no cash value in the answer
(a spin-off, a merger for shares) is set aside, since a return over it would be wrong.
"""

from datetime import timedelta
from typing import Any

from pydantic import Field

from data_pipeline.sources.parsing import Payload, clean_text, expect_object, read_json
from data_pipeline.sources.prices.bars import SETTLES, US_ZONE, Ohlcv, PriceCollector, first_and_last, window_context
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
from data_pipeline.sources.times import iso, zone_info
from data_pipeline.sources.us_symbols import dotted_symbol, us_listing, us_symbol
from tickertune.core.market import ActionKind

_API = "https://data.alpaca.markets"
_KEY = (
    Auth(place="header", name="APCA-API-KEY-ID", env="APCA_API_KEY_ID"),
    Auth(place="header", name="APCA-API-SECRET-KEY", env="APCA_API_SECRET_KEY"),
)
_PROCESSING = timedelta(days=120)
"""How long after its ex-date an action may be processed: a dividend is processed when it is paid."""
_DUE_BILLS = timedelta(days=10)
"""How long before its ex-date one with due bills may be processed: the shares trade with it until after the payment."""
_PAGES = 1000
_WITHOUT_VALUE = (
    "spin_offs", "stock_mergers", "stock_and_cash_mergers", "redemptions", "unit_splits", "rights_distributions",
    "partial_calls", "reorganizations",
)  # fmt: skip


class Bar(Payload):
    """One day; ``t`` is midnight in New York."""

    t: str
    o: float
    h: float
    low: float = Field(alias="l")
    c: float
    v: float
    n: float | None = None
    vw: float | None = None


class Action(Payload):
    """One corporate action; which fields it has depends on its kind."""

    symbol: str = ""
    process_date: str
    ex_date: str | None = None
    effective_date: str | None = None
    rate: float | None = None
    new_rate: float | None = None
    old_rate: float | None = None
    special: bool = False
    foreign: bool = False
    currency: str | None = None
    old_symbol: str = ""
    new_symbol: str = ""
    acquiree_symbol: str = ""
    acquirer_symbol: str = ""
    long_term_rate: float | None = None
    short_term_rate: float | None = None
    id: str = ""
    cusip: str = ""
    old_cusip: str = ""
    new_cusip: str = ""
    acquiree_cusip: str = ""
    acquirer_cusip: str = ""
    isin: str | None = None
    record_date: str | None = None
    payable_date: str | None = None
    due_bill_on_date: str | None = None
    due_bill_off_date: str | None = None
    due_bill_redemption_date: str | None = None


class Alpaca(Source):
    """Unadjusted daily bars of all US exchanges (SIP) and corporate actions."""

    info = SourceInfo(
        name="alpaca_prices",
        title="Alpaca (prices)",
        category="price",
        market="US",
        modes=("range",),
        access="REST API, free key: consolidated daily bars older than 15 minutes, corporate actions",
        needs=("symbols",),
        credentials=("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"),
        rate=RateLimit(calls=200, seconds=60, shared="alpaca"),
        zone=US_ZONE,
        settles=SETTLES,
        zone_rule="RFC 3339 in UTC; a daily bar's stamp is midnight in New York",
        terms="Free basic plan for own use; redistribution needs a contract with the exchanges.",
        licence="proprietary (Alpaca and the exchanges)",
        evidence="documented",
        evidence_note="https://docs.alpaca.markets/us/reference/stockbars and https://docs.alpaca.markets/us/reference/corporateactions-1",
        parser_version="alpaca_prices-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests for bars and actions of each symbol."""
        first, last = first_and_last(window)
        requests = []
        for symbol in (dotted_symbol(symbol.upper()) for symbol in scope.symbols):
            bars = {
                "symbols": symbol,
                "timeframe": "1Day",
                "start": first.isoformat(),
                "end": last.isoformat(),
                "adjustment": "raw",
                "feed": "sip",
                "asof": "-",
                "limit": "10000",
            }
            actions = {
                "symbols": symbol,
                "start": (first - _DUE_BILLS).isoformat(),
                "end": (last + _PROCESSING).isoformat(),
                "limit": "1000",
            }
            requests += [
                Request(url=f"{_API}/{path}", params=params, auth=_KEY, context=window_context(window, kind=kind))
                for path, params, kind in (
                    ("v2/stocks/bars", bars, "bars"),
                    ("v1/corporate-actions", actions, "actions"),
                )
            ]
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read a page of bars or of actions."""
        payload = expect_object(read_json(response), "the top")
        if "message" in payload and not {"bars", "corporate_actions"} & payload.keys():
            message = clean_text(str(payload["message"]))[:200]
            refused = any(word in message.lower() for word in ("forbidden", "subscription", "authori"))
            raise RefusedResponse(f"Alpaca answered: {message}", "credentials" if refused else "content")
        out = PriceCollector(self.info, response)
        if response.request.context.get("kind") == "actions":
            groups = expect_object(payload.get("corporate_actions") or {}, "corporate_actions")
            for name in sorted(groups, key=str):
                for address, item in out.items(Action, _rows(groups[name]), f"/corporate_actions/{clean_text(name)}"):
                    _action(out, address, name, item)
        else:
            adjustment = response.request.params.get("adjustment", "raw")
            if adjustment != "raw" or response.request.params.get("timeframe") != "1Day":
                raise RefusedResponse(
                    f"{adjustment} bars of {response.request.params.get('timeframe')} have no known basis"
                )
            groups = expect_object(payload.get("bars") or {}, "bars")
            for symbol in sorted(groups, key=str):
                _bars(out, clean_text(symbol), _rows(groups[symbol]))
        _follow(out, payload.get("next_page_token"))
        return out.parsed


def _rows(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _follow(out: PriceCollector, token: Any) -> None:
    request = out.response.request
    page = int(request.context.get("page", "1"))
    if not isinstance(token, str) or not token or not out.parsed.counts["items"] or page >= _PAGES:
        return
    token = clean_text(token)[:5000]
    if token != request.params.get("page_token"):
        params, context = {**request.params, "page_token": token}, {**request.context, "page": str(page + 1)}
        out.parsed.follow.append(request.model_copy(update={"params": params, "context": context}))


def _bars(out: PriceCollector, symbol: str, rows: list[Any]) -> None:
    for address, item in out.items(Bar, rows, f"/bars/{symbol}"):
        stamp = out.stamp(address, iso, item.t)
        if stamp is None or stamp.at is None:
            continue
        local = stamp.at.astimezone(zone_info(US_ZONE))
        if (local.hour, local.minute) != (0, 0):
            out.set_aside(address, f"a bar that starts at {local:%H:%M} in New York is no session's bar", item)
            continue
        prices = Ohlcv(item.o, item.h, item.low, item.c, item.v)
        out.bar(address, us_listing(symbol), local.date(), prices, "traded")


def _action(out: PriceCollector, address: str, group: str, item: Action) -> None:
    """Add one action; its value is per share as traded on the ex-date."""
    kind: ActionKind | None = None
    symbol, value, detail = item.symbol, item.rate, ""
    ex_date = item.ex_date or item.effective_date or item.process_date
    match group:
        case "forward_splits" | "reverse_splits":
            kind, value = "split", (item.new_rate or 0.0) / item.old_rate if item.old_rate else None
        case "stock_dividends":
            kind, value, detail = "split", None if item.rate is None else 1 + item.rate, "stock dividend"
        case "cash_dividends":
            kind, detail = "cash_dividend", " ".join(name for name in ("special", "foreign") if getattr(item, name))
        case "capital_gains_distributions":
            kind, value = "cash_dividend", (item.long_term_rate or 0.0) + (item.short_term_rate or 0.0)
            detail = "capital gains"
        case "cash_mergers":
            kind, symbol, detail = "delisting", item.acquiree_symbol, f"bought by {item.acquirer_symbol or 'others'}"
        case "worthless_removals":
            kind, value, detail = "delisting", 0.0, "worthless"
        case "name_changes":
            kind, value, symbol = "symbol_change", 0.0, item.old_symbol
            detail = f"{us_symbol(item.old_symbol)} to {us_symbol(item.new_symbol)}"
    if kind is None or value is None or not clean_text(symbol):
        reason = "no cash value in the answer" if group in _WITHOUT_VALUE else "its kind or its value is missing"
        out.set_aside(address, f"{clean_text(group)} of {item.process_date[:10]}: {reason}", item)
        return
    if item.currency not in (None, "USD"):
        out.set_aside(address, f"a payout in {item.currency[:10]!r}: the listing trades in USD", item)
        return
    moment = out.day(address, ex_date)
    if moment is not None:
        out.action(address, us_listing(symbol), moment, kind, value, detail)


SOURCE = Alpaca()
