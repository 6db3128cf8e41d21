"""Read a data set of any usual layout, a batch at a time: Hub, save_to_disk, Parquet, JSON, JSONL, CSV."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.audit.leakage.formats import READERS, suffix_of
from tickertune.core.errors import TickerTuneError

BATCH = 20_000
_SPLIT = re.compile(r"(?:^|[^a-z])(train(?:ing)?|test(?:ing)?|validation|valid|val|dev|eval)(?:[^a-z]|$)")
_SPLIT_NAMES = {"training": "train", "testing": "test", "eval": "test", "valid": "validation", "val": "validation",
                "dev": "validation"}  # fmt: skip
_HUB = re.compile(r"^[A-Za-z0-9][\w.-]*/[\w.-]+$")
NOT_DATA = {"dataset_info.json", "state.json", "dataset_dict.json", "info.json", "build.json", "metrics.json", "audit.json",
            "dataset_infos.json"}  # fmt: skip
Batches = Iterator[pl.DataFrame]


@dataclass(frozen=True)
class Part:
    """One split, or one file."""

    name: str
    split: str | None
    columns: tuple[str, ...]
    read: Callable[[Sequence[str], int], Batches]
    """From columns and a batch size to tables with these columns."""
    left_out: tuple[str, ...] = ()
    """Names of what too few records have to be columns."""


@dataclass(frozen=True)
class Source:
    """A data set to be read."""

    name: str
    parts: list[Part]

    def batches(self, columns: Sequence[str], size: int = BATCH) -> Iterator[tuple[Part, pl.DataFrame]]:
        """Yield all rows in order, each part's with the columns that it has."""
        for part in self.parts:
            for batch in part.read([column for column in columns if column in part.columns], size):
                yield part, batch

    def head(self, rows: int = 1000) -> pl.DataFrame:
        """The first rows of every part, with all columns.

        Raises:
            TickerTuneError: There is no row.
        """
        first = [next(iter(part.read(part.columns, rows)), None) for part in self.parts]
        tables = [table.head(rows) for table in first if table is not None and table.height]
        if not tables:
            raise TickerTuneError(f"{self.name} has no rows", "Name a data set with rows")
        return pl.concat(tables, how="diagonal_relaxed")


def split_name(text: str) -> str:
    """One name for each split: train, validation, test; others as they are."""
    name = text.strip().lower()
    return _SPLIT_NAMES.get(name, name)


def split_of(path: Path) -> str | None:
    """The split that a file's name tells."""
    found = _SPLIT.search(path.name.lower()) or _SPLIT.fullmatch(path.parent.name.lower())
    return split_name(found.group(1)) if found else None


def open_source(dataset: str) -> Source:
    """Open a path or a Hub id.

    Raises:
        TickerTuneError: There is nothing that can be read; the message says what was looked for.
    """
    path = Path(dataset)
    if path.is_file():
        return Source(dataset, [_file_part(path)])
    if path.is_dir():
        return _folder(path)
    if _HUB.match(dataset) and not dataset.startswith("."):
        return _hub(dataset)
    raise TickerTuneError(f"{dataset} does not exist", "Name a file, a folder or a Hub id such as owner/name")


def _folder(path: Path) -> Source:
    stage = path / "dataset"
    if (stage / "info.json").is_file():
        path = stage
    if (path / "dataset_dict.json").is_file() or (path / "state.json").is_file():
        return _saved(path)
    files = [file for file in sorted(path.rglob("*")) if file.is_file() and is_data(file)]
    if not files:
        raise TickerTuneError(
            f"Folder {path} holds no data set: neither save_to_disk files nor any of {', '.join(READERS)}",
            "Name the folder of a data set",
        )
    dated = [file for file in files if not file.suffix]
    if dated:
        return Source(str(path), [_dated_part(path, dated)])
    return Source(str(path), [_file_part(file) for file in files])


def is_data(file: Path) -> bool:
    """Whether a file is one of a data set, by its name."""
    if any(part.startswith((".", "_")) for part in file.parts[-2:]) or file.name in NOT_DATA:
        return False
    return suffix_of(file) in READERS or re.fullmatch(r"\d{4}-\d\d-\d\d", file.name) is not None


def _file_part(path: Path) -> Part:
    suffix = suffix_of(path)
    if suffix not in READERS:
        raise TickerTuneError(f"File {path} has the unknown ending '{path.suffix}'", f"Use one of {', '.join(READERS)}")
    opened = READERS[suffix](path)
    return Part(str(path), split_of(path), tuple(opened.columns), opened.read, opened.left_out)


def _dated_part(folder: Path, files: list[Path]) -> Part:
    """StockNet's layout, SYMBOL/2014-01-01: JSON lines, whose folder is the symbol and whose name is the day."""
    rows: list[dict[str, Any]] = []
    for file in files:
        try:
            lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            raise TickerTuneError(f"File {file} is not JSON lines ({error})", "Fetch it again") from error
        for line in lines:
            text = line.get("text", "")
            words = " ".join(map(str, text)) if isinstance(text, list) else str(text)
            stamp = str(line.get("created_at", ""))
            rows.append({"symbol": file.parent.name, "file_date": file.name, "created_at": stamp, "text": words})
    table = pl.DataFrame(rows, schema=dict.fromkeys(("symbol", "file_date", "created_at", "text"), pl.String))
    return Part(str(folder), None, tuple(table.columns), lambda columns, size: table.select(columns).iter_slices(size))


def _saved(path: Path) -> Source:
    import datasets

    try:
        loaded = datasets.load_from_disk(str(path))
    except (OSError, ValueError, KeyError) as error:
        raise TickerTuneError(
            f"{path} cannot be loaded by datasets ({str(error).splitlines()[0]})", "Save it again with save_to_disk"
        ) from error
    return Source(str(path), _arrow_parts(loaded))


def _hub(name: str) -> Source:
    import datasets

    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise TickerTuneError(
            f"'{name}' is no path here, and could not be loaded from the Hub ({reason})",
            "Check the id; sets that need code of their own are not run: download their files and name the folder",
        ) from error
    return Source(name, _arrow_parts(loaded))


def _arrow_parts(loaded: Any) -> list[Part]:
    splits = loaded.items() if hasattr(loaded, "items") else [(None, loaded)]
    return [
        Part(
            str(name or "rows"), split_name(str(name)) if name else None, tuple(data.column_names), _arrow_reader(data)
        )
        for name, data in splits
    ]


def _arrow_reader(data: Any) -> Callable[[Sequence[str], int], Batches]:
    def read(columns: Sequence[str], size: int) -> Batches:
        chosen = data.select_columns(list(columns)).with_format("arrow")
        for batch in chosen.iter(batch_size=size):
            table = pl.from_arrow(batch)
            assert isinstance(table, pl.DataFrame)
            yield table

    return read
