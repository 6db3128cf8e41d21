"""Answers that a test makes up, and a vendor that is asked until it has nothing more."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from data_pipeline.sources.protocol import Mode, Parsed, Request, Response, Source, Window

FETCHED = datetime(2026, 11, 2, 12, tzinfo=UTC)


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)


def window(since: datetime, until: datetime) -> Window:
    return Window(since=since, until=until)


def respond(
    source: Source,
    request: Request,
    payload: Any,
    *,
    mode: Mode = "range",
    status: int = 200,
    fetched_at: datetime = FETCHED,
) -> Parsed:
    """Parse an answer; bytes are taken as they are, everything else as JSON."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {"content-type": "application/json"}
    return source.parse(Response(request, request.url, status, headers, body, fetched_at, mode))


def collect(
    source: Source, requests: list[Request], serve: Callable[[Request], Any], *, mode: Mode = "range", most: int = 50
) -> tuple[list[Request], list[Parsed]]:
    """Ask ``serve`` for every request and all that follow; fails where that does not end."""
    asked: list[Request] = []
    found: list[Parsed] = []
    waiting = list(requests)
    while waiting:
        request = waiting.pop(0)
        assert len(asked) < most, "the paging does not end"
        asked.append(request)
        found.append(respond(source, request, serve(request), mode=mode))
        waiting.extend(found[-1].follow)
    return asked, found


def doc_ids(found: list[Parsed]) -> list[str]:
    return [document.doc_id for parsed in found for document in parsed.documents]


def symbols(document: Any) -> dict[str, str]:
    """Return the symbols of a document with the payload field that names each."""
    return {link.symbol: link.detail for link in document.symbols}
