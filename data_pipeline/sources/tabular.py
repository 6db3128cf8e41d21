"""Rows of JSONL, CSV and Parquet files as mappings, with a clear error for a file and quarantine for a row."""

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from data_pipeline.sources.quarantine import Quarantined, quarantined
from tickertune.core.errors import TickerTuneError
from tickertune.core.noun import Noun
from tickertune.core.table import read_parquet

FORMATS = (".jsonl", ".ndjson", ".csv", ".parquet")
Row = dict[str, Any]
N = TypeVar("N", bound=Noun)


class NaiveTimeError(Exception):
    """A time stamp without a zone: the whole file's meaning is in doubt, not one row's."""


def read_rows(path: Path, required: set[str], quarantine: list[Quarantined]) -> Iterator[tuple[str, Row]]:
    """Yield (where it stands, row) with empty values left out.

    Args:
        path: A file of one of ``FORMATS``.
        required: Columns without which no row can be read.
        quarantine: Takes JSONL lines that are no objects.

    Raises:
        TickerTuneError: The file is missing, damaged, of another format, or lacks a column.
    """
    if path.is_dir():
        raise TickerTuneError(f"{path} is a folder, and a file is read", "Name one file in the source's paths")
    if not path.is_file():
        raise TickerTuneError(f"File {path} does not exist", "Correct the source's paths in the recipe")
    readers = {".csv": _csv_rows, ".parquet": _parquet_rows, ".jsonl": _json_rows, ".ndjson": _json_rows}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise TickerTuneError(f"File {path} has the unknown ending '{path.suffix}'", f"Use one of {', '.join(FORMATS)}")
    seen: set[str] = set()
    for number, row in reader(path, required, quarantine):
        seen |= row.keys()
        yield f"{path.name}:{number}", {key: value for key, value in row.items() if value is not None and value != ""}
    if seen:  # a JSONL file has no header: its columns are known at the end
        _check_columns(path, required, seen)


def _check_columns(path: Path, required: set[str], found: set[str]) -> None:
    if missing := sorted(required - found):
        raise TickerTuneError(
            f"File {path} lacks the column(s) {', '.join(missing)}",
            f"Add them, or rename yours: it has {sorted(found)}",
        )


def _csv_rows(path: Path, required: set[str], quarantine: list[Quarantined]) -> Iterator[tuple[int, Row]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.DictReader(handle, strict=True)
            _check_columns(path, required, set(reader.fieldnames or ()))
            for row in reader:
                extra = row.pop(None, None)
                if extra or None in row.values():
                    reason = "the row has another number of cells than the header"
                    quarantine.append(quarantined(f"{path.name}:{reader.line_num}", reason, repr(row)))
                else:
                    yield reader.line_num, dict(row)
    except (csv.Error, UnicodeDecodeError) as error:
        raise TickerTuneError(f"File {path} is not a readable CSV in UTF-8 ({error})", "Save it again") from error


def _parquet_rows(path: Path, required: set[str], quarantine: list[Quarantined]) -> Iterator[tuple[int, Row]]:
    frame = read_parquet(path)
    _check_columns(path, required, set(frame.columns))
    yield from enumerate(frame.iter_rows(named=True), start=1)


def _json_rows(path: Path, required: set[str], quarantine: list[Quarantined]) -> Iterator[tuple[int, Row]]:
    with path.open("rb") as handle:
        for number, line in enumerate(handle, start=1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("not an object")
                json.dumps(row, ensure_ascii=False).encode()  # refuses halves of surrogate pairs
            except ValueError as error:
                quarantine.append(quarantined(f"{path.name}:{number}", f"no JSON object: {error}", line))
                continue
            yield number, row


def records(
    path: Path,
    noun: type[N],
    required: set[str],
    prepare: Callable[[Row], Row],
    key: Callable[[N], tuple[Any, ...]],
    quarantine: list[Quarantined],
    unknown: dict[str, int],
) -> list[N]:
    """Read a file of one noun; a row that does not fit goes to quarantine.

    Args:
        path: The file.
        noun: What each row is.
        required: Columns that the file must have.
        prepare: Fills defaults into a row; raises ValueError with the reason why a row cannot be read.
        key: Identity of a record; a second one with the same key is set aside.
        quarantine: Takes what is set aside.
        unknown: Counts columns that the noun does not have.

    Raises:
        TickerTuneError: As ``read_rows``; a time stamp has no zone; or no row could be read.
    """
    found: dict[tuple[Any, ...], N] = {}
    for item, row in read_rows(path, required, quarantine):
        try:
            prepared = prepare(dict(row))
            for name in prepared.keys() - noun.model_fields.keys():
                unknown[f"unknown_field:{name}"] = unknown.get(f"unknown_field:{name}", 0) + 1
                del prepared[name]
            record = noun.model_validate(prepared)
            if key(record) in found:
                raise ValueError(f"repeats {key(record)}")
        except NaiveTimeError as error:
            raise TickerTuneError(
                f"File {path}: {error} at {item}",
                "State the zone of every time stamp, for example 2015-08-03T13:30:00Z",
            ) from None
        except ValidationError as error:
            first = error.errors()[0]
            reason = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
            quarantine.append(quarantined(item, reason, repr(sorted(row.items()))))
        except ValueError as error:
            quarantine.append(quarantined(item, str(error), repr(sorted(row.items()))))
        else:
            found[key(record)] = record
    if not found:
        reason = f": {quarantine[-1].item}: {quarantine[-1].reason}" if quarantine else ""
        raise TickerTuneError(
            f"File {path} holds no readable {noun.__name__}{reason}", f"Give it rows of {noun.__name__}"
        )
    return list(found.values())


def parse_time(value: Any, column: str, zone: str | None, *, end_of_day: bool) -> datetime:
    """Read an ISO 8601 time stamp as UTC.

    Args:
        value: Text, or a date or time from Parquet.
        column: Its name, for errors.
        zone: IANA zone of stamps that are a date alone.
        end_of_day: Whether a date alone means the end of that day in ``zone``, or its start.

    Raises:
        NaiveTimeError: The stamp has no zone.
        ValueError: It is not ISO 8601, or the zone is unknown.
    """
    value = _parsed(value, column)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise NaiveTimeError(f"column {column} holds naive times, such as {value}")
        return value.astimezone(UTC)
    if zone is None:
        raise NaiveTimeError(f"column {column} holds dates alone, such as {value}, and no column zone says where")
    try:
        day = value + timedelta(days=1 if end_of_day else 0)
        return datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"zone {zone!r} is not an IANA zone, such as America/New_York") from None


def is_date(value: Any) -> bool:
    """Whether a time stamp is a date without a time."""
    return not isinstance(_parsed(value, "time"), datetime)


def _parsed(value: Any, column: str) -> date:
    if isinstance(value, date):
        return value
    if isinstance(value, str):
        text = value.strip()
        try:
            return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"{column} {str(value)[:40]!r} is not an ISO 8601 time")


def text_list(value: Any) -> list[str]:
    """Read a list of words from a list, or from text with commas, semicolons, bars or spaces between them."""
    if isinstance(value, str):
        for separator in ",;|":
            value = value.replace(separator, " ")
        return list(value.split())
    if isinstance(value, list | tuple) and all(isinstance(entry, str) for entry in value):
        return list(value)
    raise ValueError(f"symbols {value!r} is no list of symbols")
