"""Financial Modeling Prep: daily bars, dividends and splits.

Three end-of-day addresses give three bases, and two of them call their fields ``adjOpen`` … all the same:
``non-split-adjusted`` is as traded (AAPL closed at 499.24 on 2020-08-28, before its split), ``full`` is adjusted for
splits, ``dividend-adjusted`` for both. The first is asked for. ``dividend`` is per share as paid, ``adjDividend`` is
restated by later splits and never used.
"""

from datetime import timedelta
from typing import Any

from pydantic import Field

from data_pipeline.sources.parsing import Payload, clean_text, expect_list, read_json
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
from data_pipeline.sources.us_symbols import us_listing, us_symbol
from tickertune.core.market import Basis

_API = "https://financialmodelingprep.com/stable"
_KEY = (Auth(place="header", name="apikey", env="FMP_API_KEY"),)
_STEP = timedelta(days=3650)
"""Days of bars in one request: an answer has at most 5000 records."""
_BASES: dict[str, Basis] = {
    "non-split-adjusted": "traded",
    "full": "split_adjusted",
    "dividend-adjusted": "total_return",
}


class PlainBar(Payload):
    """A day of ``full``."""

    symbol: str
    date: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    change: float | None = None
    changePercent: float | None = None
    vwap: float | None = None


class PrefixedBar(Payload):
    """A day of the two others; the prefix says nothing of the basis."""

    symbol: str
    date: str
    adjOpen: float
    adjHigh: float
    adjLow: float
    adjClose: float
    volume: float


class Dividend(Payload):
    """A cash payout by ex-date."""

    symbol: str
    date: str
    dividend: float
    adjDividend: float | None = None
    recordDate: str | None = None
    paymentDate: str | None = None
    declarationDate: str | None = None
    dividend_yield: float | None = Field(default=None, alias="yield")
    frequency: str | None = None


class Split(Payload):
    """``numerator`` new shares for ``denominator`` old ones."""

    symbol: str
    date: str
    numerator: float
    denominator: float
    splitType: str | None = None


class Fmp(Source):
    """As-traded daily bars, dividends and splits, three requests a symbol."""

    info = SourceInfo(
        name="fmp_prices",
        title="Financial Modeling Prep (prices)",
        category="price",
        market="US",
        modes=("range",),
        access="REST API (stable), free key with 250 calls a day; some symbols and years need a paid plan",
        needs=("symbols",),
        credentials=("FMP_API_KEY",),
        rate=RateLimit(calls=300, seconds=60, per_day=250, shared="fmp"),
        zone=US_ZONE,
        symbols_as_of="fetch",
        settles=SETTLES,
        zone_rule="dates of sessions in New York",
        terms="Free plan for personal use; display and redistribution need a licence.",
        licence="proprietary (Financial Modeling Prep)",
        evidence="documented",
        evidence_note="https://site.financialmodelingprep.com/developer/docs/stable/historical-price-eod-non-split-adjusted",
        parser_version="fmp_prices-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests for bars, dividends and splits of each symbol."""
        first, last = first_and_last(window)
        requests = []
        for symbol in (us_symbol(symbol.upper()) for symbol in scope.symbols):
            start = first
            while start <= last:
                end = min(start + _STEP, last)
                requests.append(
                    Request(
                        url=f"{_API}/historical-price-eod/non-split-adjusted",
                        params={"symbol": symbol, "from": start.isoformat(), "to": end.isoformat()},
                        auth=_KEY,
                        context=window_context(window, kind="bars", symbol=symbol),
                    )
                )
                start = end + timedelta(days=1)
            requests += [
                Request(
                    url=f"{_API}/{kind}",
                    params={"symbol": symbol},
                    auth=_KEY,
                    context=window_context(window, kind=kind, symbol=symbol),
                )
                for kind in ("dividends", "splits")
            ]
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read a list of bars, dividends or splits."""
        payload = read_json(response)
        if isinstance(payload, dict):
            _refuse(payload)
        rows = expect_list(payload, "the top")
        context = response.request.context
        out = PriceCollector(self.info, response)
        identity = us_listing(context.get("symbol", ""))
        match context.get("kind"):
            case "dividends":
                for address, item in out.items(Dividend, rows, ""):
                    ex_date = out.day(address, item.date)
                    if ex_date is not None:
                        out.action(address, identity, ex_date, "cash_dividend", item.dividend)
            case "splits":
                for address, split in out.items(Split, rows, ""):
                    ex_date = out.day(address, split.date)
                    if ex_date is not None:
                        ratio = split.numerator / split.denominator if split.denominator else 0.0
                        out.action(address, identity, ex_date, "split", ratio, split.splitType or "")
            case _:
                _bars(out, rows, identity)
        return out.parsed


def _refuse(payload: dict[str, Any]) -> None:
    message = clean_text(str(payload.get("Error Message") or payload.get("message") or payload))[:200]
    low = message.lower()
    if "limit reach" in low:
        raise RefusedResponse(f"FMP answered: {message}", "budget")
    refused = any(word in low for word in ("api key", "subscription", "legacy", "premium", "exclusive"))
    raise RefusedResponse(f"FMP answered: {message}", "credentials" if refused else "content")


def _bars(out: PriceCollector, rows: list[Any], identity: str) -> None:
    ending = out.response.request.url.rpartition("/")[2]
    if ending not in _BASES:
        raise RefusedResponse(f"the basis of {ending!r} is not known")
    basis = _BASES[ending]
    if ending == "full":
        for address, plain in out.items(PlainBar, rows, ""):
            session = out.day(address, plain.date)
            if session is not None:
                prices = Ohlcv(plain.open, plain.high, plain.low, plain.close, plain.volume)
                out.bar(address, identity, session, prices, basis)
        return
    for address, item in out.items(PrefixedBar, rows, ""):
        session = out.day(address, item.date)
        if session is not None:
            prices = Ohlcv(item.adjOpen, item.adjHigh, item.adjLow, item.adjClose, item.volume)
            out.bar(address, identity, session, prices, basis)


SOURCE = Fmp()
