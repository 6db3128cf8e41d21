"""``tickertune data push`` and ``data rehydrate``, as publisher and consumer call them."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import yaml

from data_pipeline.acquisition.records import Origin, write_parsed
from data_pipeline.acquisition.store import Store
from data_pipeline.labels.sessions import load_sessions
from data_pipeline.sources import load_source
from data_pipeline.sources.protocol import Parsed, Request, Response
from tests.data_pipeline.sources.filings import samples as filings
from tickertune.cli.main import main
from tickertune.core.market import Bar
from tickertune.core.recipe import SimulatedSourceConfig

SPLIT = {
    "train_start": "2021-01-04",
    "train_end": "2021-03-01",
    "validation_end": "2021-03-15",
    "test_start": "2021-03-15",
    "test_end": "2021-04-15",
}
SIMULATED = {"kind": "movement", "source": {"kind": "simulated", "companies": 6, "seed": 3}, "split": SPLIT}
FILED = {
    "train_start": "2022-01-03",
    "train_end": "2022-09-01",
    "validation_end": "2022-09-01",
    "test_start": "2022-09-02",
    "test_end": "2022-12-20",
}


@pytest.fixture
def call(capsys):
    """Run ``tickertune data``; returns (exit code, standard output, standard error)."""

    def run(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["data", *map(str, words)])
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return run


def built(recipe: dict, folder: Path) -> Path:
    """Build a data stage and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "recipe-given.yaml").write_text(yaml.safe_dump(recipe))
    with pytest.raises(SystemExit) as end:
        main(["data", "build", "--config", str(folder / "recipe-given.yaml"), "--output", str(folder / "stage")])
    assert not end.value.code
    return folder / "stage"


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Path:
    """A simulated data set, whose texts anyone may publish."""
    return built(SIMULATED, tmp_path_factory.mktemp("simulated"))


@pytest.fixture(scope="module")
def own_files(tmp_path_factory) -> Path:
    """Documents and prices as a user has them, without a licence that lets the texts be published."""
    folder = tmp_path_factory.mktemp("files")
    source = load_source(SimulatedSourceConfig(companies=6, seed=3), date(2020, 12, 1), date(2021, 5, 1))
    symbols = pl.col("symbols").list.eval(pl.element().struct.field("symbol"))
    columns = ("doc_id", "revision", "title", "body", "published_at", "available_at")
    known = source.documents.drop_nulls("published_at").filter(pl.col("available_at") >= pl.col("published_at"))
    known.select(*columns, symbols=symbols).write_parquet(folder / "documents.parquet")
    source.bars.write_parquet(folder / "bars.parquet")
    source.instruments.write_parquet(folder / "instruments.parquet")
    source.actions.write_parquet(folder / "actions.parquet")
    return folder


