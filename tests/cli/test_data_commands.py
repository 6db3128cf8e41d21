"""``tickertune data``: sources, collect, watch, replay, status, canary, export, as a user calls them."""

import json
from datetime import UTC, datetime

import pytest

from data_pipeline.sources import registry
from tests.data_pipeline.acquisition.server import LocalSource, serving
from tickertune.cli.main import main


@pytest.fixture
def call(capsys):
    """Run the command line; returns (exit code, standard output, standard error)."""

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["data", *words])
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def local(monkeypatch, tmp_path):
    """A server whose source is installed under the name ``local``."""
    monkeypatch.setenv("TICKERTUNE_CACHE", str(tmp_path / "cache"))
    with serving() as server:
        source = LocalSource(server.url, accepts=("symbols",))
        monkeypatch.setattr(registry, "all_sources", lambda: {"local": source})
        yield server


@pytest.fixture
def store(tmp_path) -> str:
    return str(tmp_path / "store")


def collect(call, store, *words):
    return call("collect", "--source", "local", "--store", store, "--own-host", "127.0.0.1", *words)


def test_collect_status_replay_export(call, local, store, tmp_path):
    code, out, _ = collect(call, store, "--since", "2025-06-01", "--until", "2025-07-01", "--json")
    assert code == 0
    (outcome,) = json.loads(out)
    assert (outcome["state"], outcome["new"]["document"]) == ("done", 20)
    code, out, _ = call("status", "--store", store, "--json")
    assert json.loads(out)[0]["documents"] == 20
    code, out, _ = call("replay", "--store", store, "--json")
    assert json.loads(out)[0]["same"] == 20
    code, out, _ = call("export", "--store", store, "--output", str(tmp_path / "tables"), "--json")
    assert json.loads(out)["rows"] == {"documents": 20}


@pytest.mark.parametrize("command", ["collect", "status", "replay"])
def test_table_is_printed_for_people(command, call, local, store):
    code, out, _ = collect(call, store)
    if command != "collect":
        code, out, _ = call(command, "--store", store)
    assert code == 0
    assert "local" in out
    assert "20" in out


def test_watch_ends_after_its_looks(call, local, store):
    words = ["--store", store, "--own-host", "127.0.0.1", "--looks", "2", "--interval", "0.01", "--json"]
    code, out, _ = call("watch", "--source", "local", *words)
    (row,) = json.loads(out)
    assert (code, row["looks"], row["documents"]) == (0, 2, 20)


def test_canary_exits_with_1_on_drift(call, local, store):
    words = ["--store", store, "--own-host", "127.0.0.1", "--json"]
    code, out, _ = call("canary", *words)
    assert (code, json.loads(out)[0]["state"]) == (0, "ok")
    local.behaviours["/items"] = lambda handler, hit: bool(handler.answer(200, b'{"items": [], "next": null}') or True)
    code, out, _ = call("canary", *words)
    assert (code, json.loads(out)[0]["state"]) == (1, "drift")


def test_failed_request_is_told_and_exits_with_1(call, local, store):
    local.behaviours["/items"] = lambda handler, hit: (
        "page=2" in handler.path and bool(handler.answer(400, b"") or True)
    )
    code, _, err = collect(call, store)
    assert code == 1
    assert "answered 400" in err
    assert "run the same command again" in err


def test_until_of_now_resumes_the_open_window(call, local, store):
    local.behaviours["/items"] = lambda handler, hit: (
        "page=2" in handler.path and bool(handler.answer(400, b"") or True)
    )
    assert collect(call, store, "--since", "2025-06-01")[0] == 1
    asked = len(local.log)
    local.behaviours.clear()
    assert collect(call, store, "--since", "2025-06-01")[0] == 0
    pages = [int(path.rpartition("=")[2]) for _, path, _ in local.log[asked:]]
    assert pages == [2, 3, 4, 0, 1, 2, 3, 4], "first what was not answered, then the time since"
    asked = len(local.log)
    assert collect(call, store, "--since", "2025-06-01")[0] == 0
    assert len(local.log) - asked == 5, "only the time since the last run"


def test_option_that_no_source_takes_is_refused(call, local, store, tmp_path):
    for words in (["--path", str(tmp_path)], ["--query", "oil"]):
        code, _, err = collect(call, store, *words)
        assert code == 2
        assert f"take(s) no {words[0]}" in err
    assert local.log == []


def test_replay_leaves_out_sources_that_are_not_installed(call, local, store):
    collect(call, store)
    from pathlib import Path

    from data_pipeline.acquisition.store import Store

    with Store(Path(store)) as opened, opened.transaction() as db:
        db.execute("UPDATE responses SET source = 'departed' WHERE id = 1")
    code, out, _ = call("replay", "--store", store)
    assert code == 0
    assert "departed" in out


def test_address_that_is_none_is_told_in_one_sentence(call, store, monkeypatch, tmp_path):
    monkeypatch.setenv("TICKERTUNE_CACHE", str(tmp_path / "cache"))
    for address in ("https://[::1", "https://x:abc/feed", "https:///feed"):
        code, _, err = call("collect", "--source", "rss", "--url", address, "--store", store)
        assert code in (1, 2)
        assert "Traceback" not in err
        assert "Error: " in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--source", "locla"], "did you mean 'local'?"),
        (["--source", "local", "--since", "2025-07-01", "--until", "2025-06-01"], "is empty"),
        (["--source", "local", "--until", "2025-06-01"], "--until has no --since"),
        (["--source", "local", "--since", "June"], "is no date"),
        (["--source", "local", "--since", "2025-06-01T10:00:00"], "has no zone"),
        (["--source", "local", "--path", "/does/not/exist"], "does not exist"),
    ],
)
def test_wrong_input_is_one_sentence_and_leaves_nothing(words, sentence, call, local, store, tmp_path):
    code, _, err = call("collect", "--store", store, *words)
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1
    assert not (tmp_path / "store").exists()
    assert local.log == []


def test_missing_key_names_its_variable(call, store, monkeypatch, tmp_path):
    monkeypatch.delenv("FINNHUB_API_KEY", raising=False)
    code, _, err = call(
        "collect", "--source", "finnhub", "--symbols", "AAPL", "--since", "2025-06-01", "--store", store
    )
    assert code == 2
    assert "FINNHUB_API_KEY" in err
    assert not (tmp_path / "store").exists()


def test_store_that_does_not_exist_is_told(call, store):
    for command in ("status", "replay"):
        code, _, err = call(command, "--store", store)
        assert code == 2
        assert "There is no store" in err


def test_sources_lists_all_and_one(call):
    code, out, _ = call("sources", "--json")
    names = {info["name"] for info in json.loads(out)}
    assert code == 0
    assert {"finnhub", "stocknet"} <= names
    code, out, _ = call("sources", "--name", "finnhub")
    assert "FINNHUB_API_KEY" in out
    code, out, _ = call("sources")
    assert "proven on a recorded answer" in out


def test_documents_of_a_range_keep_the_time_of_their_publication(call, local, store, tmp_path):
    from tickertune.core.table import read_parquet

    collect(call, store, "--since", "2025-06-01", "--until", "2025-07-01")
    call("export", "--store", store, "--output", str(tmp_path / "tables"))
    documents = read_parquet(tmp_path / "tables" / "documents.parquet")
    assert documents["available_at"].max() < datetime(2025, 7, 1, tzinfo=UTC)
    assert set(documents["availability"]) == {"lag"}
