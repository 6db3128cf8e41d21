"""From the store to tables of nouns, by parser version, in bounded memory."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from data_pipeline.acquisition.replay import newest, versions
from data_pipeline.acquisition.store import Store
from data_pipeline.acquisition.vintages import consistent_bars
from data_pipeline.sources.registry import all_sources
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file
from tickertune.core.market import Bar, CorporateAction, Instrument
from tickertune.core.noun import Noun
from tickertune.core.observation import Observation
from tickertune.core.table import frame_of, schema_of, write_table

CHUNK = 20_000
"""Rows that are in memory at a time."""

NOUNS: dict[str, type[Noun]] = {
    "document": Document,
    "bar": Bar,
    "action": CorporateAction,
    "instrument": Instrument,
    "observation": Observation,
}
_ORDER = {
    "document": "json_extract(value, '$.available_at'), source, key, revision",
    "bar": "json_extract(value, '$.instrument_id'), json_extract(value, '$.session'), source",
    "action": "json_extract(value, '$.instrument_id'), json_extract(value, '$.ex_date'), source, key",
    "instrument": "key, source",
    "observation": "json_extract(value, '$.available_at'), source, key",
}


def parsers(store: Store, sources: Sequence[str] | None = None) -> tuple[dict[str, str], list[str]]:
    """Choose the parser version of each source, the installed one where the store has it.

    Returns:
        Version by source, and notes on what was not parsed by the installed version.

    Raises:
        TickerTuneError: A named source is not in the store.
    """
    held = [row["source"] for row in store.rows("SELECT DISTINCT source FROM records WHERE parser NOT LIKE '%~replay'")]
    for name in sources or ():
        if name not in held:
            raise TickerTuneError(f"The store holds nothing of '{name}'", f"It holds {', '.join(held) or 'nothing'}")
    chosen, notes = {}, []
    for name in sorted(sources or held):
        stored = versions(store, name)
        installed = all_sources()[name].info.parser_version if name in all_sources() else None
        chosen[name] = (installed if installed in stored else newest(stored)) or ""
        missing = store.rows(
            "SELECT count(*) AS n FROM responses WHERE source = ? AND status BETWEEN 200 AND 299 AND id NOT IN"
            " (SELECT response_id FROM parses WHERE parser = ?)",
            (name, chosen[name]),
        )[0]["n"]
        if missing or chosen[name] != installed:
            notes.append(
                f"{name}: records of parser {chosen[name]}; {missing} answer(s) were parsed by another version alone "
                f"(tickertune data replay --source {name} parses all with {installed})"
            )
    return chosen, notes


def frames(store: Store, kind: str, chosen: dict[str, str]) -> Iterator[pl.DataFrame]:
    """Yield the records of a kind as tables of at most ``CHUNK`` rows, in a fixed order.

    Of bars, actions, instruments and observations the newest revision counts; documents come with all of theirs.
    """
    noun = NOUNS[kind]
    wanted = " OR ".join("(source = ? AND parser = ?)" for _ in chosen) or "0"
    newest = (
        ""
        if kind == "document"
        else (
            " AND revision = (SELECT max(revision) FROM records AS later WHERE later.source = records.source"
            " AND later.parser = records.parser AND later.kind = records.kind AND later.key = records.key)"
        )
    )
    query = f"SELECT value FROM records WHERE kind = ? AND ({wanted}){newest} ORDER BY {_ORDER[kind]}"
    found = store.db.execute(query, (kind, *(part for pair in chosen.items() for part in pair)))
    while rows := found.fetchmany(CHUNK):
        yield frame_of(noun, [noun.model_validate_json(row[0]) for row in rows])


def bars_of(store: Store, chosen: dict[str, str]) -> tuple[pl.DataFrame, list[str]]:
    """Return the bars that belong together, and notes on those that do not (see ``vintages``)."""
    wanted = " OR ".join("(records.source = ? AND parser = ?)" for _ in chosen) or "0"
    origin = store.rows(
        "SELECT records.source, json_extract(value, '$.instrument_id') AS instrument_id,"
        " json_extract(value, '$.session') AS session, json_extract(value, '$.basis') AS basis,"
        " substr(max(fetched_at), 1, 10) AS fetched_on FROM records JOIN responses ON responses.id = response_id"
        f" WHERE kind = 'bar' AND ({wanted}) GROUP BY records.source, key",
        [part for pair in chosen.items() for part in pair],
    )
    bars = table(store, "bar", chosen)
    if not origin:
        return bars, []
    key = ["instrument_id", "session", "basis"]
    facts = pl.DataFrame(origin).with_columns(pl.col("session", "fetched_on").str.to_date())
    if (shared := facts.group_by(key).len().filter(pl.col("len") > 1)).height:
        first = shared.sort(key).row(0, named=True)
        raise TickerTuneError(
            f"{shared.height} bar(s) come from more than one source, such as {first['instrument_id']} on {first['session']}",
            "Name the price source with --source",
        )
    kept, notes = consistent_bars(bars.join(facts, on=key, how="left"), table(store, "action", chosen))
    return kept.select(bars.columns).sort("instrument_id", "session"), notes


def table(store: Store, kind: str, chosen: dict[str, str]) -> pl.DataFrame:
    """Return all records of a kind as one table."""
    parts = list(frames(store, kind, chosen))
    return pl.concat(parts) if parts else pl.DataFrame(schema=schema_of(NOUNS[kind]))


def export(store: Store, chosen: dict[str, str], folder: Path) -> tuple[dict[str, int], list[str]]:
    """Write ``documents.parquet``, ``bars.parquet`` … into ``folder``; the same store gives the same bytes.

    Memory is bounded by ``CHUNK`` rows, but for bars, which are compared as a whole.

    Returns:
        The rows of each table that has any, and notes on bars that were left out.

    Raises:
        TickerTuneError: A bar comes from more than one source.
    """
    bars, notes = bars_of(store, chosen)
    counts = {"bars": bars.height} if bars.height else {}
    (folder / "bars.parquet").unlink(missing_ok=True)
    if bars.height:
        write_table(bars, folder / "bars.parquet", ["instrument_id", "session", "basis"])
    for kind in NOUNS:
        if kind == "bar":
            continue
        if rows := write_kind(store, kind, chosen, folder / f"{kind}s.parquet"):
            counts[f"{kind}s"] = rows
    return counts, notes


def write_kind(store: Store, kind: str, chosen: dict[str, str], path: Path) -> int:
    """Write all records of a kind to one parquet file, ``CHUNK`` rows at a time, and return their number.

    Without any record there is no file, and one of an earlier time is removed.
    """
    rows = 0
    with atomic_file(path) as temporary:
        schema = pl.DataFrame(schema=schema_of(NOUNS[kind])).to_arrow().schema
        with pq.ParquetWriter(temporary, schema, compression="zstd") as writer:
            for frame in frames(store, kind, chosen):
                writer.write_table(frame.to_arrow().cast(schema))
                rows += frame.height
    if not rows:
        path.unlink()
    return rows
