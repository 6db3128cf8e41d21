"""Yahoo Finance: daily bars, dividends and splits by the chart JSON that the library yfinance calls.

The quotes are adjusted for splits but not for dividends; ``adjclose`` has both. Dividends are restated by every later
split, which is undone here, so the request always reaches to the newest session: an answer that ends before it cannot
say what a dividend was when it was paid. Yahoo gives the whole past under today's symbol, also from before a renaming.
A split restates the quotes and ``adjclose`` of the whole past, a dividend ``adjclose`` alone. So bars of one symbol that
were fetched before and after a split must not be mixed, nor ``adj_close`` of before and after a dividend: fetch the
whole past again.
"""

import re
from datetime import date, datetime, timedelta
from itertools import zip_longest
from math import prod
from typing import Any
from urllib.parse import quote

from data_pipeline.sources.china.symbols import listing
from data_pipeline.sources.parsing import clean_text, expect_list, expect_object, listing_id, read_json
from data_pipeline.sources.prices.bars import (
    SETTLES,
    US_ZONE,
    Ohlcv,
    PriceCollector,
    end_of_day,
    first_and_last,
    window_context,
)
from data_pipeline.sources.prices.yahoo_payloads import Dividend, Meta, Row, Split
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
from data_pipeline.sources.times import Stamp, epoch, zone_info
from data_pipeline.sources.us_symbols import us_listing, us_symbol

_CHART = "https://query2.finance.yahoo.com/v8/finance/chart"
_END_OF_TIME = "9999999999"
_MICS = {
    "NMS": "XNAS", "NGM": "XNAS", "NCM": "XNAS", "NYQ": "XNYS", "PCX": "ARCX", "ASE": "XASE", "BTS": "BATS",
    "LSE": "XLON", "HKG": "XHKG",
}  # fmt: skip
_CLASS = re.compile(r"[A-Z]+[./_][A-EG-KM-SUWX-Z]")
"""A US symbol with a share class; F, L, T and V are Yahoo's suffixes of Frankfurt, London, Tokyo and TSX Venture."""


