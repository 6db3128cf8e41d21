"""Rows out of the bytes of a data set's files: packed files, CSV, long JSON arrays, parquet. A damaged file is refused."""

import codecs
import csv
import gzip
import io
import json
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from json import JSONDecodeError
from typing import Any

import pyarrow
import pyarrow.parquet
import zstandard

from data_pipeline.sources.collector import MAX_TEXT
from data_pipeline.sources.protocol import RefusedResponse, Response, SourceInfo

CHUNK = 4 << 20
"""Bytes of JSON that are decoded at a time; more only while one item is longer."""
BATCH = 4_096
"""Parquet rows that are turned into objects at a time."""

_ZSTD = b"\x28\xb5\x2f\xfd"
_OPENERS: dict[bytes, Callable[[io.BytesIO], Any]] = {
    b"\x1f\x8b": lambda packed: gzip.GzipFile(fileobj=packed),
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    _ZSTD: lambda packed: zstandard.ZstdDecompressor().stream_reader(packed),
}
"""How to unpack a file, by its first bytes: gzip, xz, zstd."""

csv.field_size_limit(MAX_TEXT)  # the default of 131,072 characters is less than a long article


def unpacked(info: SourceInfo, response: Response) -> Response:
    """Return the answer with a body that gzip, xz or zstd packed unpacked, known by its first bytes.

    Raises:
        RefusedResponse: The body is damaged, or unpacks to more than ``info.max_bytes``.
    """
    body = response.body
    opener = next((found for magic, found in _OPENERS.items() if body.startswith(magic)), None)
    if opener is None:
        return response
    try:
        with opener(io.BytesIO(body)) as stream:
            plain = stream.read(info.max_bytes + 1)
    except (OSError, EOFError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
        raise RefusedResponse(f"the packed file is damaged: {error}") from None
    if len(plain) > info.max_bytes:
        raise RefusedResponse(f"the file unpacks to more than {info.max_bytes:,} bytes")
    if body.startswith(_ZSTD) and not _whole(body):
        raise RefusedResponse("the packed file is damaged: its zstd frame is cut, or more follows it")
    return replace(response, body=plain)


def _whole(body: bytes) -> bool:
    """Whether a zstd body is one whole frame: the bounded reader stops at a cut without a word."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    frame.decompress(body)
    return bool(frame.eof and not frame.unused_data)


def csv_rows(body: bytes, required: set[str], delimiter: str = ",") -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file in UTF-8 with a header; a row with too few cells has None in the others.

    Raises:
        RefusedResponse: A required column is missing, or the bytes are no such CSV.
    """
    stream = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8-sig", newline="")
    reader = csv.DictReader(stream, delimiter=delimiter)
    try:
        if missing := sorted(required - set(reader.fieldnames or ())):
            raise RefusedResponse(
                f"the file lacks the column(s) {', '.join(missing)}: it has {reader.fieldnames}"[:500]
            )
        yield from reader
    except (csv.Error, UnicodeDecodeError) as error:
        raise RefusedResponse(f"no readable CSV in UTF-8 after line {reader.line_num}: {error}") from None


def json_items(body: bytes) -> Iterator[Any]:
    """Yield the items of a JSON array one by one, so that a large file is never held as objects.

    Raises:
        RefusedResponse: The bytes are no JSON array in UTF-8, or it is cut.
    """
    decoder = json.JSONDecoder(parse_constant=lambda _: None)  # NaN is a missing value
    utf8 = codecs.getincrementaldecoder("utf-8-sig")()
    text, at, position, step = "", 0, 0, CHUNK

    def more() -> bool:
        nonlocal text, at, position
        if position >= len(body):
            return False
        text = text[at:] + utf8.decode(body[position : position + step], position + step >= len(body))
        at, position = 0, position + step
        return True

    def skip(letters: str) -> str:
        """Go over white space and ``letters``; return the next letter, empty at the end."""
        nonlocal at
        while True:
            while at < len(text) and text[at] in letters:
                at += 1
            if at < len(text) or not more():
                return text[at : at + 1]

    try:
        if skip(" \t\r\n") != "[":
            raise RefusedResponse(f"expected a JSON array, got {text[:80]!r}")
        at += 1
        while (letter := skip(" \t\r\n,")) != "]":
            if not letter:
                raise RefusedResponse("the JSON array is cut")
            try:
                item, end = decoder.raw_decode(text, at)
            except JSONDecodeError as error:
                step *= 2  # the item may only be longer than what was decoded so far
                if not more():
                    raise RefusedResponse(f"expected JSON: {error}") from None
                continue
            if isinstance(item, (int, float)) and len(text) - end < 4 and position < len(body):
                more()  # a number may go on in the next chunk
                continue
            at, step = end, CHUNK
            yield item
        at += 1
        if skip(" \t\r\n"):
            raise RefusedResponse(f"something follows the JSON array: {text[at : at + 80]!r}")
    except ValueError as error:  # bytes that are no UTF-8, or an integer of thousands of digits
        raise RefusedResponse(f"expected JSON in UTF-8: {error}") from None
    except RecursionError:
        raise RefusedResponse("the JSON is nested too deeply") from None


def parquet_rows(body: bytes, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the rows of a parquet file, a few thousand at a time, with those of ``columns`` that it has.

    Raises:
        RefusedResponse: The file is damaged.
    """
    try:
        file = pyarrow.parquet.ParquetFile(pyarrow.BufferReader(body))
        found = [name for name in columns if name in file.schema_arrow.names]
        for batch in file.iter_batches(batch_size=BATCH, columns=found):
            yield from batch.to_pylist()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise RefusedResponse(f"no readable parquet file: {str(error)[:200]}") from None


def parquet_names(body: bytes) -> list[str]:
    """Return the columns of a parquet file.

    Raises:
        RefusedResponse: The file is damaged.
    """
    try:
        return list(pyarrow.parquet.read_schema(pyarrow.BufferReader(body)).names)
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise RefusedResponse(f"no readable parquet file: {str(error)[:200]}") from None
