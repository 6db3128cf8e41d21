"""The user's own documents, bars, instruments and actions, as JSONL, CSV or Parquet.

An empty cell is a missing value; columns not named here are counted as unknown fields and left out.

- documents: ``title`` and ``published_at`` (ISO 8601 with a zone, or a date alone beside a column ``zone`` that
  holds an IANA name). Optional, with their defaults: ``doc_id`` (from the hash of source, url, title, body and
  published_at), ``revision`` (0), ``source`` ("files"), ``category`` ("news"), ``market`` ("US"), ``url``,
  ``licence`` ("unstated"), ``redistributable`` (false), ``body`` (empty), ``language``, ``time_quality`` ("exact";
  "day" for a date alone), ``updated_at``, ``first_seen_at``, ``available_at`` (the latest of published_at and
  first_seen_at; the end of the day in its zone for a date alone), ``symbols`` (a list, or text separated by commas
  or spaces; those of no instrument on that day are counted and left out).
- bars: ``symbol`` or ``instrument_id``, ``session``, ``open``, ``high``, ``low``, ``close``, ``volume``, ``basis``
  (no default: prices of unknown basis would have a split applied twice or never). Optional: ``adj_close``.
- instruments: ``symbol``, ``name``, ``exchange`` (ISO 10383, such as XNYS). Optional: ``instrument_id`` (the symbol),
  ``currency`` ("USD"), ``valid_from``, ``valid_to``, ``sector``, ``cik``, ``names`` (not in CSV).
- actions: ``symbol`` or ``instrument_id``, ``ex_date``, ``kind``, ``value``. Optional: ``detail``.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, time
from typing import Any

from data_pipeline.sources.base import SourceData
from data_pipeline.sources.quarantine import Quarantined, quarantine_frame
from data_pipeline.sources.tabular import Row, is_date, parse_time, records, text_list
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_text
from tickertune.core.market import Bar, CorporateAction, Instrument
from tickertune.core.recipe import FilesSourceConfig, SourceConfig
from tickertune.core.table import frame_of

PARSER_VERSION = "files-1"
TIME_COLUMNS = ("published_at", "updated_at", "first_seen_at", "available_at")

NOTES = (
    "The user's own files. Where a document states no available_at, it is the later of published_at and first_seen_at "
    "(the end of the day for a date alone): a lag of 0 is assumed.",
)


def load(config: SourceConfig, since: date, until: date) -> SourceData:
    """Load documents published in [since, until), by UTC day, and all bars of sessions before ``until``.

    Raises:
        TickerTuneError: A file is missing, damaged, lacks a column, holds naive times or no readable row, or
            nothing lies in the window.
    """
    assert isinstance(config, FilesSourceConfig)
    if since >= until:
        raise TickerTuneError(f"The date range {since} to {until} is empty", "Give an end after the start")
    quarantine: list[Quarantined] = []
    counts: dict[str, int] = {}
    instruments = records(
        config.instruments,
        Instrument,
        {"symbol", "name", "exchange"},
        lambda row: {"instrument_id": row.get("symbol"), "currency": "USD", **row},
        lambda record: (record.instrument_id, record.symbol, record.valid_from),
        quarantine,
        counts,
    )
    symbols = _Symbols(instruments)
    documents = records(
        config.documents,
        Document,
        {"title", "published_at"},
        lambda row: _document(row, symbols, counts),
        lambda record: (record.doc_id, record.revision),
        quarantine,
        counts,
    )
    bars = records(
        config.bars,
        Bar,
        {"session", "open", "high", "low", "close", "volume", "basis"},
        lambda row: symbols.identify(row, "session"),
        lambda record: (record.instrument_id, record.session),
        quarantine,
        counts,
    )
    actions: list[CorporateAction] = []
    if config.actions is not None:
        actions = records(
            config.actions,
            CorporateAction,
            {"ex_date", "kind", "value"},
            lambda row: symbols.identify(row, "ex_date"),
            lambda record: (record.instrument_id, record.ex_date, record.kind, record.detail),
            quarantine,
            counts,
        )
    start, end = (datetime.combine(day, time(), UTC) for day in (since, until))
    inside = [entry for entry in documents if entry.published_at is not None and start <= entry.published_at < end]
    _check_window(documents, inside, since, until)
    earlier = [bar for bar in bars if bar.session < until]
    if not earlier:
        raise TickerTuneError(f"File {config.bars} holds no bars before {until}", "Choose a later end or add bars")
    counts |= {"documents_read": len(documents), "documents_outside_window": len(documents) - len(inside)}
    return SourceData(
        documents=frame_of(Document, inside).sort("available_at", "doc_id", "revision"),
        instruments=frame_of(Instrument, instruments).sort("instrument_id", "valid_from", "symbol"),
        bars=frame_of(Bar, earlier).sort("instrument_id", "session"),
        actions=frame_of(CorporateAction, actions).sort("instrument_id", "ex_date", "kind", "detail"),
        quarantine=quarantine_frame(quarantine),
        counts=dict(sorted(counts.items())),
        notes=list(NOTES),
    )


def _check_window(documents: list[Document], inside: list[Document], since: date, until: date) -> None:
    if inside:
        return
    times = sorted(entry.published_at for entry in documents if entry.published_at is not None)
    raise TickerTuneError(
        f"There are no documents from {since} to before {until}",
        f"Choose dates within {times[0]:%Y-%m-%d} to {times[-1]:%Y-%m-%d}" if times else "Add documents",
    )


class _Symbols:
    """What a symbol of the user's instruments meant on a day."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._spans: dict[str, list[Instrument]] = defaultdict(list)
        for instrument in instruments:
            self._spans[instrument.symbol].append(instrument)

    def find(self, symbol: str, day: date) -> str:
        """Return the instrument_id; ValueError where the symbol meant none, or several."""
        ids = {
            entry.instrument_id
            for entry in self._spans.get(symbol, ())
            if (entry.valid_from or date.min) <= day < (entry.valid_to or date.max)
        }
        if len(ids) != 1:
            raise ValueError(f"symbol {symbol!r} means {len(ids)} instruments on {day}")
        return ids.pop()

    def links(self, listed: list[str], day: date, counts: dict[str, int]) -> list[dict[str, str]]:
        """Return payload links of the listed symbols; those of no instrument are counted and left out."""
        found: dict[str, dict[str, str]] = {}
        for symbol in listed:
            try:
                instrument_id = self.find(symbol.lstrip("$"), day)
            except ValueError:
                counts["symbols_of_no_instrument"] = counts.get("symbols_of_no_instrument", 0) + 1
                continue
            entry = {"symbol": symbol.lstrip("$"), "instrument_id": instrument_id}
            found[instrument_id] = {**entry, "evidence": "payload", "detail": "symbols"}
        return [found[key] for key in sorted(found)]

    def identify(self, row: Row, day_column: str) -> Row:
        """Return a bar's or action's row with its instrument_id, from the symbol where it has none."""
        symbol = row.pop("symbol", None)
        if "instrument_id" not in row:
            if symbol is None:
                raise ValueError("the row has neither symbol nor instrument_id")
            row["instrument_id"] = self.find(str(symbol), _day(row.get(day_column), day_column))
        return row


