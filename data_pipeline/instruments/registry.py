"""What a symbol meant on a day. Several answers are no answer."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import polars as pl

from data_pipeline.instruments.markets import market_of, split_listing
from data_pipeline.sources.base import QUARANTINE_SCHEMA
from tickertune.core.market import Instrument
from tickertune.core.table import check_table, frame_of, schema_of

Reason = Literal["unknown_symbol", "not_on_that_day", "ambiguous", "several_classes"]
"""unknown_symbol: no span has it; not_on_that_day: its spans lie elsewhere (before listing, after delisting);
ambiguous: two instruments claim it; several_classes: the company has several instruments on that day."""
_CIK = re.compile(r"CIK\d{10}")
SORTED = ("instrument_id", "valid_from", "symbol", "exchange")
"""Columns that order a table of instruments uniquely."""


@dataclass(frozen=True)
class Resolution:
    """The instrument, or why there is none."""

    instrument_id: str | None
    reason: Reason | None = None
    symbol: str | None = None
    """The symbol of the instrument on that day."""


@dataclass
class Registry:
    """Symbol spans of instruments; ``[valid_from, valid_to)``, an open side is unbounded."""

    spans: list[Instrument]
    counts: dict[str, int] = field(default_factory=dict)
    """Rows read, set aside, merged, and spans that rest on an assumption."""
    quarantine: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=QUARANTINE_SCHEMA))

    def __post_init__(self) -> None:
        self._by_symbol: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
        self._by_cik: dict[str, list[Instrument]] = defaultdict(list)
        for span in self.spans:
            self._by_symbol[market_of(span.exchange), span.symbol].append(span)
            if span.cik:
                self._by_cik[span.cik].append(span)
        self.ids = frozenset(span.instrument_id for span in self.spans)

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> "Registry":
        """Read a registry from its table.

        Raises:
            TickerTuneError: It is no table of instruments.
        """
        rows = check_table(frame, Instrument, "The instrument registry").to_dicts()
        return cls([Instrument.model_validate({**row, "names": row["names"] or []}) for row in rows])

    def frame(self) -> pl.DataFrame:
        """Return the table of spans, sorted; equal spans give equal tables."""
        return (
            frame_of(Instrument, self.spans).sort(SORTED) if self.spans else pl.DataFrame(schema=schema_of(Instrument))
        )

    def resolve(self, symbol: str, market: str, day: date) -> str | None:
        """Return the id of the instrument that ``symbol`` named on ``day``.

        Args:
            symbol: A symbol, a provisional id such as ``US:AAPL`` (its market counts then), or ``CIK0000320193``.
            market: ``US``, ``CN``, ``UK``, ``HK``, or the ISO 10383 code of another exchange.
            day: Date in the market's zone.
        """
        return self.explain(symbol, market, day).instrument_id

    def explain(self, symbol: str, market: str, day: date) -> Resolution:
        """Resolve as ``resolve`` does, with the reason where there is no answer."""
        listing = split_listing(symbol)
        home, name = listing or (market, symbol)
        by_cik = _CIK.fullmatch(name) is not None
        known = self._by_cik.get(name.removeprefix("CIK"), ()) if by_cik else self._by_symbol.get((home, name), ())
        valid = [span for span in known if covers(span, day)]
        ids = {span.instrument_id for span in valid}
        if len(ids) == 1:
            symbols = {span.symbol for span in valid}
            return Resolution(ids.pop(), symbol=symbols.pop() if len(symbols) == 1 else None)
        if len(ids) > 1:
            return Resolution(None, "several_classes" if by_cik else "ambiguous")
        return Resolution(None, "not_on_that_day" if known else "unknown_symbol")

    def explain_id(self, instrument_id: str, market: str, day: date) -> Resolution:
        """Resolve the id that stands in a table: one of this registry stays, a provisional one is looked up."""
        return Resolution(instrument_id) if instrument_id in self.ids else self.explain(instrument_id, market, day)


def covers(span: Instrument, day: date) -> bool:
    """Whether a span holds on ``day``."""
    return (span.valid_from or date.min) <= day < (span.valid_to or date.max)


def start(span: Instrument) -> date:
    """Return the first day of a span; the earliest date for an open one."""
    return span.valid_from or date.min


def end(span: Instrument) -> date:
    """Return the first day after a span; the latest date for an open one."""
    return span.valid_to or date.max


def ordered(spans: Iterable[Instrument]) -> list[Instrument]:
    """Return spans by start, then by all that could tell them apart: the same set gives the same list."""
    return sorted(
        spans, key=lambda span: (start(span), span.symbol, span.exchange, span.cik or "", span.instrument_id, end(span))
    )
