"""Answers for the tests of price parsers."""

import json
from datetime import UTC, datetime
from typing import Any

from data_pipeline.sources.protocol import Parsed, Request, Response, Source, Window

JUNE = Window(since=datetime(2025, 6, 2, tzinfo=UTC), until=datetime(2025, 6, 20, tzinfo=UTC))
LATER = datetime(2025, 7, 1, 12, tzinfo=UTC)


def parsed(source: Source, request: Request, body: Any, fetched_at: datetime = LATER) -> Parsed:
    """Parse ``body`` (bytes, text, or a value that becomes JSON) as the answer to ``request``."""
    raw = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return source.parse(Response(request, request.url, 200, {}, raw, fetched_at, "range"))
