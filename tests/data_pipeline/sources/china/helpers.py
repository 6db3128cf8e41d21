"""What the tests of this family share: an answer to a request, made in the test."""

import json
from datetime import datetime
from typing import Any

from data_pipeline.sources.protocol import Mode, Request, Response
from tests.data_pipeline.sources.china.samples import SEEN
from tests.data_pipeline.sources.sample import FIXTURES


def fixture(path: str) -> Any:
    """Return a JSON fixture, to be changed by a test."""
    return json.loads((FIXTURES / path).read_text(encoding="utf-8"))


def answer(request: Request, body: Any, mode: Mode = "range", at: datetime = SEEN, content_type: str = "") -> Response:
    """Return the answer to ``request``: bytes as they are, text in UTF-8, other values as JSON."""
    data = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Response(request, request.url, 200, {"content-type": content_type}, data, at, mode)
