"""Archive, replay, status, canary, export and watch over what was collected."""

import asyncio
import sqlite3
from datetime import UTC, datetime

import polars as pl
import pytest

from data_pipeline.acquisition.canary import canary
from data_pipeline.acquisition.client import PoliteClient
from data_pipeline.acquisition.export import export, parsers, table
from data_pipeline.acquisition.replay import replay, versions
from data_pipeline.acquisition.status import status
from data_pipeline.acquisition.store import Store
from data_pipeline.acquisition.watch import watch
from data_pipeline.sources.protocol import RefusedResponse, Scope
from tests.data_pipeline.acquisition.conftest import titles
from tests.data_pipeline.acquisition.server import LocalSource, serving
from tickertune.core.errors import TickerTuneError
from tickertune.core.table import read_parquet


def snapshot(store) -> list[dict]:
    return store.rows(
        "SELECT source, parser, kind, key, revision, content, response_id, value FROM records ORDER BY kind, key, revision"
    )


def test_replay_without_a_server_gives_the_same_records(run, store, server, source):
    run()
    server.shutdown()
    before = snapshot(store)
    result = replay(store, source)
    assert snapshot(store) == before
    assert (result.answers, result.records, result.same, result.changed) == (5, 20, 20, 0)


def test_replay_keeps_parser_versions_side_by_side_and_tells_the_difference(run, store, server):
    run()
    new = LocalSource(server.url)
    new.info = new.info.model_copy(update={"parser_version": "local-2"})
    old_parse = new.parse

    def parse(response):
        parsed = old_parse(response)
        parsed.documents = [
            document.model_copy(update={"title": document.title.upper()})
            if document.doc_id.endswith(("3", "4"))
            else document
            for document in parsed.documents
            if document.doc_id != "local:0"
        ]
        return parsed

    new.parse = parse
    result = replay(store, new)
    assert versions(store, "local") == {"local-1": 20, "local-2": 19}
    assert (result.compared_with, result.same, result.changed, result.only_before, result.only_now) == (
        "local-1",
        15,
        4,
        1,
        0,
    )


