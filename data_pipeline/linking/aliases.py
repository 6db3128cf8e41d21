"""The user's table of further company names, each with the days on which it held."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.linking.spans import covers
from data_pipeline.sources.quarantine import Quarantined
from data_pipeline.sources.tabular import Row, records
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Alias
from tickertune.core.table import frame_of

REMEDY = "Give each row an alias, and a symbol or an instrument_id that the instruments have"


def read_aliases(path: Path, instruments: pl.DataFrame) -> pl.DataFrame:
    """Read aliases from CSV, JSONL or Parquet as a table of ``Alias``, sorted.

    Columns: ``alias``; ``symbol`` or ``instrument_id``; optional ``valid_from`` and ``valid_to`` (the first day on which the
    alias no longer holds). A symbol is read as of ``valid_from``; without that day it must always have meant one instrument.

    Raises:
        TickerTuneError: The file is missing or damaged, or a row is wrong: a wrong alias is not set aside in silence.
    """
    rows = instruments.to_dicts()
    wrong: list[Quarantined] = []
    unknown: dict[str, int] = {}
    found = records(
        path,
        Alias,
        {"alias"},
        lambda row: _identified(row, rows),
        lambda alias: (alias.instrument_id, alias.alias, alias.valid_from),
        wrong,
        unknown,
    )
    if wrong:
        raise TickerTuneError(f"File {path}, {wrong[0].item}: {wrong[0].reason}", REMEDY)
    if unknown:
        raise TickerTuneError(f"File {path} has the {sorted(unknown)[0].replace(':', ' ')}", "Remove the column")
    return frame_of(Alias, found).sort("instrument_id", "alias", "valid_from")


def _identified(row: Row, instruments: list[dict[str, Any]]) -> Row:
    symbol = row.pop("symbol", None)
    if not str(row.get("alias", "")).strip():
        raise ValueError("the row has no alias")
    if "instrument_id" in row:
        known = {entry["instrument_id"] for entry in instruments}
        if row["instrument_id"] not in known:
            raise ValueError(f"no instrument has the id {row['instrument_id']!r}")
        return row
    day = date.fromisoformat(str(row["valid_from"])) if "valid_from" in row else None
    ids = {
        entry["instrument_id"]
        for entry in instruments
        if entry["symbol"] == symbol and (day is None or covers(entry, day))
    }
    if len(ids) != 1:
        raise ValueError(f"symbol {symbol!r} means {len(ids)} instruments{f' on {day}' if day else ''}")
    return {**row, "instrument_id": ids.pop()}
