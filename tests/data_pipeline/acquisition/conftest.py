"""A server, a store, and a client that is quick to give up."""

import asyncio
from datetime import UTC, datetime

import pytest

from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.collect import collect
from data_pipeline.acquisition.settings import ClientSettings
from data_pipeline.acquisition.store import Store
from data_pipeline.sources.protocol import Scope, Window
from tests.data_pipeline.acquisition.server import LocalSource, serving

WINDOW = Window(since=datetime(2025, 6, 1, tzinfo=UTC), until=datetime(2025, 7, 1, tzinfo=UTC))


@pytest.fixture
def server():
    with serving() as running:
        yield running


@pytest.fixture
def settings(tmp_path):
    return ClientSettings(
        attempts=3,
        first_wait=0.01,
        longest_wait=0.05,
        connect_timeout=1.0,
        read_timeout=0.4,
        deadline=1.0,
        patience=2.0,
        own_hosts=frozenset(["127.0.0.1"]),
        limits=tmp_path / "limits.sqlite",
    )


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def source(server):
    return LocalSource(server.url, max_bytes=1 << 20)


@pytest.fixture
def run(store, settings, source):
    """Collect the source's window once and return the outcome."""

    def collect_once(window: Window | None = WINDOW, of=None, **options):
        async def work():
            async with PoliteClient(settings, store.record_answer) as client:
                return await collect(store, of or source, client, Scope(), window, **options)

        return asyncio.run(work())

    return collect_once


def titles(store) -> list[str]:
    rows = store.rows(
        "SELECT json_extract(value, '$.title') AS title FROM records WHERE kind = 'document' ORDER BY title"
    )
    return [row["title"] for row in rows]
