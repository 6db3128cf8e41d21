"""Tiingo end of day: bars as traded with the vendor's total-return close, dividends, splits, and instruments.

``divCash`` and ``splitFactor`` stand on their ex-date, per share as traded then. Tiingo keeps the whole past of a
company under its present ticker, also from before a renaming, and tells neither renamings nor the day of a delisting:
an instrument's dates are those of its first and last price.
"""

import csv
import io
import zipfile
import zlib
from datetime import timedelta
from typing import Any

from data_pipeline.sources.markup import response_text
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

_API = "https://api.tiingo.com/tiingo/daily"
_LIST = "https://apimedia.tiingo.com/docs/tiingo/daily/supported_tickers.zip"
_LIST_LIMIT = 64 << 20
"""Bytes of the unpacked list that are read; it has about 8 MB."""
_KEY = (Auth(place="header", name="Authorization", env="TIINGO_API_KEY", template="Token {}"),)
_STILL_LISTED = timedelta(days=10)
"""A last price so shortly before the fetch is no sign that the listing has ended."""
_MICS = {
    "NASDAQ": "XNAS", "NYSE": "XNYS", "NYSE ARCA": "ARCX", "NYSE MKT": "XASE", "AMEX": "XASE", "BATS": "BATS",
}  # fmt: skip


class Price(Payload):
    """One session: prices as traded, the same adjusted by CRSP's method, and what went ex on it."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    adjClose: float | None = None
    adjOpen: float | None = None
    adjHigh: float | None = None
    adjLow: float | None = None
    adjVolume: float | None = None
    divCash: float = 0.0
    splitFactor: float = 1.0


class Listing(Payload):
    """A ticker of the metadata answer."""

    ticker: str
    name: str
    exchangeCode: str
    startDate: str | None = None
    endDate: str | None = None
    description: str | None = None


class ListedTicker(Payload):
    """A row of the list of supported tickers; a ticker that was used twice has two rows."""

    ticker: str
    exchange: str
    assetType: str
    priceCurrency: str
    startDate: str
    endDate: str


class Tiingo(Source):
    """Daily bars, dividends, splits and metadata of symbols; without symbols the list of all tickers."""

    info = SourceInfo(
        name="tiingo_prices",
        title="Tiingo (end of day)",
        category="price",
        market="US",
        modes=("range",),
        access="REST API, free key: end-of-day prices with dividends and splits, metadata, list of tickers",
        accepts=("symbols",),
        credentials=("TIINGO_API_KEY",),
        rate=RateLimit(calls=50, seconds=3600, per_day=1000, shared="tiingo"),
        zone=US_ZONE,
        symbols_as_of="fetch",
        settles=SETTLES,
        zone_rule="dates of sessions, written as midnight UTC; the day's prices are corrected until 20:00 New York",
        terms="Free plan for internal use, 500 symbols a month; redistribution needs a contract.",
        licence="proprietary (Tiingo)",
        evidence="recorded",
        evidence_note="payloads/tiingo/ticker_price*.json and ticker_metadata.0.json; the list of tickers is documented "
        "only (https://www.tiingo.com/documentation/end-of-day): its recordings are damaged",
        parser_version="tiingo_prices-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests for prices and metadata of each symbol, or for the list where there is none."""
        first, last = first_and_last(window)
        params = {"startDate": first.isoformat(), "endDate": last.isoformat(), "format": "json"}
        requests = []
        for symbol in (us_symbol(symbol.upper()) for symbol in scope.symbols):
            context = window_context(window, symbol=symbol, kind="prices")
            requests.append(Request(url=f"{_API}/{symbol}/prices", params=params, auth=_KEY, context=context))
            context = {"symbol": symbol, "kind": "metadata"}
            requests.append(Request(url=f"{_API}/{symbol}", auth=_KEY, context=context))
        return requests or [Request(url=_LIST, expects="bytes", context={"kind": "list"})]

    def parse(self, response: Response) -> Parsed:
        """Read prices (JSON or CSV), metadata, or the zipped list of tickers."""
        out = PriceCollector(self.info, response)
        match response.request.context.get("kind"):
            case "list":
                _read_list(out)
            case "metadata":
                _read_metadata(out)
            case _:
                _read_prices(out)
        return out.parsed


