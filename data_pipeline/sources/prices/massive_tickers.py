"""Massive's facts of a ticker and the tickers that its company had before, as instruments and renamings."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

from data_pipeline.sources.parsing import clean_text
from data_pipeline.sources.prices.bars import PriceCollector, read_day
from data_pipeline.sources.prices.massive_payloads import Event, Events, Ticker
from data_pipeline.sources.protocol import Auth, Request
from data_pipeline.sources.us_symbols import us_listing, us_symbol

API = "https://api.massive.com"
KEY = (Auth(place="header", name="Authorization", env="MASSIVE_API_KEY", template="Bearer {}"),)


def read_ticker(out: PriceCollector, payload: dict[str, Any]) -> None:
    """Add the instrument with an open start, and ask for the tickers that the company had before."""
    out.parsed.counts["items"] += 1
    address = f"{out.response.url}#/results"
    item = out.validate(Ticker, payload.get("results"), address)
    if item is None:
        return
    gone = out.day(address, item.delisted_utc[:10]) if item.delisted_utc else None
    shared = {
        "exchange": clean_text(item.primary_exchange or ""),
        "currency": clean_text(item.currency_name).upper(),
        "name": clean_text(item.name),
        "cik": clean_text(item.cik or ""),
    }
    symbol = clean_text(item.ticker)
    if not shared["exchange"] or item.market != "stocks":
        out.set_aside(address, "not listed on an exchange", item)
        return
    _add_instrument(
        out, address, us_listing(symbol), us_symbol(symbol), None, gone + timedelta(days=1) if gone else None, shared
    )
    out.parsed.follow.append(
        Request(
            url=f"{API}/vX/reference/tickers/{quote(symbol, safe='')}/events",
            params={"types": "ticker_change"},
            auth=KEY,
            context={"kind": "events", "symbol": symbol, "gone": gone.isoformat() if gone else "", **shared},
        )
    )


def read_renamings(out: PriceCollector, payload: dict[str, Any]) -> None:
    """Add an instrument for each ticker of the company with its dates, and a renaming for each but the first."""
    address = f"{out.response.url}#/results"
    context = out.response.request.context
    company = out.validate(Events, payload.get("results"), address)
    if company is None:
        return
    spans: list[tuple[date, str]] = []
    for where, item in out.items(Event, company.events, "/results/events"):
        start = out.day(where, item.date)
        symbol = us_symbol(item.ticker_change.ticker)
        if start is not None and symbol and item.type == "ticker_change":
            spans.append((start, symbol))
    spans.sort()
    gone = context.get("gone")
    ends: list[date | None] = [start for start, _ in spans[1:]]
    ends.append(read_day(gone) + timedelta(days=1) if gone else None)
    for index, ((start, symbol), end) in enumerate(zip(spans, ends, strict=False)):
        identity = us_listing(spans[-1][1])
        if context.get("exchange"):
            _add_instrument(out, address, identity, symbol, start, end, context)
        if index:
            detail = f"{spans[index - 1][1]} to {symbol}"
            out.action(address, identity, start, "symbol_change", 0.0, detail)


def _add_instrument(
    out: PriceCollector,
    address: str,
    identity: str,
    symbol: str,
    start: date | None,
    end: date | None,
    facts: dict[str, str],
) -> None:
    out.instrument(
        address,
        instrument_id=identity,
        symbol=symbol,
        valid_from=start,
        valid_to=end,
        exchange=facts["exchange"],
        currency=facts["currency"],
        name=facts["name"],
        cik=facts["cik"] or None,
    )
