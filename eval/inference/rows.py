"""Rows of an input file, in parts of equal length, each a prompt or a rejection with its reason."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import polars as pl
from pydantic import TypeAdapter, ValidationError

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.sample import Message
from tickertune.core.tasks import LabelTask, TextTask

SUFFIXES = (".jsonl", ".ndjson", ".parquet")
ID_COLUMNS = ("id", "sample_id", "doc_id")
_MESSAGES = TypeAdapter(list[Message])


@dataclass(frozen=True)
class Request:
    """A row that can be scored."""

    row: int
    """Place in the input, from 0."""
    id: str
    messages: list[Message]


@dataclass(frozen=True)
class Rejection:
    """A row that cannot be scored, and why."""

    row: int
    id: str | None
    reason: str


RawRow = dict[str, Any] | Rejection


class InputFile(Protocol):
    """An input file of ``rows`` rows."""

    rows: int

    def part(self, number: int) -> list[RawRow]:
        """Rows of one part, counted from 0."""

    def columns(self) -> set[str]:
        """Columns of the file; for JSON Lines those of the first part."""


def open_input(path: Path, part_rows: int) -> InputFile:
    """Open a JSON Lines or Parquet file that is read ``part_rows`` rows at a time.

    Raises:
        TickerTuneError: It is missing, of another kind, damaged or empty.
    """
    check_suffix(path)
    if not path.is_file():
        near = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
        raise TickerTuneError(f"Input {path} does not exist{did_you_mean(path.name, near)}", "Correct the path")
    opened: InputFile = ParquetFile(path, part_rows) if path.suffix == ".parquet" else JsonLinesFile(path, part_rows)
    if opened.rows == 0:
        raise TickerTuneError(f"Input {path} has no rows", "Give a file with at least one")
    return opened


def check_suffix(path: Path) -> None:
    """Refuse a file name whose ending does not say a format that we read and write."""
    if path.suffix not in SUFFIXES:
        raise TickerTuneError(f"File {path} has the unknown ending '{path.suffix}'", f"Use {', '.join(SUFFIXES)}")


class ParquetFile:
    """Rows of a Parquet file."""

    def __init__(self, path: Path, part_rows: int) -> None:
        self._path, self._part_rows = path, part_rows
        self._columns = set(self._guarded(lambda: pl.read_parquet_schema(path)))
        self.rows = int(self._guarded(lambda: pl.scan_parquet(path).select(pl.len()).collect().item()))

    def columns(self) -> set[str]:
        """See ``InputFile.columns``."""
        return self._columns

    def part(self, number: int) -> list[RawRow]:
        """See ``InputFile.part``."""
        start = number * self._part_rows
        return list(
            self._guarded(lambda: pl.scan_parquet(self._path).slice(start, self._part_rows).collect().to_dicts())
        )

    def _guarded(self, read: Any) -> Any:
        try:
            return read()
        except (pl.exceptions.PolarsError, OSError) as error:
            raise TickerTuneError(
                f"Input {self._path} is not a readable Parquet file ({str(error).splitlines()[0]})",
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
        """See ``InputFile.columns``."""
        return {key for row in self.part(0) if isinstance(row, dict) for key in row}

    def part(self, number: int) -> list[RawRow]:
        """See ``InputFile.part``; a line that is no JSON object is a rejection."""
        first = number * self._part_rows
        with self._path.open("rb") as handle:
            handle.seek(self._offsets[number])
            lines = [handle.readline() for _ in range(min(self._part_rows, self.rows - first))]
        return [_json_row(row, line) for row, line in enumerate(lines, first)]


def _json_row(row: int, line: bytes) -> RawRow:
    try:
        value = json.loads(line.decode("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        return Rejection(row, None, f"not JSON: {error}")
    return value if isinstance(value, dict) else Rejection(row, None, f"not an object but {type(value).__name__}")


def check_columns(path: Path, columns: set[str], task: LabelTask) -> None:
    """Refuse a file whose columns hold no prompt for ``task``.

    Raises:
        TickerTuneError: Neither ``messages`` nor, for a task on one text, ``text`` is there.
    """
    wanted = ["messages", "text"] if isinstance(task, TextTask) else ["messages"]
    if columns.isdisjoint(wanted):
        found = ", ".join(sorted(columns)) or "none"
        raise TickerTuneError(
            f"Input {path} lacks the column {' or '.join(wanted)} for task {task.name} (its columns: {found})",
            "Give `messages` (a list of role and content)"
            + (
                ", or `text`"
                if "text" in wanted
                else ", as data_pipeline writes them: a bare text names no decision time"
            ),
        )


def requests_of(rows: Sequence[RawRow], first: int, task: LabelTask) -> Iterator[Request | Rejection]:
    """Turn the rows of a part, whose first is row ``first`` of the file, into prompts or rejections."""
    for row, values in enumerate(rows, first):
        yield values if isinstance(values, Rejection) else _request(row, values, task)


def _request(row: int, values: dict[str, Any], task: LabelTask) -> Request | Rejection:
    given = next((values[name] for name in ID_COLUMNS if values.get(name) is not None), row)
    reject = partial(Rejection, row, str(given))
    if values.get("messages") is not None:
        try:
            messages = _MESSAGES.validate_python(values["messages"])
        except ValidationError as error:
            item = error.errors()[0]
            return reject(f"messages{'.'.join(['', *map(str, item['loc'])])}: {item['msg']}")
        if not messages or messages[-1].role != "user":
            return reject("messages do not end with a user's turn")
        return Request(row, str(given), messages)
    text = values.get("text")
    if not isinstance(task, TextTask) or text is None:
        return reject("no messages" if not isinstance(task, TextTask) else "neither messages nor text")
    if not isinstance(text, str) or not text.strip():
        return reject("text is empty or no text")
    return Request(row, str(given), task.messages(text))
