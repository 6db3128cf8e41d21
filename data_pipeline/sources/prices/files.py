"""The user's own price files: CSV (also .gz) and Parquet below a folder.

Columns: ``symbol`` (a US one: ``BRK.B`` becomes ``US:BRK-B``) or ``instrument_id``, ``session`` (YYYY-MM-DD), ``open``,
``high``, ``low``, ``close``, ``volume``, ``basis`` (traded, split_adjusted or total_return: no default, since prices of
unknown basis would have a split applied twice or never), and optionally ``adj_close``.

One published layout is known as well: bokeh's sample of five stocks (``Ticker,Date,Open,High,Low,Close,Volume,Adj
Close``), downloaded from Yahoo when its history was as traded: Apple's close halves at its split of June 2000. Other
layouts are refused with the reason: those of returns or of closes alone are no bars, and a Yahoo download without a
basis was as traded in one year and adjusted in another.
"""

import csv
import gzip
import io
import zlib
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

import polars as pl

from data_pipeline.sources.markup import response_text
from data_pipeline.sources.parsing import Payload, clean_text
from data_pipeline.sources.prices.bars import SETTLES, Ohlcv, PriceCollector, window_context
from data_pipeline.sources.protocol import (
    Cursor,
    Parsed,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.us_symbols import us_listing
from tickertune.core.market import Basis

_ENDINGS = (".csv", ".csv.gz", ".parquet")
_LIMIT = 1 << 30
"""Bytes of one unpacked file."""
_PRICES = {"session", "open", "high", "low", "close", "volume"}
_BOKEH = {
    "Ticker": "symbol", "Date": "session", "Open": "open", "High": "high", "Low": "low", "Close": "close",
    "Volume": "volume", "Adj Close": "adj_close",
}  # fmt: skip


class Row(Payload):
    """One session of the user's file."""

    session: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    basis: Basis
    adj_close: float | None = None
    symbol: str = ""
    instrument_id: str = ""


class PriceFiles(Source):
    """Bars of the files below ``scope.path``."""

    info = SourceInfo(
        name="price_files",
        title="Price files (CSV, Parquet)",
        category="price",
        market="global",
        modes=("file",),
        access="the user's own files below a folder",
        needs=("path",),
        settles=SETTLES,
        zone_rule="dates of sessions in the exchange's zone",
        max_bytes=_LIMIT,
        terms="The user's own data.",
        licence="as the user's files state",
        evidence="file",
        evidence_note="docs/sources.md (columns) and https://docs.bokeh.org/en/latest/docs/reference/sampledata.html",
        parser_version="price_files-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each CSV or Parquet file below the folder, or for the file, sorted by path."""
        if scope.path is None:
            return []
        found = [scope.path] if scope.path.is_file() else sorted(scope.path.rglob("*"))
        return [
            Request(url=f"file:{quote(str(path))}", expects="bytes", context=window_context(window))
            for path in found
            if path.name.endswith(_ENDINGS) and path.is_file()
        ]

    def parse(self, response: Response) -> Parsed:
        """Read one file."""
        rows, columns = _rows(response)
        out = PriceCollector(self.info, response)
        if columns == _BOKEH.keys():
            rows = [_from_bokeh(row) for row in rows]
        elif not columns >= _PRICES or not columns & {"symbol", "instrument_id"}:
            raise RefusedResponse(f"no bars by session, but the columns {sorted(columns)[:12]}")
        elif "basis" not in columns:
            raise RefusedResponse("the file does not say its basis: add a column basis")
        for address, item in out.items(Row, rows, "/row"):
            session = out.day(address, item.session)
            identity = clean_text(item.instrument_id) or us_listing(item.symbol.upper())
            if identity == "US:":
                out.set_aside(address, "the row has neither symbol nor instrument_id", item)
            elif session is not None:
                prices = Ohlcv(item.open, item.high, item.low, item.close, item.volume)
                out.bar(address, identity, session, prices, item.basis, adj_close=item.adj_close)
        return out.parsed


def _from_bokeh(row: Any) -> Any:
    if not isinstance(row, dict):
        return row
    return {_BOKEH[name]: value for name, value in row.items()} | {"basis": "traded"}


def _rows(response: Response) -> tuple[list[Any], set[str]]:
    """Return the rows without their empty cells, and the columns.

    Raises:
        RefusedResponse: The file is damaged, too large when unpacked, or of another format.
    """
    body = response.body
    if body.startswith(b"PAR1") or response.request.url.lower().endswith(".parquet"):
        return _parquet(body)
    if body.startswith(b"\x1f\x8b"):
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(body)) as unpacked:
                body = unpacked.read(_LIMIT + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise RefusedResponse(f"the file is damaged: {error}") from None
        if len(body) > _LIMIT:
            raise RefusedResponse(f"the file has more than {_LIMIT} bytes when unpacked")
    text = response_text(
        Response(response.request, response.url, 200, {}, body, response.fetched_at, response.mode), "latin-1"
    )
    try:
        header, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    except (csv.Error, ValueError) as error:
        raise RefusedResponse(f"expected CSV with a header: {error}") from None
    rows = [
        {key: cell for key, cell in zip(header, line, strict=True) if cell != ""} if len(line) == len(header) else line
        for line in lines
        if line
    ]
    return rows, set(header)


def _parquet(body: bytes) -> tuple[list[Any], set[str]]:
    try:
        frame = pl.read_parquet(io.BytesIO(body))
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise RefusedResponse(f"expected Parquet: {clean_text(str(error))[:200]}") from None
    rows = [
        {key: _plain(value) for key, value in row.items() if value is not None} for row in frame.iter_rows(named=True)
    ]
    return rows, set(frame.columns)


def _plain(value: Any) -> Any:
    """Return a date as text; a time keeps its clock, so that one that is not midnight is seen."""
    return value.isoformat() if isinstance(value, (date, datetime)) else value


SOURCE = PriceFiles()