def test_replay_that_is_stopped_leaves_the_store_as_it_was(run, store, source, monkeypatch):
    run()
    before = snapshot(store)
    with monkeypatch.context() as patch:
        patch.setattr(
            "data_pipeline.acquisition.replay._take_over", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            replay(store, source)
    assert versions(store, "local") == {"local-1": 20}
    assert replay(store, source).same == 20
    assert snapshot(store) == before


def test_refused_answers_are_kept_and_counted(run, store, server, source):
    server.behaviours["/items"] = lambda handler, hit: (
        hit == 0 and "page=0" in handler.path and bool(handler.answer(200, b"<html>busy</html>") or True)
    )
    run()
    run()
    outcomes = [row["outcome"] for row in store.rows("SELECT outcome FROM parses ORDER BY response_id")]
    assert [outcome == "ok" for outcome in outcomes] == [False, True, True, True, True, True]
    assert replay(store, source).refused == 1


def test_damaged_archive_file_is_named(run, store, source):
    run()
    path = next(store.folder.rglob("*.zst"))
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(TickerTuneError, match=path.name):
        replay(store, source)


def test_equal_bodies_are_one_file(run, store):
    run()
    run(again=True)
    assert len(list((store.folder / "archive").rglob("*.zst"))) == 5
    assert store.rows("SELECT count(*) AS n FROM responses")[0]["n"] == 10


def test_status_tells_cursor_counts_and_lag(run, store, server):
    run(None)
    now = datetime(2025, 6, 15, 18, 25, 40, tzinfo=UTC)
    (row,) = status(store, lambda: now)
    assert row["documents"] == 20
    assert row["answers"] == 5
    assert row["cursor"] == "2025-06-15 15:25 #19"
    assert row["lag (h)"] == pytest.approx(3.0, abs=0.1)
    assert row["last success"]


def test_store_of_another_version_or_damaged_is_refused(tmp_path):
    Store(tmp_path / "a").db.execute("PRAGMA user_version=99")
    with pytest.raises(TickerTuneError, match="version 99"):
        Store(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "store.sqlite").write_bytes(b"this is no database, whatever its name says" * 100)
    with pytest.raises(TickerTuneError, match="cannot be opened"):
        Store(tmp_path / "b")
    with pytest.raises(TickerTuneError, match="There is no store"):
        Store(tmp_path / "c", create=False)


def test_transaction_that_fails_changes_nothing(store):
    def insert_twice():
        with store.transaction() as db:
            db.execute("INSERT INTO cursors VALUES ('a', '', '{}', '')")
            db.execute("INSERT INTO cursors VALUES ('a', '', '{}', '')")

    with pytest.raises(sqlite3.IntegrityError):
        insert_twice()
    assert store.rows("SELECT * FROM cursors") == []


def test_export_gives_the_same_bytes_and_all_rows(run, store, tmp_path):
    run()
    chosen, notes = parsers(store)
    assert notes == [
        "local: records of parser local-1; 0 answer(s) were parsed by another version alone "
        "(tickertune data replay --source local parses all with None)"
    ]
    assert export(store, chosen, tmp_path / "a") == ({"documents": 20}, [])
    export(store, chosen, tmp_path / "b")
    assert (tmp_path / "a" / "documents.parquet").read_bytes() == (tmp_path / "b" / "documents.parquet").read_bytes()
    assert read_parquet(tmp_path / "a" / "documents.parquet")["title"].sort().to_list() == titles(store)
    assert not (tmp_path / "a" / "bars.parquet").exists()


def test_exported_table_holds_nouns(run, store):
    run()
    documents = table(store, "document", parsers(store)[0])
    assert documents.schema["available_at"] == pl.Datetime("us", "UTC")
    assert documents["available_at"].is_sorted()


def look(store, settings, *sources, **options):
    async def work():
        async with PoliteClient(settings) as client:
            return await watch(store, client, [(source, Scope()) for source in sources], interval=0.01, **options)

    return asyncio.run(work())


def test_watch_follows_many_sources_and_one_in_trouble_does_not_stop_them(store, settings, server):
    with serving(pages=1) as other:
        good = LocalSource(server.url, "good")
        ill = LocalSource(other.url, "ill")
        other.behaviours["/items"] = lambda handler, hit: bool(handler.answer(400, b"") or True)
        tables = []
        rows = look(
            store, settings, good, ill, looks=3, changed=lambda table: tables.append([row.state for row in table])
        )
    assert [(row.looks, row.state) for row in rows] == [(3, "done"), (3, "failed")]
    assert rows[0].new["document"] == 20
    assert rows[0].new["seen_again"] == 40
    assert rows[1].failures == 3
    assert "answered 400" in rows[1].reason
    assert ["asking", "asking"] in tables, "both are asked at the same time"


def test_watch_sees_what_is_new(store, settings, server):
    source = LocalSource(server.url)
    look(store, settings, source, looks=1)
    server.pages = 6
    (row,) = look(store, settings, source, looks=1)
    assert row.new["document"] == 4
    assert {row["at"] for row in store.rows("SELECT json_extract(value, '$.availability') AS at FROM records")} == {
        "seen"
    }


def test_canary_reports_drift_and_stores_no_document(store, settings, server):
    def drifted(handler, hit):
        body = (
            b'{"items": [{"id": 1, "title": "a", "text": "b", "time": 1750000000, "mood": 3}, {"id": 2}], "next": null}'
        )
        handler.answer(200, body)
        return True

    with serving() as other, serving() as third:
        other.behaviours["/items"] = drifted
        third.behaviours["/items"] = lambda handler, hit: bool(handler.answer(200, b"<html>") or True)
        sources = [LocalSource(server.url, "good"), LocalSource(other.url, "drifted"), LocalSource(third.url, "dead")]
        sources.append(LocalSource(server.url, "keyless", credentials=("LOCAL_KEY_THAT_IS_NOT_SET",)))

        async def work():
            async with PoliteClient(settings) as client:
                return await canary(store, client, [(source, Scope()) for source in sources])

        found = {finding.source: finding for finding in asyncio.run(work())}
    assert {name: finding.state for name, finding in found.items()} == {
        "good": "ok", "drifted": "drift", "dead": "failed", "keyless": "skipped",
    }  # fmt: skip
    assert found["drifted"].unknown == {"Item.mood": 1}
    assert "title: Field required" in found["drifted"].reason
    assert store.rows("SELECT count(*) AS n FROM records")[0]["n"] == 0
    assert store.rows("SELECT count(*) AS n FROM responses")[0]["n"] == 3


def test_unknown_fields_and_quarantine_are_counted_in_the_store(run, store, server):
    body = b'{"items": [{"id": 1, "title": "a", "text": "b", "time": 1750000000, "mood": 3}, {"id": 2}], "next": null}'
    server.behaviours["/items"] = lambda handler, hit: bool(handler.answer(200, body) or True)
    run()
    counts = {row["name"]: row["count"] for row in store.rows("SELECT name, count FROM counts")}
    assert counts == {"items": 2, "quarantined": 1, "unknown:Item.mood": 1}
    (row,) = store.rows("SELECT item, reason FROM quarantine")
    assert row["item"].endswith("/items?page=0#/items/1")
    assert "Field required" in row["reason"]


def test_refused_response_is_the_only_error_of_a_parser(store, run, server, source):
    source.parse = lambda response: (_ for _ in ()).throw(RefusedResponse("not this"))
    assert run().failed == [f"{server.url}/items: not this"]
