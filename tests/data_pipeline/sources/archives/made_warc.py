"""WARC files made in memory, as Common Crawl's news crawler lays them out: a gzip member for each record."""

import gzip
from collections.abc import Iterable

from tests.data_pipeline.sources.sample import FIXTURES

PRESS_RELEASE = "https://www.example.com/2025/06/northgate-widgets-lifts-outlook?utm=feed"


def record(
    url: str,
    body: bytes,
    date: str = "2025-06-04T09:00:00Z",
    status: str = "200 OK",
    content_type: str = "text/html; charset=utf-8",
    kind: str = "response",
    warc_headers: Iterable[str] = (),
    http_headers: Iterable[str] = (),
) -> bytes:
    """Return one WARC record, not compressed."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", "X-Crawl-Content-Encoding: gzip", *http_headers]
    block = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    head = [
        "WARC/1.0",
        f"WARC-Type: {kind}",
        f"WARC-Date: {date}",
        f"WARC-Target-URI: {url}",
        "Content-Type: application/http; msgtype=response",
        f"Content-Length: {len(block)}",
        *warc_headers,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def compressed(records: Iterable[bytes]) -> bytes:
    """Return the records as a ``.warc.gz``."""
    return b"".join(gzip.compress(item, mtime=0) for item in records)


def press_release() -> bytes:
    """Return the made page of a publisher that has no rules."""
    return (FIXTURES / "pages" / "press_release.html").read_bytes()


def small_warc() -> bytes:
    """Return a file with one article, and records that are none."""
    return compressed(
        [
            record("warcinfo", b"", kind="warcinfo"),
            record(PRESS_RELEASE, b"", kind="request"),
            record(PRESS_RELEASE, press_release()),
            record("https://other.example.org/a", press_release()),
            record("https://www.example.com/old", b"", status="301 Moved Permanently"),
            record("https://www.example.com/logo.png", b"\x89PNG", content_type="image/png"),
            record("https://notexample.com/a", press_release()),
        ]
    )