@pytest.fixture(scope="module")
def closed(own_files, tmp_path_factory) -> Path:
    """A data set of those files."""
    names = ("documents", "bars", "instruments", "actions")
    block = {"kind": "files", **{name: str(own_files / f"{name}.parquet") for name in names}}
    return built(SIMULATED | {"source": block}, tmp_path_factory.mktemp("closed"))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_dry_run_writes_the_package_and_pushes_nothing(call, stage, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    monkeypatch.setattr("tickertune.core.hub.push", lambda *_: pytest.fail("the Hub was asked"))
    words = ("push", stage, "--repo", "me/data", "--dry-run", "--package", tmp_path / "package")
    code, out, err = call(*words, "--json")
    assert code == 0, err
    told = json.loads(out)
    assert (told["commit"], told["licence"]) == (None, "apache-2.0")
    assert set(told["files"]) == set(contents(tmp_path / "package"))
    assert {"README.md", "info.json", "recipe.yaml", "data/train.parquet"} <= set(told["files"])
    code, out, _ = call(*words)
    assert "Nothing was pushed." in out


def test_ids_of_a_simulated_set_bring_back_the_very_bytes(call, stage, tmp_path):
    code, out, err = call(
        "push", stage, "--repo", "me/data", "--ids-only", "--dry-run", "--package", tmp_path / "package"
    )
    assert code == 0, err
    assert "ids only" in out
    assert contents(tmp_path / "package")["data/train.parquet"] != contents(stage / "dataset")["data/train.parquet"]
    code, out, err = call("rehydrate", tmp_path / "package", "--output", tmp_path / "again")
    assert code == 0, err
    assert "Prompt hash: the published one." in out
    assert contents(tmp_path / "again/dataset") == contents(stage / "dataset")
    assert pl.read_parquet(tmp_path / "again/missing.parquet").is_empty()


def test_texts_without_a_licence_are_refused_and_go_as_ids(call, closed, own_files, tmp_path):
    code, out, err = call("push", closed, "--repo", "me/data", "--dry-run", "--package", tmp_path / "package")
    assert (code, out) == (2, "")
    assert "Licences forbid publishing" in err
    assert "files:" in err
    assert "--ids-only" in err
    assert not (tmp_path / "package").exists()
    code, out, err = call(
        "push", closed, "--repo", "me/data", "--ids-only", "--dry-run", "--package", tmp_path / "package", "--json"
    )
    assert code == 0, err
    assert json.loads(out)["licence"] == "other"
    code, out, err = call(
        "rehydrate", tmp_path / "package", "--source", own_files, "--output", tmp_path / "again", "--json"
    )
    assert code == 0, err
    assert json.loads(out)["prompt_hash_matches"]
    assert contents(tmp_path / "again/dataset") == contents(closed / "dataset")


def archive_filings(folder: Path) -> list[str]:
    """Put EDGAR's recorded answers about three companies into a store's archive and parse them from there."""
    wanted = ("CIK0000320193.json", "CIK0001045810.json", "CIK0001318605.json")
    found = [
        s for s in filings.SAMPLES if s.source.info.name == "edgar_submissions" and any(w in s.body for w in wanted)
    ]
    with Store(folder) as store:
        for sample in found:
            response = sample.response()
            store.archive.put(response.body_sha256, response.body)
            with store.transaction():
                store.add_response("edgar_submissions", response)
    with pytest.raises(SystemExit) as end:
        main(["data", "replay", "--store", str(folder), "--source", "edgar_submissions"])
    assert not end.value.code
    return ["AAPL", "NVDA", "TSLA"]


def add_prices(folder: Path, symbols: list[str]) -> None:
    """Random walks, since no prices of these companies were recorded over so long a time."""
    sessions = load_sessions("XNAS", date(2021, 9, 1), date(2023, 1, 10))
    generator = np.random.default_rng(0)
    bars = []
    for symbol in symbols:
        closes = 100 * np.exp(np.cumsum(generator.normal(0, 0.02, len(sessions.dates))))
        for day, close in zip(sessions.dates, closes, strict=True):
            low, high = float(close) * 0.99, float(close) * 1.01
            bars.append(
                Bar(instrument_id=f"US:{symbol}", session=day.item(), open=low, high=high, low=low, close=float(close),
                    volume=1.0, basis="traded")
            )  # fmt: skip
    response = Response(
        Request(url="https://x/"), "https://x/", 200, {}, b"", datetime(2026, 11, 2, tzinfo=UTC), "range"
    )
    with Store(folder) as store, store.transaction() as db:
        origin = Origin(store.add_response("prices", response), response.fetched_at, "range")
        write_parsed(db, "prices", "prices-1", origin, Parsed(bars=bars))


def test_ids_of_recorded_filings_bring_back_the_very_bytes_from_a_consumers_archive(
    call, capsys, shared_data, tmp_path
):
    publisher, consumer = tmp_path / "publisher", tmp_path / "consumer"
    add_prices(publisher, archive_filings(publisher))
    code, _, err = call("instruments", "--store", publisher, "--assume-since", "2021-01-04")
    assert code == 0, err
    source = {"kind": "collected", "store": str(publisher), "prices": "prices", "documents": ["edgar_submissions"]}
    filed = built({"kind": "movement", "source": source, "split": FILED}, tmp_path / "filed")
    code, _, err = call("push", filed, "--repo", "me/filings", "--ids-only", "--dry-run", "--json")
    assert code == 0, err
    ids = pl.read_parquet(filed / "package/documents.parquet")
    assert len(ids) > 100
    assert ids["url"].str.contains("sec.gov").all()
    archive_filings(consumer)
    capsys.readouterr()
    code, out, err = call("rehydrate", filed / "package", "--store", consumer, "--output", tmp_path / "again", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["prompt_hash_matches"]
    assert told["counts"]["documents_found"] == len(ids)
    assert contents(tmp_path / "again/dataset") == contents(filed / "dataset")


def test_a_store_that_lacks_documents_is_told_by_number_and_name(call, stage, tmp_path):
    """A consumer who collected other things: nothing is found, and nothing is written but the reason."""
    call("push", stage, "--repo", "me/data", "--ids-only", "--dry-run", "--package", tmp_path / "package")
    with Store(tmp_path / "store"):
        pass
    code, out, err = call(
        "rehydrate", tmp_path / "package", "--store", tmp_path / "store", "--output", tmp_path / "again"
    )
    assert (code, out) == (2, "")
    assert "None of the" in err
    assert not (tmp_path / "again/dataset").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["push", "{stage}", "--repo", "me/data"], "HF_TOKEN is not set"),
        (["push", "{stage}", "--repo", "data", "--dry-run"], "'data' names no repository"),
        (["push", "{tmp}/nowhere", "--repo", "me/data", "--dry-run"], "nowhere holds no data set"),
        (["push", "{stage}", "--repo", "me/data", "--dry-run", "--package", "{tmp}/mine"], "is no package"),
        (["rehydrate", "{tmp}/nowhere", "--output", "{tmp}/again"], "nowhere holds no data set"),
        (["rehydrate", "{stage}", "--output", "{tmp}/again"], "holds its texts"),
        (["rehydrate", "{ids}", "--output", "{tmp}/again", "--store", "{tmp}/nowhere"], "There is no store in"),
        (["rehydrate", "{ids}", "--output", "{tmp}/again", "--source", "{tmp}/nowhere"], "reads no path"),
        (["rehydrate", "{ids}", "--output", "{tmp}/again", "--source", "{tmp}", "--store", "{tmp}"], "Give one of them"),
    ],
)  # fmt: skip
def test_wrong_input_is_one_sentence_and_writes_nothing(words, sentence, call, stage, tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").touch()
    before = contents(stage)
    if "{ids}" in words:
        call("push", stage, "--repo", "me/data", "--ids-only", "--dry-run", "--package", tmp_path / "ids")
    code, out, err = call(*[word.format(stage=stage, tmp=tmp_path, ids=tmp_path / "ids") for word in words])
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert "Traceback" not in err
    assert not (tmp_path / "again" / "dataset").exists()
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.tex"]
    assert {name: content for name, content in contents(stage).items() if name != ".lock"} == {
        name: content for name, content in before.items() if name != ".lock"
    }


def test_missing_source_files_are_told(call, closed, tmp_path):
    call("push", closed, "--repo", "me/data", "--ids-only", "--dry-run", "--package", tmp_path / "package")
    code, out, err = call("rehydrate", tmp_path / "package", "--source", tmp_path, "--output", tmp_path / "again")
    assert (code, out) == (2, "")
    assert "does not exist" in err
    assert not (tmp_path / "again" / "dataset").exists()
