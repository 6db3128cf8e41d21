"""What the page shows, as files inside of the page: a link each, no request to anywhere."""

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

PACK_FROM = 40_000
"""Bytes from which a file is packed."""
MOST_EACH, MOST_ALL = 450_000, 2_000_000
"""Characters that one file, and all of a page, may take."""
_FORMULA = r"^[=+\-@\t\r]"


@dataclass(frozen=True)
class Download:
    """A file in the page."""

    title: str
    name: str
    source: str | None
    """Its data address; None where it is too large for a page."""
    said: str
    """Its size, or where else the numbers stand."""


class Shelf:
    """The files of one page, which together stay within what a page may weigh."""

    def __init__(self) -> None:
        self._taken = 0

    def table(self, title: str, name: str, table: pl.DataFrame, elsewhere: str) -> Download | None:
        """A table as CSV; None where it is empty.

        Args:
            title: What it holds.
            name: File name without its ending.
            table: Columns of numbers, dates and words.
            elsewhere: Where in the run folder the same stands.
        """
        if table.is_empty():
            return None
        return self._file(title, f"{name}.csv", "text/csv", safe_csv(table).encode(), elsewhere)

    def rows(self, title: str, name: str, rows: Sequence[Mapping[str, Any]], elsewhere: str) -> Download | None:
        """Rows that share their keys as CSV."""
        return self.table(title, name, pl.DataFrame(list(rows), infer_schema_length=None), elsewhere)

    def json(self, title: str, name: str, value: Any, elsewhere: str) -> Download | None:
        """A value as JSON; None where it is empty."""
        if not value:
            return None
        text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
        return self._file(title, f"{name}.json", "application/json", text.encode(), elsewhere)

    def _file(self, title: str, name: str, kind: str, content: bytes, elsewhere: str) -> Download:
        size = len(content)
        if size > PACK_FROM:
            name, kind, content = f"{name}.gz", "application/gzip", gzip.compress(content, mtime=0)
        source = f"data:{kind};base64,{b64encode(content).decode()}"
        if len(source) > MOST_EACH or self._taken + len(source) > MOST_ALL:
            return Download(title, name, None, f"too large for the page: see {elsewhere} in the run folder")
        self._taken += len(source)
        return Download(title, name, source, f"{name.partition('.')[2]}, {max(1, round(size / 1000)):,} kB")


def safe_csv(table: pl.DataFrame) -> str:
    """A table as CSV; words that a spreadsheet would take for a formula get a quote before them."""
    return table.with_columns(pl.col(pl.String).str.replace(_FORMULA, "'$0")).write_csv()