class Yahoo(Source):
    """Split-adjusted daily bars with the vendor's total-return close, dividends and splits."""

    info = SourceInfo(
        name="yahoo_prices",
        title="Yahoo Finance (prices)",
        category="price",
        market="global",
        modes=("range",),
        access="unofficial chart JSON without a key, the one that the library yfinance calls",
        needs=("symbols",),
        rate=RateLimit(calls=1, seconds=2, shared="yahoo"),
        zone="America/New_York",
        symbols_as_of="fetch",
        settles=SETTLES,
        zone_rule="epoch seconds of a session's start; its date is read in the exchange's zone, which the answer names",
        terms="No official API and no promise; for personal use by Yahoo's terms, and it may refuse at any time.",
        licence="proprietary (Yahoo and its data providers)",
        evidence="recorded",
        evidence_note="payloads/yahoo/test_y_finance_equity_historical_fetcher_curl__0.json",
        parser_version="yahoo_prices-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each symbol, from the window's first day to the newest session."""
        first, _ = first_and_last(window)
        start = datetime(first.year, first.month, first.day, tzinfo=window.since.tzinfo) - timedelta(days=1)
        params = {
            "period1": str(int(start.timestamp())),
            "period2": _END_OF_TIME,
            "interval": "1d",
            "events": "div,splits",
            "includeAdjustedClose": "true",
        }
        return [
            Request(
                url=f"{_CHART}/{quote(symbol, safe='')}", params=params, context=window_context(window, symbol=symbol)
            )
            for symbol in map(yahoo_symbol, scope.symbols)
        ]

    def parse(self, response: Response) -> Parsed:
        """Read one symbol's chart."""
        payload = expect_object(read_json(response), "the top")
        chart = payload.get("chart", payload.get("finance"))
        if not isinstance(chart, dict) or chart.get("error") or not chart.get("result"):
            raise RefusedResponse(f"Yahoo answered: {str(chart)[:200]}")
        out = PriceCollector(self.info, response)
        result = expect_object(expect_list(chart["result"], "chart/result")[0], "chart/result/0")
        meta = out.validate(Meta, result.get("meta"), f"{response.url}#/chart/result/0/meta")
        if meta is None:
            raise RefusedResponse(f"the chart says nothing of its symbol: {out.parsed.quarantine[0].reason}")
        if meta.dataGranularity != "1d":
            raise RefusedResponse(f"bars of {meta.dataGranularity} are no session's bars")
        zone = _zone(meta.exchangeTimezoneName)
        identity = instrument_id(response.request.context.get("symbol", meta.symbol))
        sessions = _bars(out, result, meta, identity, zone)
        newest = _date(epoch_of(meta.regularMarketTime), zone)
        _actions(out, result.get("events"), identity, zone, reaches_now=bool(sessions) and max(sessions) >= newest)
        if meta.exchangeName in _MICS and meta.currency:
            name = clean_text(meta.longName or meta.shortName or meta.symbol)
            out.instrument(
                f"{response.url}#/chart/result/0/meta",
                instrument_id=identity,
                symbol=identity.partition(":")[2],
                exchange=_MICS[meta.exchangeName],
                currency=clean_text(meta.currency),
                name=name,
            )
        return out.parsed


def yahoo_symbol(symbol: str) -> str:
    """Return Yahoo's spelling, in which a dot comes before an exchange and a hyphen before a share class."""
    symbol = clean_text(symbol).upper()
    return us_symbol(symbol) if _CLASS.fullmatch(symbol) else symbol


def instrument_id(symbol: str) -> str:
    """Return the listing id of a Yahoo symbol: ``AAPL`` is US, ``600519.SS`` mainland China, ``VOD.L`` by its suffix."""
    symbol = yahoo_symbol(symbol)
    chinese = listing(symbol) if symbol.endswith((".SS", ".SZ", ".BJ")) else None
    if chinese is not None:
        return listing_id("CN", chinese.symbol)
    head, dot, suffix = symbol.rpartition(".")
    return listing_id(suffix, head) if dot and head else us_listing(symbol)


def epoch_of(value: int) -> Stamp:
    """Read epoch seconds.

    Raises:
        RefusedResponse: It is no time.
    """
    try:
        return epoch(value)
    except (ValueError, OverflowError) as error:
        raise RefusedResponse(f"a time of the chart: {error}") from None


def _zone(name: str) -> str:
    try:
        zone_info(name)
    except (KeyError, ValueError, OSError):
        raise RefusedResponse(f"the chart names the unknown zone {name[:40]!r}") from None
    return name


def _date(stamp: Stamp, zone: str) -> date:
    assert stamp.at is not None
    return stamp.at.astimezone(zone_info(zone)).date()


def _bars(out: PriceCollector, result: dict[str, Any], meta: Meta, identity: str, zone: str) -> list[date]:
    """Add the bars; return the dates of all rows.

    A New York row is final when the other sources' are. Of other exchanges the hours of late trading and corrections
    are not known here: a row is final at the end of its day there, hours after the close. So is one of an answer that
    is older than the day's close, as a delayed or cached one is.
    """
    stamps = expect_list(result.get("timestamp") or [], "timestamp")
    indicators = expect_object(result.get("indicators"), "indicators")
    quotes = expect_object((expect_list(indicators.get("quote"), "quote") or [{}])[0] or {}, "quote/0")
    adjusted = indicators.get("adjclose")
    totals = (
        adjusted[0].get("adjclose") if isinstance(adjusted, list) and adjusted and _is_object(adjusted[0]) else None
    )
    columns = [quotes.get(name) or [] for name in Ohlcv._fields] + [totals if isinstance(totals, list) else []]
    if any(not isinstance(column, list) or len(column) not in (0, len(stamps)) for column in columns):
        raise RefusedResponse("the columns of the chart have different lengths")
    regular = meta.currentTradingPeriod.regular if meta.currentTradingPeriod else None
    early = regular is None or meta.regularMarketTime < regular.end
    newest = _date(epoch_of(meta.regularMarketTime), zone)
    sessions = []
    for index, (moment, *row) in enumerate(zip_longest(stamps, *columns)):
        address = f"{out.response.url}#/chart/result/0/timestamp/{index}"
        out.parsed.counts["items"] += 1
        stamp = out.stamp(address, epoch, moment)
        values = out.validate(Row, dict(zip((*Ohlcv._fields, "adjclose"), row, strict=True)), address)
        if stamp is None or values is None:
            continue
        session = _date(stamp, zone)
        sessions.append(session)
        stale = early and session >= newest
        final = None if zone == US_ZONE and not stale else end_of_day(session, zone)
        prices = Ohlcv(values.open, values.high, values.low, values.close, values.volume)
        out.bar(address, identity, session, prices, "split_adjusted", adj_close=values.adjclose, final=final)
    return sessions


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _actions(out: PriceCollector, events: Any, identity: str, zone: str, *, reaches_now: bool) -> None:
    """Add splits, and dividends as they were paid.

    Their details stay empty: the store tells actions apart by them, and what a later split restates must not be there.
    """
    events = events if isinstance(events, dict) else {}
    for name in events.keys() - {"dividends", "splits"}:
        out.parsed.unknown_fields[f"events.{clean_text(str(name))[:60]}"] += 1
    splits: dict[date, set[float]] = {}
    for address, item in out.items(Split, _values(events.get("splits")), "/events/splits"):
        stamp = out.stamp(address, epoch, item.date)
        if stamp is None:
            continue
        ex_date = _date(stamp, zone)
        ratio = item.numerator / item.denominator if item.denominator else 0.0
        splits.setdefault(ex_date, set()).add(ratio)
        out.action(address, identity, ex_date, "split", ratio, later=True)
    for address, payout in out.items(Dividend, _values(events.get("dividends")), "/events/dividends"):
        stamp = out.stamp(address, epoch, payout.date)
        if stamp is None:
            continue
        ex_date = _date(stamp, zone)
        if not reaches_now:
            out.set_aside(
                address, f"dividend of {ex_date}: the answer ends before today, later splits are unknown", payout
            )
            continue
        later = [ratios for moment, ratios in splits.items() if moment > ex_date]
        if any(len(ratios) > 1 for ratios in later):
            out.set_aside(address, f"dividend of {ex_date}: the splits of a later day contradict each other", payout)
            continue
        paid = payout.amount * prod(ratio for ratios in later for ratio in ratios)
        out.action(address, identity, ex_date, "cash_dividend", paid)


def _values(value: Any) -> list[Any]:
    """Return the events of an object keyed by epoch, oldest key first."""
    return [value[key] for key in sorted(value)] if isinstance(value, dict) else []


SOURCE = Yahoo()
