"""Small documents and instruments for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from tickertune.core.document import Document, SymbolLink
from tickertune.core.market import Instrument, NameSpan
from tickertune.core.table import frame_of

START = datetime(2015, 8, 3, 14, 0, tzinfo=UTC)


def document(doc_id: str, title: str, hours: float = 0.0, symbols: tuple[str, ...] = (), **fields: Any) -> Document:
    """A document published ``hours`` after START, with payload links."""
    moment = START + timedelta(hours=hours)
    links = [SymbolLink(symbol=s, instrument_id=f"US:{s}", evidence="payload", detail="test") for s in symbols]
    values: dict[str, Any] = {
        "source": "test",
        "category": "news",
        "market": "US",
        "licence": "none",
        "redistributable": True,
        "published_at": moment,
        "time_quality": "exact",
        "available_at": moment,
        "raw_sha256": "0" * 64,
        "parser_version": "test-1",
    }
    return Document(doc_id=doc_id, title=title, symbols=links, **(values | fields))


def documents(*records: Document) -> pl.DataFrame:
    return frame_of(Document, records)


def instrument(symbol: str, name: str, **fields: Any) -> Instrument:
    values: dict[str, Any] = {"instrument_id": f"US:{symbol}", "exchange": "XNYS", "currency": "USD"}
    return Instrument(symbol=symbol, name=name, **(values | fields))


def instruments(*records: Instrument) -> pl.DataFrame:
    return frame_of(Instrument, records)


UNIVERSE = instruments(
    instrument("AAPL", "Apple Inc."),
    instrument("T", "AT&T Inc."),
    instrument("D", "Dominion Energy Inc."),
    instrument("C", "Citigroup Inc."),
    instrument("V", "Visa Inc."),
    instrument("SO", "The Southern Company"),
    instrument("BAC", "Bank of America"),
    instrument("XOM", "Exxon Mobil Corporation"),
    instrument("BHP", "BHP Billiton Limited"),
    instrument("BBL", "BHP Billiton plc"),
    instrument("BRK-A", "Berkshire Hathaway Inc."),
    instrument(
        "GOOG",
        "Alphabet Inc.",
        names=[
            NameSpan(name="Google Inc.", valid_to="2015-10-02"),
            NameSpan(name="Alphabet Inc.", valid_from="2015-10-02"),
        ],
    ),
    instrument("FB", "Meta Platforms Inc.", instrument_id="US:META", valid_to="2022-06-09"),
    instrument("META", "Meta Platforms Inc.", valid_from="2022-06-09"),
)
