"""Alpha Vantage: daily bars as traded, splits and dividends; 25 calls a day on the free plan.

``TIME_SERIES_DAILY`` is as traded; the compact answer has the newest 100 sessions, the full one needs a paid plan and is
asked for only where the compact one ends inside the window. Whether dividends are restated by later splits is not
documented: one that a split followed is set aside, all others mean the same either way. So splits are asked first, and
dividends with the answer.
"""

from datetime import date
from typing import Any

from data_pipeline.sources.parsing import clean_text, expect_list, expect_object, read_json
from data_pipeline.sources.prices.alpha_vantage_payloads import AdjustedDay, Day, Dividend, Quote, Split
from data_pipeline.sources.prices.bars import (
    SETTLES,
    US_ZONE,
    Ohlcv,
    PriceCollector,
    first_and_last,
    read_day,
    window_context,
)
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
from data_pipeline.sources.us_symbols import us_listing, us_symbol

_URL = "https://www.alphavantage.co/query"
_KEY = (Auth(place="query", name="apikey", env="ALPHA_VANTAGE_API_KEY"),)
_DAILY = "Time Series (Daily)"


class AlphaVantage(Source):
    """As-traded daily bars, splits and dividends, three calls a symbol."""

    info = SourceInfo(
        name="alpha_vantage_prices",
        title="Alpha Vantage (prices)",
        category="price",
        market="US",
        modes=("range",),
        access="REST API, free key with 25 calls a day: the newest 100 sessions; longer pasts need a paid plan",
        needs=("symbols",),
        credentials=("ALPHA_VANTAGE_API_KEY",),
        rate=RateLimit(calls=5, seconds=60, per_day=25, shared="alpha_vantage"),
        zone=US_ZONE,
        symbols_as_of="fetch",
        settles=SETTLES,
        zone_rule="dates of sessions in New York",
        terms="Free for personal use; commercial use needs a contract.",
        licence="proprietary (Alpha Vantage)",
        evidence="documented",
        evidence_note="https://www.alphavantage.co/documentation/ (payloads/alpha_vantage/global_quote is recorded too)",
        parser_version="alpha_vantage_prices-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests for bars and splits of each symbol."""
        requests = []
        for symbol in (us_symbol(symbol.upper()) for symbol in scope.symbols):
            params = {"symbol": symbol}
            bars = {"function": "TIME_SERIES_DAILY", **params, "outputsize": "compact"}
            requests += [
                Request(url=_URL, params=bars, auth=_KEY, context=window_context(window, symbol=symbol)),
                Request(
                    url=_URL,
                    params={"function": "SPLITS", **params},
                    auth=_KEY,
                    context=window_context(window, symbol=symbol),
                ),
            ]
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read one answer, by the function that was asked."""
        payload = expect_object(read_json(response), "the top")
        _refuse(payload)
        out = PriceCollector(self.info, response)
        identity = us_listing(response.request.context.get("symbol", ""))
        function = response.request.params.get("function", "")
        match function:
            case "TIME_SERIES_DAILY" | "TIME_SERIES_DAILY_ADJUSTED":
                _series(out, payload, identity)
            case "SPLITS":
                _splits(out, payload, identity)
            case "DIVIDENDS":
                known = [read_day(day) for day in response.request.context.get("splits", "").split()]
                for address, item in out.items(Dividend, expect_list(payload.get("data"), "data"), "/data"):
                    _dividend(out, address, identity, item.ex_dividend_date, item.amount, known)
            case "GLOBAL_QUOTE":
                _quote(out, payload)
            case _:
                raise RefusedResponse(f"{function or 'this function'} gives no bars of sessions")
        return out.parsed


def _refuse(payload: dict[str, Any]) -> None:
    """Refuse the messages that Alpha Vantage sends with status 200."""
    names = [name for name in ("Error Message", "Information", "Note") if isinstance(payload.get(name), str)]
    if not names:
        return
    text = clean_text(payload[names[0]])[:200]
    low = text.lower()
    if "rate limit" in low or "call frequency" in low or "requests per day" in low:
        raise RefusedResponse(f"Alpha Vantage answered: {text}", "budget")
    refused = "premium" in low or "apikey" in low or "api key" in low
    raise RefusedResponse(f"Alpha Vantage answered: {text}", "credentials" if refused else "content")


def _series(out: PriceCollector, payload: dict[str, Any], identity: str) -> None:
    if _DAILY not in payload:
        raise RefusedResponse(f"no daily series, but {sorted(map(str, payload))[:3]}")
    series = expect_object(payload[_DAILY], _DAILY)
    rows = [{"date": day, **row} if isinstance(row, dict) else row for day, row in sorted(series.items())]
    adjusted = out.response.request.params.get("function") == "TIME_SERIES_DAILY_ADJUSTED"
    sessions: list[date] = []
    events: list[tuple[str, date, AdjustedDay]] = []
    for address, item in out.items(AdjustedDay if adjusted else Day, rows, f"/{_DAILY}"):
        session = out.day(address, item.date)
        if session is None:
            continue
        sessions.append(session)
        prices = Ohlcv(item.open, item.high, item.low, item.close, item.volume)
        total = item.adjusted_close if isinstance(item, AdjustedDay) else None
        out.bar(address, identity, session, prices, "traded", adj_close=total)
        if isinstance(item, AdjustedDay):
            events.append((address, session, item))
    splits = [session for _, session, item in events if item.split_coefficient != 1]
    for address, session, item in events:
        if item.split_coefficient != 1:
            out.action(address, identity, session, "split", item.split_coefficient)
        if item.dividend_amount != 0:
            _dividend(out, address, identity, session.isoformat(), item.dividend_amount, splits)
    request = out.response.request
    if out.window is None or request.params.get("outputsize") != "compact" or not sessions:
        return
    if min(sessions) > first_and_last(out.window)[0] and len(sessions) >= 100:
        params = {**request.params, "outputsize": "full"}
        out.parsed.follow.append(request.model_copy(update={"params": params}))


def _splits(out: PriceCollector, payload: dict[str, Any], identity: str) -> None:
    known = []
    for address, item in out.items(Split, expect_list(payload.get("data"), "data"), "/data"):
        ex_date = out.day(address, item.effective_date)
        if ex_date is not None:
            known.append(ex_date.isoformat())
            out.action(address, identity, ex_date, "split", item.split_factor)
    request = out.response.request
    params = {**request.params, "function": "DIVIDENDS"}
    context = {**request.context, "splits": " ".join(sorted(known)[:500])}
    out.parsed.follow.append(request.model_copy(update={"params": params, "context": context}))


def _dividend(out: PriceCollector, address: str, identity: str, day: str, amount: float, splits: list[date]) -> None:
    ex_date = out.day(address, day)
    if ex_date is None:
        return
    if any(split > ex_date for split in splits):
        reason = "a split followed, and whether the amount was restated is not documented"
        out.set_aside(address, f"dividend of {ex_date}: {reason}", repr((identity, day, amount)))
        return
    out.action(address, identity, ex_date, "cash_dividend", amount)


def _quote(out: PriceCollector, payload: dict[str, Any]) -> None:
    """Add the bar of the latest trading day; while it is open its price is no close and it is left out."""
    out.parsed.counts["items"] += 1
    address = f"{out.response.url}#/Global Quote"
    item = out.validate(Quote, payload.get("Global Quote"), address)
    session = out.day(address, item.session) if item else None
    if item is not None and session is not None:
        prices = Ohlcv(item.open, item.high, item.low, item.price, item.volume)
        out.bar(address, us_listing(item.symbol), session, prices, "traded")


SOURCE = AlphaVantage()
