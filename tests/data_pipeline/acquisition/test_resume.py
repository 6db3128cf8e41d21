"""A collection that stops anywhere goes on there, and ends in the same records."""

import json
from contextlib import contextmanager

import pytest

from data_pipeline.acquisition.archive import Archive
from data_pipeline.acquisition.store import Store
from tests.data_pipeline.acquisition.conftest import WINDOW, titles
from tests.data_pipeline.acquisition.server import item

STEPS = 20


class Stopped(BaseException):
    """Stands for a kill: nothing after it runs."""


def stop_at(monkeypatch, step: int) -> None:
    """Stop before the n-th durable step: before a body is stored, before a transaction is committed, or after it."""
    taken = {"steps": 0}

    def count() -> None:
        taken["steps"] += 1
        if taken["steps"] == step:
            raise Stopped

    transaction, put = Store.transaction, Archive.put

    @contextmanager
    def counted_transaction(self):
        with transaction(self) as db:
            yield db
            count()
        count()

    def counted_put(self, sha256, body):
        count()
        put(self, sha256, body)

    monkeypatch.setattr(Store, "transaction", counted_transaction)
    monkeypatch.setattr(Archive, "put", counted_put)


@pytest.mark.parametrize("window", [WINDOW, None], ids=["range", "stream"])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_stop_at_any_step_loses_and_doubles_nothing(step, window, run, store, server, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, step)
        with pytest.raises(Stopped):
            run(window)
    assert run(window).state == "done"
    assert titles(store) == sorted(f"Story {n}" for n in range(20))
    assert max(server.hits.values()) <= 2, "at most the interrupted request is asked again"


def test_answered_requests_are_not_asked_again(run, store, server, monkeypatch):
    with monkeypatch.context() as patch:
        stop_at(patch, 10)
        with pytest.raises(Stopped):
            run()
    before = len(server.log)
    run()
    assert len(server.log) - before <= 5 - before + 1


def test_window_that_is_done_is_not_asked_again_unless_wanted(run, server):
    run()
    asked = len(server.log)
    again = run()
    assert (again.state, len(server.log)) == ("done", asked)
    assert "--again" in again.reason
    assert run(again=True).new["seen_again"] == 20
    assert len(server.log) == 2 * asked


def test_cursor_moves_only_when_a_look_is_whole(run, store, server, source):
    from data_pipeline.sources.protocol import Scope

    server.behaviours["/items"] = lambda handler, hit: (
        "page=3" in handler.path and bool(handler.answer(400, b"") or True)
    )
    assert run(None).state == "failed"
    assert store.cursor("local", Scope()).marks == {}
    assert len(titles(store)) == 12
    server.behaviours.clear()
    assert run(None).state == "done"
    assert store.cursor("local", Scope()).serial() == 19
    assert len(titles(store)) == 20


def test_cursor_never_goes_back(run, store, server):
    from data_pipeline.sources.protocol import Scope

    run(None)
    newest = store.cursor("local", Scope())
    old = json.dumps({"items": [item(1)], "next": None}).encode()
    server.behaviours["/items"] = lambda handler, hit: bool(handler.answer(200, old) or True)
    run(None)
    assert store.cursor("local", Scope()) == newest


def test_two_collectors_of_one_source_do_not_share_a_store(run, store):
    from tickertune.core.errors import TickerTuneError
    from tickertune.core.lock import folder_lock

    with folder_lock(store.folder / "locks" / "local"), pytest.raises(TickerTuneError, match="in use"):
        run()
