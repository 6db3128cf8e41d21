"""``tickertune data explain``, on a folder as a data stage leaves it."""

import json
from pathlib import Path

import polars as pl
import pytest

from data_pipeline.curation import curate
from tests.data_pipeline.nouns import document, documents
from tickertune.cli.main import main
from tickertune.core.recipe import CurationConfig

STORY = "Acme wins a supply contract with the rail company after long talks"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    table = documents(
        document("wire-1", STORY, symbols=("ACME",)),
        document("wire-1", f"{STORY}; shares jump", hours=1, revision=1, symbols=("ACME",)),
        document("post-9", f"{STORY} | Harbor Post", hours=2, symbols=("ACME",), source="harbor"),
    )
    kept, drops = curate(table, CurationConfig())
    kept.write_parquet(tmp_path / "documents.parquet")
    drops.write_parquet(tmp_path / "drops.parquet")
    table.join(drops, on=["doc_id", "revision"], how="semi").write_parquet(tmp_path / "dropped_documents.parquet")
    (tmp_path / "dataset" / "data").mkdir(parents=True)
    (tmp_path / "dataset" / "info.json").write_text("{}")
    sample = {
        "sample_id": "s1",
        "split": "train",
        "symbol": "ACME",
        "as_of": None,
        "label": "up",
        "doc_ids": [["wire-1"]],
    }
    pl.DataFrame(sample).write_parquet(tmp_path / "dataset" / "data" / "train.parquet")
    return tmp_path


def explain(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as end:
        main(["data", "explain", *words])
    printed = capsys.readouterr()
    return end.value.code or 0, printed.out, printed.err


def test_story_of_a_kept_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = explain(capsys, "wire-1", "--data", str(folder), "--json")
    told = json.loads(out)
    assert code == 0
    assert [(row["revision"], row["outcome"]) for row in told["revisions"]] == [(0, "kept"), (1, "kept")]
    assert told["revisions"][0]["links"][0]["symbol"] == "ACME"
    assert [(row["role"], row["doc_id"]) for row in told["cluster"]] == [("survivor", "wire-1"), ("dropped", "post-9")]
    assert [row["sample_id"] for row in told["samples"]] == ["s1"]


def test_story_of_a_dropped_document_names_reason_and_survivor(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = explain(capsys, "post-9", "--data", str(folder))
    assert code == 0
    assert "dropped: near_duplicate (similarity 1.000), in favour of wire-1" in out
    assert "Harbor Post" in out
    assert "No sample shows it." in out


def test_wrong_id_and_wrong_folder_say_what_is_meant(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = explain(capsys, "wire1", "--data", str(folder))
    assert code
    assert "did you mean 'wire-1'?" in err
    code, _, err = explain(capsys, "wire-1", "--data", str(tmp_path / "dataset"))
    assert code
    assert "documents.parquet" in err
