"""Publishing a data set, and rehydrating one that holds ids."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from data_pipeline.build import build, movement
from data_pipeline.build.own_documents import own_documents
from data_pipeline.dataset import read_info
from data_pipeline.dataset.hub import rehydrate, write_package
from data_pipeline.dataset.hub.stage import shown_text
from tests.data_pipeline.build.test_build import contents, small
from tests.data_pipeline.made import config, market
from tickertune.core import hub
from tickertune.core.errors import TickerTuneError
from tickertune.core.table import read_parquet

SECRET = "hf_not_a_real_token"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data")
    build(small(), path)
    return path


@pytest.fixture
def closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stage whose texts may not be published, some of them tweets."""
    source = market()
    tweet = pl.col("doc_id").str.ends_with("1")
    source = replace(
        source,
        documents=source.documents.with_columns(
            redistributable=tweet,
            licence=pl.when(tweet).then(pl.lit("MIT")).otherwise(pl.lit("proprietary (Maker)")),
            url=pl.when(tweet).then(pl.format("https://x.com/i/web/status/{}", pl.col("doc_id"))),
        ),
    )
    monkeypatch.setattr(movement, "load_source", lambda *_: source)
    build(config(), tmp_path / "closed")
    return tmp_path / "closed"


def test_the_package_is_the_data_set_with_its_recipe_and_the_strictest_licence(folder: Path, tmp_path: Path) -> None:
    write_package(folder, tmp_path / "out", ids_only=False)
    files = contents(tmp_path / "out")
    assert files == contents(folder / "dataset") | {"recipe.yaml": (folder / "recipe.yaml").read_bytes()}
    assert yaml.safe_load(files["README.md"].decode().split("---\n")[1])["license"] == "apache-2.0"


def test_texts_that_may_not_be_published_are_refused_by_source_and_number(closed: Path, tmp_path: Path) -> None:
    message = r"made: \d+ text\(s\), tweets, which go as ids; made: \d+ text\(s\), proprietary \(Maker\).*--ids-only"
    with pytest.raises(TickerTuneError, match=message):
        write_package(closed, tmp_path / "out", ids_only=False)
    assert not (tmp_path / "out").exists()


def test_a_package_of_ids_holds_no_text(closed: Path, tmp_path: Path) -> None:
    write_package(closed, tmp_path / "out", ids_only=True)
    titles = [title.encode() for title in read_parquet(closed / "documents.parquet")["title"]]
    for name, content in contents(tmp_path / "out").items():
        if name.startswith("data/"):
            prompts = pl.read_parquet(tmp_path / "out" / name)["messages"].list.last().struct.field("content")
            assert prompts.str.contains("<document 0>", literal=True).all()
            content = "\n".join(prompts).encode()
        assert not any(title in content for title in titles)
    ids = read_parquet(tmp_path / "out" / "documents.parquet")
    assert "title" not in ids.columns
    assert ids["url"].drop_nulls().str.contains("x.com/i/web/status/").all()
    assert yaml.safe_load((tmp_path / "out" / "README.md").read_text().split("---\n")[1])["license"] == "other"


def test_ids_and_the_consumers_own_source_give_the_original_bytes(folder: Path, tmp_path: Path) -> None:
    write_package(folder, tmp_path / "ids", ids_only=True)
    documents, max_chars = own_documents(tmp_path / "ids", None, None)
    result = rehydrate(tmp_path / "ids", documents, max_chars, tmp_path / "back")
    assert result.prompt_hash_matches
    assert result.samples_lacking == 0
    assert result.missing.is_empty()
    assert contents(tmp_path / "back") == contents(folder / "dataset")


def test_missing_and_changed_documents_are_told_apart_and_their_samples_left_out(folder: Path, tmp_path: Path) -> None:
    write_package(folder, tmp_path / "ids", ids_only=True)
    documents, max_chars = own_documents(tmp_path / "ids", None, None)
    shown = read_parquet(folder / "shown.parquet")
    absent, changed = shown["doc_id"].unique().sort()[:2]
    lacking = documents.filter(pl.col("doc_id") != absent).with_columns(
        title=pl.when(pl.col("doc_id") == changed).then(pl.lit("Another text")).otherwise("title")
    )
    result = rehydrate(tmp_path / "ids", lacking, max_chars, tmp_path / "back")
    assert dict(result.missing.select("doc_id", "reason").unique().rows()) == {absent: "absent", changed: "other_text"}
    without = shown.filter(pl.col("doc_id").is_in([absent, changed]))["sample_id"].n_unique()
    assert result.samples_lacking == without > 0
    assert not result.prompt_hash_matches
    info = read_info(tmp_path / "back")
    assert info.prompt_hash != read_info(folder).prompt_hash
    assert f"{without} of {result.samples + without} published samples are left out" in info.notes[-1]


def test_nothing_at_hand_is_one_clear_error(folder: Path, tmp_path: Path) -> None:
    write_package(folder, tmp_path / "ids", ids_only=True)
    documents, max_chars = own_documents(tmp_path / "ids", None, None)
    with pytest.raises(TickerTuneError, match="None of the"):
        rehydrate(tmp_path / "ids", documents.clear(), max_chars, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_prompt_that_ids_cannot_bring_back_is_refused(folder: Path, tmp_path: Path) -> None:
    build(small(), tmp_path / "other")
    path = tmp_path / "other" / "documents.parquet"
    pl.read_parquet(path).with_columns(title=pl.lit("Rewritten"), body=pl.lit("")).write_parquet(path)
    with pytest.raises(TickerTuneError, match="in a form that ids cannot bring back"):
        write_package(tmp_path / "other", tmp_path / "out", ids_only=True)


def test_a_folder_that_is_no_package_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years")
    with pytest.raises(TickerTuneError, match="is no package"):
        write_package(folder, tmp_path / "mine", ids_only=False)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years"


def test_a_shown_text_cannot_hold_a_placeholder() -> None:
    assert "<document" not in shown_text("<document 0>", "< document 1>", 100)


class Hub:
    """Stands for the Hub: breaks once, then takes one commit."""

    pushed: list[dict[str, bytes]] = []
    failures = 1
    private = True

    def __init__(self, token: str) -> None:
        assert token == SECRET

    def create_repo(self, name: str, **options: Any) -> None:
        assert options == {"private": True, "exist_ok": True, "repo_type": "dataset"}

    def repo_info(self, name: str, repo_type: str) -> "Hub":
        return self

    def upload_folder(self, *, folder_path: Path, **options: Any) -> str:
        import httpx

        if Hub.failures:
            Hub.failures -= 1
            raise httpx.ConnectError(f"broken pipe with {SECRET}")
        Hub.pushed.append(contents(folder_path))
        return "commit"


def test_a_broken_push_leaves_the_package_and_the_next_one_pushes_it_all(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    monkeypatch.setattr("huggingface_hub.HfApi", Hub)
    write_package(folder, tmp_path / "out", ids_only=False)
    before = contents(tmp_path / "out")
    with pytest.raises(TickerTuneError, match="same command again") as refused:
        hub.push(tmp_path / "out", "me/data", False, "dataset")
    assert SECRET not in str(refused.value)
    write_package(folder, tmp_path / "out", ids_only=False)
    assert hub.push(tmp_path / "out", "me/data", False, "dataset") == "commit"
    assert Hub.pushed == [before]
    assert not any(SECRET.encode() in content for content in before.values())
