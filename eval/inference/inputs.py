"""Inputs of batch inference: JSON Lines, Parquet, Arrow, a data set's folder or one of the Hub, read part by part."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from eval.inference.rows import RawRow, Rejection
from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.files import sha256_file

JSON_LINES = (".jsonl", ".ndjson")
ARROW = (".arrow", ".feather", ".ipc")
SUFFIXES = (*JSON_LINES, ".parquet", *ARROW)
HUB = "hub:"
"""What the name of a data set of the Hub begins with: no path is taken for one by mistake."""
_ARROW_FILE = b"ARROW1"
"""First bytes of Arrow's file format; the streaming format has none."""


class Input(Protocol):
    """An input of ``rows`` rows."""

    rows: int

    def part(self, number: int) -> list[RawRow]:
        """Rows of one part, counted from 0."""

    def columns(self) -> set[str]:
        """Its columns; for JSON Lines those of the first part."""

    def digest(self) -> str:
        """Hash of its contents."""


def open_input(source: str, part_rows: int, split: str | None = None, revision: str | None = None) -> Input:
    """Open an input that is read ``part_rows`` rows at a time.

    Args:
        source: A file, a folder that ``datasets`` wrote or that has the Hub's layout, or ``hub:owner/name``.
        part_rows: Rows a part.
        split: Of a data set; needed where it has several.
        revision: Commit of a data set of the Hub.

    Raises:
        TickerTuneError: It is missing, of another kind, damaged or empty.
    """
    path = Path(source)
    opened: Input
    if source.startswith(HUB) or path.is_dir():
        from eval.inference.hub_input import DatasetInput

        opened = DatasetInput(source, part_rows, split, revision)
    else:
        if split is not None or revision is not None:
            raise TickerTuneError(f"Input {source} is a file, which has no splits and no revision", "Leave them out")
        opened = _file(path, part_rows)
    if opened.rows == 0:
        raise TickerTuneError(f"Input {source} has no rows", "Give one with at least one")
    return opened


def _file(path: Path, part_rows: int) -> Input:
    check_suffix(path)
    if not path.is_file():
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise TickerTuneError(f"Input {path} does not exist{did_you_mean(path.name, near)}", "Correct the path")
    return JsonLinesFile(path, part_rows) if path.suffix in JSON_LINES else TableFile(path, part_rows)


def check_suffix(path: Path) -> None:
    """Refuse a file name whose ending does not say a format that we read and write."""
    if path.suffix not in SUFFIXES:
        raise TickerTuneError(f"File {path} has the unknown ending '{path.suffix}'", f"Use {', '.join(SUFFIXES)}")


class TableFile:
    """Rows of a Parquet or Arrow file."""

    def __init__(self, path: Path, part_rows: int) -> None:
        self._path, self._part_rows = path, part_rows
        self._table: pl.LazyFrame = self._guarded(self._open)
        self._columns = set(self._guarded(self._table.collect_schema).names())
        self.rows = int(self._guarded(lambda: self._table.select(pl.len()).collect().item()))

    def _open(self) -> pl.LazyFrame:
        if self._path.suffix == ".parquet":
            return pl.scan_parquet(self._path)
        with self._path.open("rb") as handle:
            begins = handle.read(len(_ARROW_FILE))
        if begins == _ARROW_FILE:
            return pl.scan_ipc(self._path)
        return pl.read_ipc_stream(self._path).lazy()  # it has no index: it is read whole

    def columns(self) -> set[str]:
        """See ``Input.columns``."""
        return self._columns

    def part(self, number: int) -> list[RawRow]:
        """See ``Input.part``."""
        start = number * self._part_rows
        return list(self._guarded(lambda: self._table.slice(start, self._part_rows).collect().to_dicts()))

    def digest(self) -> str:
        """See ``Input.digest``."""
        return sha256_file(self._path)

    def _guarded(self, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (pl.exceptions.PolarsError, OSError) as error:
            kind = "Parquet" if self._path.suffix == ".parquet" else "Arrow"
            raise TickerTuneError(
                f"Input {self._path} is not a readable {kind} file ({str(error).splitlines()[0]})",
                "Fetch or write it again: it is truncated or damaged",
            ) from error


class JsonLinesFile:
    """Rows of a JSON Lines file; blank lines count as rows, so that row numbers are line numbers."""

    def __init__(self, path: Path, part_rows: int) -> None:
        self._path, self._part_rows = path, part_rows
        self.rows, self._offsets = 0, [0]
        with path.open("rb") as handle:
            for line in iter(handle.readline, b""):
                if self.rows and self.rows % part_rows == 0:
                    self._offsets.append(handle.tell() - len(line))
                self.rows += 1

    def columns(self) -> set[str]:
        """See ``Input.columns``."""
        return {key for row in self.part(0) if isinstance(row, dict) for key in row}

    def part(self, number: int) -> list[RawRow]:
        """See ``Input.part``; a line that is no JSON object is a rejection."""
        first = number * self._part_rows
        with self._path.open("rb") as handle:
            handle.seek(self._offsets[number])
            lines = list(islice(handle, min(self._part_rows, self.rows - first)))
        return [json_row(row, line) for row, line in enumerate(lines, first)]

    def digest(self) -> str:
        """See ``Input.digest``."""
        return sha256_file(self._path)


def json_row(row: int, line: bytes) -> RawRow:
    """Read a line; one that is no JSON object is a rejection."""
    try:
        value = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        return Rejection(row, None, f"not JSON: {error}")
    return value if isinstance(value, dict) else Rejection(row, None, f"not an object but {type(value).__name__}")
