"""Stooq: daily bars as CSV, adjusted for splits and dividends.

Stooq documents no basis. That it is a total return shows in its own figures: the first close of AAPL (1984-09-07) was
served as 0.1008, 0.0996, 0.0993 and 0.0992 in successive years without a split between them, and lies below the split-adjusted
0.118. Past values therefore change with each dividend, volume too: never mix answers of two days, nor show such a
price as what was paid then.
"""

import csv
import io
from datetime import time

from data_pipeline.sources.markup import response_text
from data_pipeline.sources.parsing import Payload, clean_text, listing_id
from data_pipeline.sources.prices.bars import (
    SETTLES,
    US_FINAL,
    US_ZONE,
    Ohlcv,
    PriceCollector,
    first_and_last,
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

_KEY = (Auth(place="query", name="apikey", env="STOOQ_API_KEY"),)
_HEADER = ["Date", "Open", "High", "Low", "Close"]
_BUDGET = ("daily hits limit", "dzienny limit")
_CREDENTIALS = ("apikey", "access denied", "captcha", "__verify")
_EMPTY = ("no data", "brak danych")


class Row(Payload):
    """One session."""

    Date: str
    Open: float
    High: float
    Low: float
    Close: float
    Volume: float


class Stooq(Source):
    """Total-return daily bars of the world's exchanges; a symbol without a dot is a US one."""

    info = SourceInfo(
        name="stooq",
        title="Stooq",
        category="price",
        market="global",
        modes=("range",),
        access="CSV download; since March 2026 with a free key that a person gets on the site",
        needs=("symbols",),
        credentials=("STOOQ_API_KEY",),
        rate=RateLimit(calls=1, seconds=2, shared="stooq"),
        zone=US_ZONE,
        symbols_as_of="fetch",
        settles=SETTLES,
        zone_rule="dates of sessions in the exchange's zone",
        terms="Free for personal, non-commercial use; a daily number of downloads that Stooq does not publish.",
        licence="proprietary (Stooq and the exchanges)",
        evidence="documented",
        evidence_note="https://stooq.com/db/h/ and https://apis.apis.io/apis/stooq/historical-data-api/",
        parser_version="stooq-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each symbol."""
        first, last = first_and_last(window)
        requests = []
        for symbol in scope.symbols:
            ticker = stooq_symbol(symbol)
            params = {"s": ticker, "d1": f"{first:%Y%m%d}", "d2": f"{last:%Y%m%d}", "i": "d"}
            requests.append(
                Request(
                    url="https://stooq.com/q/d/l/",
                    params=params,
                    auth=_KEY,
                    expects="csv",
                    context=window_context(window, symbol=ticker),
                )
            )
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read one symbol's CSV."""
        text = response_text(response).strip()
        start = text[:2000].lower()
        if any(word in start for word in _BUDGET):
            raise RefusedResponse(f"Stooq answered: {text[:80]}", "budget")
        if start.startswith(_EMPTY):
            return Parsed()
        if not start.startswith("date,"):
            refused = any(word in start for word in _CREDENTIALS)
            reason = f"expected CSV, got {clean_text(text[:80])!r}"
            raise RefusedResponse(reason, "credentials" if refused else "content")
        if response.request.params.get("i", "d") != "d":
            raise RefusedResponse("bars of another interval than a day are no session's bars")
        try:
            header, *rows = csv.reader(io.StringIO(text), strict=True)
        except csv.Error as error:
            raise RefusedResponse(f"expected CSV: {error}") from None
        if header[:5] != _HEADER:
            raise RefusedResponse(f"the columns are {header[:8]}")
        symbol = response.request.context.get("symbol", "")
        out = PriceCollector(self.info, response, US_FINAL if symbol.endswith(".us") else time(23, 59))
        identity = stooq_listing(symbol)
        raw = [dict(zip(header, row, strict=True)) if len(row) == len(header) else row for row in rows]
        for address, row in out.items(Row, raw, "/row"):
            session = out.day(address, row.Date)
            if session is not None:
                prices = Ohlcv(row.Open, row.High, row.Low, row.Close, row.Volume)
                out.bar(address, identity, session, prices, "total_return")
        return out.parsed


def stooq_symbol(symbol: str) -> str:
    """Return Stooq's spelling: ``AAPL`` is ``aapl.us``, ``BRK.B`` ``brk-b.us``; one that has Stooq's form stays."""
    lower = symbol.strip().lower()
    if lower.startswith("^") or lower.rpartition(".")[2] in ("us", "uk", "de", "jp", "hk", "hu", "pl", "v", "f", "c"):
        return lower
    return us_symbol(lower) + ".us"


def stooq_listing(ticker: str) -> str:
    """Return the listing id of a Stooq symbol: ``aapl.us`` is ``US:AAPL``, an index keeps its caret."""
    head, dot, suffix = ticker.upper().rpartition(".")
    if not dot:
        return listing_id("global", ticker.upper())
    return us_listing(head) if suffix == "US" else listing_id(suffix, head)


SOURCE = Stooq()
