"""Building the registry from collected instruments, corporate actions and the user's files."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from data_pipeline.instruments.events import read_events
from data_pipeline.instruments.markets import MIC, market_of
from data_pipeline.instruments.merging import merge, own_id
from data_pipeline.instruments.registry import Registry, start
from data_pipeline.sources.parsing import clean_text, listing_id
from data_pipeline.sources.quarantine import Quarantined, quarantine_frame, quarantined
from data_pipeline.sources.tabular import Row, records
from tickertune.core.market import CorporateAction, Instrument


def build_registry(
    files: Sequence[Path] = (),
    instruments: Iterable[Instrument] = (),
    actions: Iterable[CorporateAction] = (),
    assume_since: date | None = None,
) -> Registry:
    """Build the registry.

    Args:
        files: JSONL, CSV or Parquet files of the user, with the columns of ``data_pipeline.sources.files``: ``symbol``,
            ``name``, ``exchange``; optional ``instrument_id``, ``currency``, ``valid_from``, ``valid_to``, ``sector``,
            ``cik``, ``names``. Rows that share an ``instrument_id`` are one instrument; without one, the company
            number and the symbol say which.
        instruments: Rows that sources collected (EDGAR, Massive, Tiingo).
        actions: Collected corporate actions with provisional ids: renamings and delistings end spans.
        assume_since: EDGAR tells only which tickers hold on the day of the fetch. With a date here such a span is
            assumed to reach back to it where nothing else is known of the symbol before: counted as
            ``assumed_starts``. History that is added later can end such an assumption.

    Raises:
        TickerTuneError: A file is missing, damaged, or holds no readable row.
    """
    quarantine: list[Quarantined] = []
    counts: dict[str, int] = {}
    rows = [row for path in files for row in _read(path, quarantine, counts)]
    collected = list(instruments)
    counts |= {"rows_of_files": len(rows), "rows_collected": len(collected)}
    kept = [row for row in (_checked(row, quarantine) for row in (*rows, *collected)) if row is not None]
    distinct = list({row.model_dump_json(): row for row in kept}.values())
    spans = merge(_started(distinct, assume_since, counts), read_events(actions, counts), counts)
    if assume_since is not None:
        spans = _assumed(spans, _observed(distinct), assume_since, counts)
    counts |= {"spans": len(spans), "instruments": len({span.instrument_id for span in spans})}
    counts["set_aside"] = len(quarantine)
    return Registry(spans, dict(sorted(counts.items())), quarantine_frame(quarantine))


def _read(path: Path, quarantine: list[Quarantined], counts: dict[str, int]) -> list[Instrument]:
    return records(
        path,
        Instrument,
        {"symbol", "name", "exchange"},
        _prepared,
        lambda record: (record.instrument_id, record.symbol, record.valid_from),
        quarantine,
        counts,
    )


def _prepared(row: Row) -> Row:
    """Fill in the currency and an id: one of its own for a symbol that always held, else one that is only a name."""
    symbol, market = str(row.get("symbol", "")).strip().upper(), market_of(str(row.get("exchange", "")).strip().upper())
    identity = listing_id(market, symbol) if "valid_from" in row else f"{market}.{symbol}"
    filled = {"currency": "USD", "instrument_id": identity, **row}
    if "cik" in filled:
        digits = str(filled["cik"]).strip().upper().removeprefix("CIK")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
            raise ValueError(f"cik {filled['cik']!r} is no company number")
        filled["cik"] = digits.zfill(10)
    return filled


def _checked(row: Instrument, quarantine: list[Quarantined]) -> Instrument | None:
    """Return a row with symbol and exchange in capitals, or None after it was set aside."""
    symbol, exchange = clean_text(row.symbol).upper(), row.exchange.strip().upper()
    reason = None
    if not symbol:
        reason = "it has no symbol"
    elif MIC.fullmatch(exchange) is None:
        reason = f"exchange {row.exchange!r} is no ISO 10383 code, such as XNYS"
    elif row.valid_from is not None and row.valid_to is not None and row.valid_from >= row.valid_to:
        reason = f"the span {row.valid_from} to {row.valid_to} is empty"
    if reason is not None:
        quarantine.append(quarantined(f"{row.instrument_id} {row.symbol} {row.valid_from}", reason, repr(row)))
        return None
    cik = row.cik.zfill(10) if row.cik else None
    return row.model_copy(update={"symbol": symbol, "exchange": exchange, "cik": cik})


def _started(rows: list[Instrument], since: date | None, counts: dict[str, int]) -> list[Instrument]:
    """Return the rows whose start is known, or assumed where no other row knows the symbol.

    A row with an id of its own says of itself that it always held; one under a provisional id does not know its start.
    """
    dated = {(market_of(row.exchange), row.symbol) for row in rows if row.valid_from is not None or own_id(row)}
    kept = []
    for row in rows:
        if row.valid_from is None and own_id(row) is None:
            if since is None or (market_of(row.exchange), row.symbol) in dated:
                counts["rows_without_start"] = counts.get("rows_without_start", 0) + 1
                continue
            row = row.model_copy(update={"valid_from": since})
            counts["assumed_starts"] = counts.get("assumed_starts", 0) + 1
        kept.append(row)
    return kept


def _observed(rows: list[Instrument]) -> set[tuple[str, str, date | None]]:
    """Return (market, symbol, day) of what EDGAR showed on the day of a fetch, and no dated row says."""
    seen: set[tuple[str, str, date | None]] = set()
    dated: set[tuple[str, str, date | None]] = set()
    for row in rows:
        of_edgar = row.instrument_id == f"CIK{row.cik}:{row.symbol}"
        (seen if of_edgar else dated).add(_begins(row))
    return seen - dated


def _begins(row: Instrument) -> tuple[str, str, date | None]:
    return market_of(row.exchange), row.symbol, row.valid_from


def _assumed(
    spans: list[Instrument], observed: set[tuple[str, str, date | None]], since: date, counts: dict[str, int]
) -> list[Instrument]:
    """Let the first span of an instrument reach back where nothing else is known of symbol or instrument before it."""
    first_use: dict[tuple[str, ...], date] = {}
    for span in spans:
        for key in _uses(span):
            first_use[key] = min(first_use.get(key, date.max), start(span))
    extended = []
    for span in spans:
        first = all(first_use[key] == start(span) for key in _uses(span))
        if first and _begins(span) in observed and start(span) > since:
            span = span.model_copy(update={"valid_from": since})
            counts["assumed_starts"] = counts.get("assumed_starts", 0) + 1
        extended.append(span)
    return extended


def _uses(span: Instrument) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return ("symbol", market_of(span.exchange), span.symbol), ("instrument", span.instrument_id)
