"""The documents that a curation is given, as parquet files that are known to be readable before any work starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import get_args

import polars as pl

from data_pipeline.acquisition.export import parsers, write_kind
from data_pipeline.acquisition.store import FILE as STORE_FILE
from data_pipeline.acquisition.store import Store
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_file, sha256_value
from tickertune.core.table import check_table, schema_of

EXPORTED = "documents.parquet"
"""Name of the documents in a folder of ``tickertune data export`` or of a data stage."""
_REQUIRED = [name for name, field in Document.model_fields.items() if type(None) not in get_args(field.annotation)]


@dataclass(frozen=True)
class Inputs:
    """Documents to curate."""

    files: list[Path]
    """Parquet files with the columns of ``Document``; no document stands in them twice."""
    documents: int
    outside: dict[str, int]
    """Documents that the window left out: ``before``, ``after`` (from its end on) and ``no_time``; zeros are left out."""
    latest: datetime | None
    """The latest time of availability."""
    notes: list[str]

    def digest(self) -> str:
        """SHA-256 over the files' content, whatever their names and order."""
        return sha256_value(sorted(sha256_file(path) for path in self.files))


def gather(
    given: Sequence[Path], scratch: Path, since: datetime | None = None, until: datetime | None = None
) -> Inputs:
    """Find and check the documents that are meant.

    Args:
        given: Parquet files; folders of them, of a data stage or of ``tickertune data export``; stores of
            ``tickertune data collect``.
        scratch: Folder for what is read out of a store or cut by the window.
        since: Start of the window of availability, inclusive; None: open.
        until: Its end, exclusive; None: open.

    Raises:
        TickerTuneError: A path is missing, holds no documents or is damaged; columns do not fit; a required value
            is missing; a document is given twice; the window holds none.
    """
    files, notes = [], []
    for number, path in enumerate(given):
        found, said = _files_of(path, scratch / f"store-{number}.parquet")
        files += found
        notes += said
    if not files:
        raise TickerTuneError("No file of documents is given", "Name parquet files with the columns of Document")
    for path in files:
        _check_file(path)
    outside: dict[str, int] = {}
    if since is not None or until is not None:
        files, outside = _cut(files, scratch, since, until)
    keys = pl.concat([_keys(path) for path in files])
    if keys.is_empty():
        where = f"the window; left out: {outside}" if outside else ", ".join(str(path) for path in given)
        raise TickerTuneError(f"There is no document in {where}", "Widen the window, or name files that hold documents")
    if keys["key"].is_duplicated().any():
        _refuse_repeated(files, keys.filter(pl.col("key").is_duplicated()))
    latest = keys["available_at"].max()
    return Inputs(files, len(keys), outside, latest if isinstance(latest, datetime) else None, notes)


def _files_of(path: Path, exported: Path) -> tuple[list[Path], list[str]]:
    """The parquet files that one path means, and notes on a store."""
    if path.is_file():
        return [path], []
    if not path.is_dir():
        raise TickerTuneError(f"Path {path} does not exist", "Correct it, or export or collect the documents first")
    if (path / STORE_FILE).is_file():
        exported.parent.mkdir(parents=True, exist_ok=True)
        with Store(path, create=False) as store:
            chosen, notes = parsers(store)
            rows = write_kind(store, "document", chosen, exported)
        if not rows:
            raise TickerTuneError(f"Store {path} holds no document", "Collect some: tickertune data collect")
        return [exported], notes
    if (path / EXPORTED).is_file():
        return [path / EXPORTED], []
    files = sorted(path.glob("*.parquet"))
    if not files:
        raise TickerTuneError(
            f"Folder {path} holds no parquet file of documents",
            "Name a store, a folder of tickertune data export, or parquet files with the columns of Document",
        )
    return files, []


def _check_file(path: Path) -> None:
    """Refuse a file that is damaged, has other columns or lacks a required value."""
    try:
        check_table(pl.read_parquet(path, n_rows=1), Document, f"File {path}")
        missing = pl.scan_parquet(path).select(pl.col(_REQUIRED).null_count()).collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise TickerTuneError(
            f"File {path} is not a readable parquet file ({str(error).splitlines()[0]})",
            "Fetch or export it again: it is truncated, damaged or of another kind",
        ) from error
    if lacking := {name: count for name, count in missing.row(0, named=True).items() if count}:
        counts = ", ".join(f"{name} in {count}" for name, count in lacking.items())
        raise TickerTuneError(
            f"File {path} has documents without a value ({counts} rows)", "Fill the column, or leave the rows out"
        )


def _keys(path: Path) -> pl.DataFrame:
    """A hash of doc_id and revision, and the time of availability, of each document."""
    wanted = pl.struct(pl.col("doc_id").cast(pl.String), pl.col("revision").cast(pl.Int64)).hash().alias("key")
    time = pl.col("available_at").cast(schema_of(Document)["available_at"])
    return pl.scan_parquet(path).select(wanted, time).collect(engine="streaming")


def _refuse_repeated(files: list[Path], repeated: pl.DataFrame) -> None:
    keys = repeated["key"].unique()
    parts = []
    for path in files:
        key = pl.struct(pl.col("doc_id").cast(pl.String), pl.col("revision").cast(pl.Int64)).hash()
        found = pl.scan_parquet(path).filter(key.is_in(keys.implode())).select("doc_id", "revision", "title", "body")
        parts.append(found.collect(engine="streaming").with_columns(file=pl.lit(path.name)))
    rows = pl.concat(parts, how="vertical_relaxed").sort("doc_id", "revision", maintain_order=True)
    twice = rows.filter(pl.struct("doc_id", "revision").is_duplicated())
    first = twice.filter(pl.struct("doc_id", "revision") == pl.struct("doc_id", "revision").first())
    told = "with different texts" if first.select("title", "body").n_unique() > 1 else "with the same text"
    documents = twice.select("doc_id", "revision").n_unique()
    raise TickerTuneError(
        f"{documents} document(s) are given more than once, such as {first['doc_id'][0]} revision {first['revision'][0]}, "
        f"{told}, in {' and '.join(first['file'].unique(maintain_order=True))}",
        "Give each file once; a changed text needs a revision of its own",
    )


def _cut(
    files: list[Path], scratch: Path, since: datetime | None, until: datetime | None
) -> tuple[list[Path], dict[str, int]]:
    """Write the documents of the window beside, file by file, and count those outside."""
    time = pl.col("available_at").cast(schema_of(Document)["available_at"])
    before = time < since if since is not None else pl.lit(False)
    after = time >= until if until is not None else pl.lit(False)
    scratch.mkdir(parents=True, exist_ok=True)
    cut, counts = [], {"before": 0, "after": 0, "no_time": 0}
    for number, path in enumerate(files):
        table = pl.scan_parquet(path)
        found = table.select(before=before.sum(), after=after.sum(), no_time=time.is_null().sum())
        for name, count in found.collect(engine="streaming").row(0, named=True).items():
            counts[name] += int(count or 0)
        cut.append(scratch / f"window-{number:05d}.parquet")
        table.filter(time.is_not_null() & ~before & ~after).sink_parquet(cut[-1])
    return cut, {name: count for name, count in counts.items() if count}