def _day(value: Any, column: str) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{column} {value!r} is not a date YYYY-MM-DD") from None


def _document(row: Row, symbols: _Symbols, counts: dict[str, int]) -> Row:
    zone = row.pop("zone", None)
    raw = sha256_text(repr(sorted(row.items())))
    if "published_at" not in row:
        raise ValueError("published_at is missing")
    day_only = is_date(row["published_at"])
    known = parse_time(row["published_at"], "published_at", zone, end_of_day=True)
    for name in TIME_COLUMNS:
        if name in row:
            row[name] = parse_time(row[name], name, zone, end_of_day=name != "published_at")
    filled: Row = {
        "source": "files",
        "category": "news",
        "market": "US",
        "licence": "unstated",
        "redistributable": False,
        "time_quality": "day" if day_only else "exact",
        "available_at": max(known, row.get("first_seen_at", known)),
        "raw_sha256": raw,
        "parser_version": PARSER_VERSION,
    } | row
    if filled["available_at"] < filled["published_at"]:
        raise ValueError(f"available_at {filled['available_at']} is before published_at {filled['published_at']}")
    if "doc_id" not in filled:
        identity = [str(filled.get(name, "")) for name in ("source", "url", "title", "body", "published_at")]
        filled["doc_id"] = f"{filled['source']}:{sha256_text(chr(31).join(identity))[:24]}"
    filled["symbols"] = symbols.links(text_list(filled.get("symbols", [])), filled["published_at"].date(), counts)
    return filled
