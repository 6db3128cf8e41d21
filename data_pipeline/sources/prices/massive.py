"""Massive (formerly Polygon): daily bars as traded, splits, dividends, instruments and renamings.

Bars follow the ticker as it was used then: ``META`` before June 2022 is another security, and Facebook's bars stand
under ``FB``. The basis comes from the answer's own ``adjusted``, which speaks of splits alone. ``cash_amount`` is per
share as paid; ``split_adjusted_cash_amount`` and ``historical_adjustment_factor`` change with later events and are
never used. The splits and dividends of ``/v3/reference`` are deprecated since February 2026: the newer addresses are
asked, both forms are read. Massive lists some events twice, with two ids, or two dates: see the price audit.
"""

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

from data_pipeline.sources.parsing import clean_text, expect_list, expect_object, read_json
from data_pipeline.sources.prices.bars import (
    SETTLES,
    US_ZONE,
    Ohlcv,
    PriceCollector,
    first_and_last,
    window_context,
)
from data_pipeline.sources.prices.massive_payloads import (
    Aggregate,
    Dividend,
    OpenClose,
    Split,
)
from data_pipeline.sources.prices.massive_tickers import API, KEY, read_renamings, read_ticker
from data_pipeline.sources.protocol import (
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
from data_pipeline.sources.times import epoch, zone_info
from data_pipeline.sources.us_symbols import dotted_symbol, us_listing
from tickertune.core.market import Basis

_PAGES = 1000
"""Pages of one request that are followed: far more than a symbol has."""


class Massive(Source):
    """Prices, splits, dividends, facts and renamings of US tickers, five requests a symbol."""

    info = SourceInfo(
        name="massive_prices",
        title="Massive (formerly Polygon)",
        category="price",
        market="US",
        modes=("range",),
        access="REST API, free key: unadjusted daily bars of two years (more when paid), splits, dividends, tickers",
        needs=("symbols",),
        credentials=("MASSIVE_API_KEY",),
        rate=RateLimit(calls=5, seconds=60, shared="massive"),
        zone=US_ZONE,
        settles=SETTLES,
        zone_rule="a bar's epoch milliseconds are midnight in New York (of the previous day's bar: its close); other dates "
        "are of the exchange",
        terms="For display and own use while subscribed; stored data must be deleted when the account ends.",
        licence="proprietary (Massive and the exchanges)",
        evidence="recorded",
        evidence_note="payloads/massive_polygon/v2_aggs*, v1_open-close*, v3_reference_{splits,dividends,tickers}*, "
        "vX_reference_tickers_META_events*; the addresses /stocks/v1 by https://massive.com/docs/rest/stocks",
        parser_version="massive_prices-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests for bars, splits, dividends and facts of each symbol."""
        first, last = (day.isoformat() for day in first_and_last(window))
        requests = []
        for symbol in (dotted_symbol(symbol.upper()) for symbol in scope.symbols):
            path = quote(symbol, safe="")
            requests += [
                Request(
                    url=f"{API}/v2/aggs/ticker/{path}/range/1/day/{first}/{last}",
                    params={"adjusted": "false", "sort": "asc", "limit": "50000"},
                    auth=KEY,
                    context=window_context(window, kind="bars", symbol=symbol),
                ),
                _events_request("splits", "execution_date", symbol, window),
                _events_request("dividends", "ex_dividend_date", symbol, window),
                Request(
                    url=f"{API}/v3/reference/tickers/{path}",
                    params={"date": last},
                    auth=KEY,
                    context={"kind": "ticker", "symbol": symbol},
                ),
            ]
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read one answer, by the kind that its request states."""
        payload = expect_object(read_json(response), "the top")
        status = str(payload.get("status", "OK"))
        if status in ("ERROR", "NOT_AUTHORIZED", "NOT_FOUND"):
            message = clean_text(str(payload.get("error") or payload.get("message") or status))[:200]
            refused = status == "NOT_AUTHORIZED" or "key" in message.lower()
            spent = "exceeded the maximum requests" in message.lower()
            kind: Refusal = "budget" if spent else "credentials" if refused else "content"
            raise RefusedResponse(f"Massive answered: {message}", kind)
        out = PriceCollector(self.info, response)
        match response.request.context.get("kind"):
            case "bars" | "prev":
                _bars(out, payload)
            case "open_close":
                _open_close(out, payload)
            case "splits":
                _splits(out, payload)
            case "dividends":
                _dividends(out, payload)
            case "ticker":
                read_ticker(out, payload)
            case "events":
                read_renamings(out, payload)
            case other:
                raise RefusedResponse(f"no request of this source has the kind {other!r}")
        _follow(out, payload)
        return out.parsed


def _events_request(what: str, date_field: str, symbol: str, window: Window) -> Request:
    first, last = (day.isoformat() for day in first_and_last(window))
    params = {"ticker": symbol, f"{date_field}.gte": first, f"{date_field}.lte": last, "limit": "5000"}
    context = window_context(window, kind=what, symbol=symbol)
    return Request(
        url=f"{API}/stocks/v1/{what}", params=params | {"sort": f"{date_field}.asc"}, auth=KEY, context=context
    )


def _follow(out: PriceCollector, payload: dict[str, Any]) -> None:
    """Ask for the next page: its cursor is taken out of ``next_url``, the address is our own."""
    request, following = out.response.request, payload.get("next_url")
    page = int(request.context.get("page", "1"))
    if not isinstance(following, str) or not out.parsed.counts["items"] or page >= _PAGES:
        return
    try:
        cursors = parse_qs(urlsplit(following).query).get("cursor", [])
    except ValueError:
        return
    cursor = clean_text(cursors[0])[:5000] if cursors else ""
    if cursor and cursor != request.params.get("cursor"):
        context = {**request.context, "page": str(page + 1)}
        out.parsed.follow.append(
            request.model_copy(update={"params": {**request.params, "cursor": cursor}, "context": context})
        )


def _bars(out: PriceCollector, payload: dict[str, Any]) -> None:
    adjusted = payload.get("adjusted")
    if not isinstance(adjusted, bool):
        raise RefusedResponse(f"the answer does not say whether it is adjusted, but {str(adjusted)[:40]!r}")
    basis: Basis = "split_adjusted" if adjusted else "traded"
    identity = us_listing(out.response.request.context.get("symbol", ""))
    for address, item in out.items(Aggregate, expect_list(payload.get("results", []), "results"), "/results"):
        stamp = out.stamp(address, epoch, item.t, "ms")
        if stamp is None or stamp.at is None:
            continue
        local = stamp.at.astimezone(zone_info(US_ZONE))
        if (local.hour, local.minute) != (0, 0) and out.response.request.context.get("kind") != "prev":
            out.set_aside(address, f"a bar that starts at {local:%H:%M} is no session's bar", item)
            continue
        out.bar(address, identity, local.date(), Ohlcv(item.o, item.h, item.low, item.c, item.v), basis)


def _open_close(out: PriceCollector, payload: dict[str, Any]) -> None:
    out.parsed.counts["items"] += 1
    address = f"{out.response.url}#"
    item = out.validate(OpenClose, payload, address)
    session = out.day(address, item.day) if item else None
    if item is None or session is None:
        return
    # The vendor's default is adjusted; this answer does not repeat what was asked.
    basis: Basis = "traded" if out.response.request.params.get("adjusted") == "false" else "split_adjusted"
    prices = Ohlcv(item.open, item.high, item.low, item.close, item.volume)
    out.bar(address, us_listing(item.symbol), session, prices, basis)


def _splits(out: PriceCollector, payload: dict[str, Any]) -> None:
    for address, item in out.items(Split, expect_list(payload.get("results", []), "results"), "/results"):
        ex_date = out.day(address, item.execution_date)
        if ex_date is not None:
            ratio = item.split_to / item.split_from if item.split_from else 0.0
            out.action(address, us_listing(item.ticker), ex_date, "split", ratio, item.adjustment_type)


def _dividends(out: PriceCollector, payload: dict[str, Any]) -> None:
    for address, item in out.items(Dividend, expect_list(payload.get("results", []), "results"), "/results"):
        ex_date = out.day(address, item.ex_dividend_date)
        if ex_date is None:
            continue
        if item.currency not in (None, "USD"):
            out.set_aside(address, f"a dividend in {item.currency[:10]!r}: the listing trades in USD", item)
            continue
        kind = item.dividend_type or item.distribution_type
        identity = us_listing(item.ticker)
        out.action(address, identity, ex_date, "cash_dividend", item.cash_amount, kind)


SOURCE = Massive()
