"""Readers of single files; each gives the columns, and tables of some of them a batch at a time."""

import bz2
import gzip
import io
import json
import lzma
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from tickertune.core.errors import TickerTuneError

Read = Callable[[Sequence[str], int], Iterator[pl.DataFrame]]
PACKED = (".gz", ".xz", ".bz2", ".zst")
RARE = 200
"""A key of JSON records that fewer than one of so many records has is no column."""


@dataclass(frozen=True)
class Opened:
    """A file that can be read."""

    columns: list[str]
    read: Read
    left_out: tuple[str, ...] = ()
    """Keys of too few records to be columns."""


def suffix_of(path: Path) -> str:
    """The ending that tells the format, packed or not."""
    endings = [ending.lower() for ending in path.suffixes]
    return endings[-2] if len(endings) > 1 and endings[-1] in PACKED else endings[-1] if endings else ""


def _damaged(path: Path, what: str, error: Exception) -> TickerTuneError:
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    return TickerTuneError(f"File {path} is not readable {what} ({reason})", "Fetch it again: it is cut or damaged")


def _parquet(path: Path) -> Opened:
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        names = list(parquet.ParquetFile(path).schema_arrow.names)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(path, "Parquet", error) from error

    def read(columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        try:
            for batch in parquet.ParquetFile(path).iter_batches(size, columns=list(columns)):
                table = pl.from_arrow(batch)
                assert isinstance(table, pl.DataFrame)
                yield table
        except (pyarrow.ArrowException, OSError) as error:
            raise _damaged(path, "Parquet", error) from error

    return Opened(names, read)


def _content(path: Path) -> bytes:
    raw = path.read_bytes()
    ending = path.suffix.lower()
    try:
        if ending == ".zst":
            with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw)) as stream:
                return bytes(stream.read())
        unpack = {".gz": gzip.decompress, ".xz": lzma.decompress, ".bz2": bz2.decompress}.get(ending)
        return unpack(raw) if unpack else raw
    except (OSError, EOFError, lzma.LZMAError, zstandard.ZstdError) as error:
        raise _damaged(path, f"'{ending}'", error) from error


def _lazy(scan: Callable[[Any], pl.LazyFrame], what: str) -> "Reader":
    """A reader by a polars scan: a plain file a batch at a time, a packed one unpacked in memory."""

    def open_file(path: Path) -> Opened:
        try:
            frame = scan(_content(path) if path.suffix.lower() in PACKED else path)
            names = frame.collect_schema().names()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise _damaged(path, what, error) from error

        def read(columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
            try:
                yield from frame.select(list(columns)).collect_batches(chunk_size=size, maintain_order=True)
            except (pl.exceptions.PolarsError, OSError) as error:
                raise _damaged(path, what, error) from error

        return Opened(names, read)

    return open_file


def _json(path: Path) -> Opened:
    """A list of records, a mapping of columns to lists, or a mapping of keys (dates, ids) to records."""
    content = _content(path)
    try:
        value = json.loads(content)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        # Many files named .json hold JSON lines.
        try:
            value = [json.loads(line) for line in content.splitlines() if line.strip()]
        except (json.JSONDecodeError, UnicodeDecodeError):
            raise _damaged(path, "JSON", error) from error
    rows = value if isinstance(value, list) else None
    if isinstance(value, dict) and value and all(isinstance(entry, dict) for entry in value.values()):
        keys = "date" if all(key[:4].isdigit() and key[4:5] == "-" for key in value) else "key"
        rows = [{keys: key, **entry} for key, entry in value.items()]
    elif isinstance(value, dict) and value and all(isinstance(entry, list) for entry in value.values()):
        return _table(path, lambda: pl.DataFrame(value, strict=False))
    if rows is None or not all(isinstance(row, dict) for row in rows):
        raise TickerTuneError(
            f"File {path} is JSON but no table", "Give a list of records, or a mapping of ids to records"
        )
    return _records(path, rows)


def _records(path: Path, rows: list[dict[str, Any]]) -> Opened:
    """A table of records that need not agree."""
    counts: dict[str, int] = {}
    for row in rows:
        for name, value in row.items():
            counts[name] = counts.get(name, 0) + (value is not None)
    kept = [name for name, count in counts.items() if count * RARE >= len(rows)]
    series = {name: [_plain(row.get(name)) for row in rows] for name in kept}
    return _table(path, lambda: pl.DataFrame(series, strict=False), tuple(sorted(set(counts) - set(kept))))


def _plain(value: Any) -> Any:
    """Lists of words become text; other nested values become JSON, for no check looks into them."""
    if isinstance(value, list) and all(isinstance(entry, str) for entry in value):
        return "\n".join(value)
    return json.dumps(value) if isinstance(value, (dict, list)) else value


def _table(path: Path, make: Callable[[], pl.DataFrame], left_out: tuple[str, ...] = ()) -> Opened:
    try:
        table = make()
    except (pl.exceptions.PolarsError, TypeError) as error:
        raise _damaged(path, "as a table", error) from error
    return Opened(table.columns, lambda columns, size: table.select(list(columns)).iter_slices(size), left_out)


Reader = Callable[[Path], Opened]
READERS: dict[str, Reader] = {
    ".parquet": _parquet,
    ".jsonl": _lazy(lambda source: pl.scan_ndjson(source, infer_schema_length=10_000), "JSON lines"),
    ".ndjson": _lazy(lambda source: pl.scan_ndjson(source, infer_schema_length=10_000), "JSON lines"),
    ".json": _json,
    ".csv": _lazy(lambda source: pl.scan_csv(source, infer_schema_length=10_000), "CSV"),
    ".tsv": _lazy(lambda source: pl.scan_csv(source, infer_schema_length=10_000, separator="\t"), "TSV"),
}
"""By ending; ``.gz``, ``.xz``, ``.bz2`` and ``.zst`` may follow it."""
