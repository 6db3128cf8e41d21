"""What the tests of the feeds share."""

from dataclasses import replace
from datetime import UTC, datetime

from data_pipeline.sources.feeds import rss
from data_pipeline.sources.protocol import Cursor, Parsed, Request, Response, Scope, Source, Window
from tests.data_pipeline.sources.sample import FIXTURES

SEEN = datetime(2026, 11, 2, 12, tzinfo=UTC)
WINDOW = Window(since=datetime(2025, 6, 2, tzinfo=UTC), until=datetime(2025, 6, 20, tzinfo=UTC))


def utc(*fields: int) -> datetime:
    return datetime(*fields, tzinfo=UTC)  # type: ignore[misc]


def answer(request: Request, body: bytes, *, mode: str = "stream", seen: datetime = SEEN, kind: str = "") -> Response:
    headers = {"content-type": kind} if kind else {}
    return Response(request, request.url, 200, headers, body, seen, mode)  # type: ignore[arg-type]


def read(
    body: bytes, *, url: str = "https://feeds.example.com/all.xml", kind: str = "", mode: str = "stream"
) -> Parsed:
    """Parse a feed with the source for any feed."""
    request = rss.SOURCE.stream(Cursor(), Scope(urls=(url,)))[0]
    return rss.SOURCE.parse(answer(request, body, mode=mode, kind=kind))


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def stream_of(source: Source, **scope: object) -> list[Request]:
    return source.stream(Cursor(), Scope(**scope))  # type: ignore[arg-type]


def plan_of(source: Source, window: Window = WINDOW, **scope: object) -> list[Request]:
    return source.plan(Cursor(), window, Scope(**scope))  # type: ignore[arg-type]


def paged(source: Source, request: Request, pages: list[bytes], limit: int = 50) -> tuple[list[Parsed], int]:
    """Follow a plan over ``pages``; the last page is served for ever. Returns what was parsed and the requests made."""
    queue, parsed, made = [request], [], 0
    while queue and made < limit:
        asked = queue.pop(0)
        found = source.parse(replace(answer(asked, pages[min(made, len(pages) - 1)]), mode="range"))
        parsed.append(found)
        queue.extend(found.follow)
        made += 1
    return parsed, made
