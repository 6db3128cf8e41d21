"""Rows of a simple Office Open XML workbook: one sheet of texts and numbers, without formulas or styles."""

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Any

import lxml.etree

from data_pipeline.sources.labelled import ZIP_DAMAGE
from data_pipeline.sources.protocol import RefusedResponse

SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
_COLUMN = re.compile(r"[A-Z]{1,3}")


def sheet_rows(body: bytes, required: set[str], limit: int) -> Iterator[dict[str, str]]:
    """Yield the rows of the first sheet below its header, by column; an empty cell is left out.

    Args:
        body: The workbook.
        required: Columns that the header must name.
        limit: Bound on what a part of the workbook unpacks to, in bytes.

    Raises:
        RefusedResponse: It is no workbook, is damaged or too large, or lacks a column.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = archive.namelist()
            strings = _strings(_part(archive, _STRINGS, limit)) if _STRINGS in names else []
            sheet = _part(archive, _SHEET, limit)
    except ZIP_DAMAGE as error:
        raise RefusedResponse(f"no readable workbook: {str(error)[:200]}") from None
    rows = _rows(sheet, strings)
    header = next(rows, {})
    if missing := sorted(required - set(header.values())):
        raise RefusedResponse(f"the sheet lacks the column(s) {', '.join(missing)}")
    for row in rows:
        yield {header[column]: value for column, value in row.items() if column in header}


def _part(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with archive.open(name) as member:
        content = member.read(limit + 1)
    if len(content) > limit:
        raise RefusedResponse(f"{name} unpacks to more than {limit:,} bytes")
    return content


def _elements(content: bytes, tag: str) -> Iterator[Any]:
    """Yield the elements with ``tag``, each forgotten after its use; entities stay unresolved."""
    try:
        for _, element in lxml.etree.iterparse(
            io.BytesIO(content), tag=SPREADSHEET + tag, resolve_entities=False, no_network=True, load_dtd=False
        ):
            yield element
            element.clear()
    except lxml.etree.LxmlError as error:
        raise RefusedResponse(f"no readable workbook: {str(error)[:200]}") from None


def _strings(content: bytes) -> list[str]:
    return [_text(element) for element in _elements(content, "si")]


def _text(element: Any) -> str:
    return "".join(part.text or "" for part in element.iter(SPREADSHEET + "t"))


def _rows(content: bytes, strings: list[str]) -> Iterator[dict[str, str]]:
    for row in _elements(content, "row"):
        yield {
            found[0]: value
            for cell in row.iter(SPREADSHEET + "c")
            if (found := _COLUMN.match(cell.get("r", ""))) and (value := _value(cell, strings)) is not None
        }


def _value(cell: Any, strings: list[str]) -> str | None:
    if cell.get("t") == "inlineStr":
        return _text(cell)
    text = cell.findtext(SPREADSHEET + "v")
    if cell.get("t") == "s" and text is not None:
        return strings[int(text)] if text.isascii() and text.isdigit() and int(text) < len(strings) else None
    return str(text) if text is not None else None
