"""A local server with real sockets that misbehaves as told, and a source that asks it."""

import functools
import json
import threading
import time
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
    Mark,
    Parsed,
    RateLimit,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import epoch

Behaviour = Callable[["Handler", int], bool]
"""Takes the handler and the number of this hit on the path (from 0); True where it has answered."""

FIRST = 1_750_000_000
"""Epoch seconds of item 0; one item a minute."""


class Handler(BaseHTTPRequestHandler):
    """Serves ``/items?page=N``: pages of items, unless a behaviour answers first."""

    protocol_version = "HTTP/1.1"
    server: "FaultServer"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        with self.server.guard:
            hit = self.server.hits[self.path]
            self.server.hits[self.path] += 1
            self.server.log.append((time.time(), self.path, dict(self.headers)))
        behaviour = self.server.behaviours.get(parts.path)
        with suppress(BrokenPipeError, ConnectionResetError):
            if behaviour is not None and behaviour(self, hit):
                return
            if parts.path == "/robots.txt":
                self.answer(404, b"", "text/plain")
            else:
                page = int(parse_qs(parts.query).get("page", ["0"])[0])
                self.answer(200, self.server.page(page))

    do_POST = do_GET

    def answer(self, status: int, body: bytes, kind: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


class FaultServer(ThreadingHTTPServer):
    """The server; ``behaviours`` by path, ``hits`` and ``log`` of what was asked."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, pages: int = 5, size: int = 4) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.size = pages, size
        self.behaviours: dict[str, Behaviour] = {}
        self.hits: dict[str, int] = defaultdict(int)
        self.log: list[tuple[float, str, dict[str, str]]] = []
        self.guard = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request, client_address) -> None:
        """A client that goes away is part of the game."""

    def page(self, number: int) -> bytes:
        return page_of(range(number * self.size, (number + 1) * self.size), number, self.pages)


def page_of(numbers, number: int, pages: int) -> bytes:
    items = [item(n) for n in numbers]
    return json.dumps({"items": items, "next": number + 1 if number + 1 < pages else None}).encode()


def item(n: int) -> dict:
    return {"id": n, "title": f"Story {n}", "text": f"What happened in story {n}.", "time": FIRST + 60 * n}


@contextmanager
def serving(pages: int = 5, size: int = 4) -> Iterator[FaultServer]:
    server = FaultServer(pages, size)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Item(Payload):
    id: int
    title: str
    text: str
    time: int


class LocalSource(Source):
    """Asks ``/items`` page by page."""

    def __init__(self, base: str, name: str = "local", rate: RateLimit | None = None, **facts: object) -> None:
        self.base = base
        self.info = SourceInfo(
            name=name,
            title="Local",
            category="news",
            market="US",
            modes=("range", "stream"),
            access="test server",
            rate=rate or RateLimit(calls=1000, seconds=1),
            zone_rule="epoch seconds",
            terms="test",
            licence="CC0",
            evidence="documented",
            evidence_note="tests",
            parser_version=f"{name}-1",
            **facts,
        )

    def request(self, page: int) -> Request:
        auth = tuple(Auth(place="query", name="token", env=env) for env in self.info.credentials)
        return Request(url=f"{self.base}/items", params={"page": str(page)}, auth=auth)

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        return [self.request(0)]

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        return [self.request(0)]

    def parse(self, response: Response) -> Parsed:
        out = Collector(self.info, response)
        payload = expect_object(read_json(response), "the top")
        if "error" in payload:
            raise RefusedResponse(str(payload["error"]), "budget")
        for address, entry in out.items(Item, expect_list(payload.get("items"), "items"), "/items"):
            stamp = out.stamp(address, epoch, entry.time)
            if stamp is not None:
                out.document(address, native_id=str(entry.id), title=entry.title, body=entry.text, published=stamp)
                out.mark(Mark(at=stamp.at, serial=entry.id))
        if isinstance(payload.get("next"), int):
            out.parsed.follow.append(self.request(payload["next"]))
        return out.parsed


@functools.cache
def bomb(megabytes: int) -> bytes:
    """A gzip body of some kilobytes that unpacks to ``megabytes``: one packed megabyte, again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    part = b"0" * (1 << 20)
    return b"".join(packer.compress(part) for _ in range(megabytes)) + packer.flush()
