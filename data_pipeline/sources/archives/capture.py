"""Captures: the HTTP answers that WARC records hold, read with fastwarc.

``WarcRecord.freeze`` and ``from_bytes`` are not used: they set aside as much memory as the record's Content-Length says
before they read, and a lie there ends the process.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from fastwarc.warc import ArchiveIterator, WarcRecordType

from data_pipeline.sources.archives.warc import MAX_RECORD


@dataclass(frozen=True, slots=True)
class Capture:
    """One HTTP answer as the crawler got it."""

    url: str
    date: str
    """WARC-Date: when it was captured, ISO 8601 UTC."""
    status: int
    content_type: str
    body: bytes
    truncated: str | None
    """Why the crawler cut the page (WARC-Truncated), where it did."""


def captures(content: bytes, wanted: Callable[[str], bool]) -> list[Capture]:
    """Return the HTTP answers of one decompressed member whose address is wanted.

    Args:
        content: One record, or some.
        wanted: Takes the address of the page.

    Raises:
        ValueError: A record is damaged.
    """
    try:
        return list(_captures(content, wanted, "all"))
    except OSError as error:
        # Some crawlers keep the Content-Encoding of a body that they have decoded.
        try:
            plain = list(_captures(content, wanted, "none"))
        except OSError:
            plain = []
        if not plain or not all(capture.body.lstrip()[:1] == b"<" for capture in plain):
            raise ValueError(f"the record is damaged ({error})") from None
        return plain


def _captures(content: bytes, wanted: Callable[[str], bool], decode: Literal["all", "none"]) -> Iterator[Capture]:
    for record in ArchiveIterator(io.BytesIO(content), record_types=WarcRecordType.response, parse_http=False):
        url = (record.headers.get("WARC-Target-URI") or "").strip("<> ")
        if not wanted(url):
            continue
        if record.content_length > len(content):
            raise ValueError(f"the record says it has {record.content_length:,} bytes, and has fewer")
        record.parse_http(auto_decode=decode)
        http = record.http_headers
        if http is None:
            raise ValueError("the record holds no HTTP answer")
        yield Capture(
            url=url,
            date=record.headers.get("WARC-Date") or "",
            status=http.status_code or 0,
            content_type=http.get("Content-Type") or "",
            body=_payload(record.reader),
            truncated=record.headers.get("WARC-Truncated"),
        )


def _payload(reader: Any) -> bytes:
    """Read at most ``MAX_RECORD`` bytes: what is encoded may decode to more than the record has."""
    parts, size = [], 0
    while part := reader.read(1 << 20):
        size += len(part)
        if size > MAX_RECORD:
            raise ValueError(f"the page decodes to more than {MAX_RECORD:,} bytes")
        parts.append(part)
    return b"".join(parts)