def _refuse_detail(payload: Any) -> None:
    """Refuse an answer that only says what is wrong."""
    if isinstance(payload, dict) and isinstance(payload.get("detail"), str) and "ticker" not in payload:
        detail = payload["detail"]
        low = detail.lower()
        if any(word in low for word in ("run over", "allocation", "limit")):
            raise RefusedResponse(f"Tiingo answered: {detail[:200]}", "budget")
        refused = any(word in low for word in ("token", "permission", "authentication", "auth"))
        raise RefusedResponse(f"Tiingo answered: {detail[:200]}", "credentials" if refused else "content")


def _read_prices(out: PriceCollector) -> None:
    request = out.response.request
    frequency = request.params.get("resampleFreq", "daily")
    if frequency != "daily":
        raise RefusedResponse(f"{frequency} bars are no session's bars")
    if request.expects == "csv" or request.params.get("format") == "csv":
        rows = read_csv(response_text(out.response))
    else:
        payload = read_json(out.response)
        _refuse_detail(payload)
        rows = expect_list(payload, "the top")
    identity = us_listing(request.context.get("symbol", ""))
    for address, row in out.items(Price, rows, ""):
        session = out.day(address, row.date)
        if session is None:
            continue
        prices = Ohlcv(row.open, row.high, row.low, row.close, row.volume)
        out.bar(address, identity, session, prices, "traded", adj_close=row.adjClose)
        if row.splitFactor != 1:
            out.action(address, identity, session, "split", row.splitFactor)
        if row.divCash != 0:
            out.action(address, identity, session, "cash_dividend", row.divCash)


def read_csv(text: str) -> list[Any]:
    """Return the rows as objects; a row of another length stays a list, which no model takes.

    Raises:
        RefusedResponse: It is no CSV with a header.
    """
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as error:
        raise RefusedResponse(f"expected CSV: {error}") from None
    if not rows or len(rows[0]) < 2:
        raise RefusedResponse(f"expected CSV, got {clean_text(text[:80])!r}")
    header = rows[0]
    return [dict(zip(header, row, strict=True)) if len(row) == len(header) else row for row in rows[1:] if row]


def _read_metadata(out: PriceCollector) -> None:
    payload = read_json(out.response)
    _refuse_detail(payload)
    out.parsed.counts["items"] += 1
    address = f"{out.response.url}#"
    item = out.validate(Listing, payload, address)
    if item is None:
        return
    if item.exchangeCode not in _MICS:
        out.set_aside(
            address, f"exchange {clean_text(item.exchangeCode)[:40]!r} is none with a trading calendar", payload
        )
        return
    _add_instrument(out, address, item.ticker, item.exchangeCode, "USD", item.name, item.startDate, item.endDate)


def _read_list(out: PriceCollector) -> None:
    try:  # zipfile raises RuntimeError for a locked file and, a kind of it, for a way of packing that it does not know
        archive = zipfile.ZipFile(io.BytesIO(out.response.body))
        with archive, archive.open(archive.namelist()[0]) as member:
            raw = member.read(_LIST_LIMIT + 1)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, IndexError, EOFError, OSError, ValueError, RuntimeError,
            zlib.error) as error:  # fmt: skip
        raise RefusedResponse(f"expected a zip archive with the list: {error}") from None
    if len(raw) > _LIST_LIMIT:
        raise RefusedResponse(f"the list has more than {_LIST_LIMIT} bytes")
    for address, item in out.items(ListedTicker, read_csv(raw.decode("utf-8-sig", "replace")), "/row"):
        if item.exchange not in _MICS or item.assetType not in ("Stock", "ETF") or not item.startDate:
            out.parsed.counts["not_exchange_listed"] += 1
            continue
        _add_instrument(
            out, address, item.ticker, item.exchange, item.priceCurrency, item.ticker, item.startDate, item.endDate
        )


def _add_instrument(
    out: PriceCollector,
    address: str,
    ticker: str,
    exchange: str,
    currency: str,
    name: str,
    start: str | None,
    end: str | None,
) -> None:
    first = out.day(address, start) if start else None
    last = out.day(address, end) if end else None
    if (start and first is None) or (end and last is None):
        return
    ended = last is not None and last < (out.response.fetched_at - _STILL_LISTED).date()
    symbol = us_symbol(ticker.upper())
    out.instrument(
        address,
        instrument_id=us_listing(symbol),
        symbol=symbol,
        valid_from=first,
        valid_to=last + timedelta(days=1) if ended and last else None,
        exchange=_MICS[exchange],
        currency=clean_text(currency),
        name=clean_text(name),
    )


SOURCE = Tiingo()
