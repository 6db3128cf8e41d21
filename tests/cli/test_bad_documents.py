"""Documents that are wrong or lacking, through ``data curate``: one clear error, or counted and told."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.data_pipeline.nouns import START, document, documents
from tickertune.cli.main import main


@dataclass
class Ended:
    """How the command ended."""

    code: int
    err: str
    found: dict[str, Any]
    output: Path


def refused(ended: Ended) -> str:
    """Check that a command ended in one sentence and wrote nothing; returns the sentence."""
    assert ended.code == 2
    assert ended.err.startswith("Error: ")
    assert ended.err.count("\n") == 1
    assert not [path for path in ended.output.rglob("*") if path.is_file() and path.name != ".lock"]
    return ended.err


@pytest.fixture
def curate(tmp_path, capsys) -> Callable[..., Ended]:
    """Curate files, and say how that ended."""

    def run(*words: object) -> Ended:
        with pytest.raises(SystemExit) as end:
            main(["data", "curate", *map(str, words), "--output", str(tmp_path / "out"), "--json"])
        said = capsys.readouterr()
        return Ended(int(end.value.code or 0), said.err, json.loads(said.out) if said.out else {}, tmp_path / "out")

    return run


@pytest.fixture
def few() -> pl.DataFrame:
    verbs = ("wins", "loses", "renews", "sells", "opens")
    return documents(*(document(f"d{i}", f"Acme {verb} the rail order of {i + 3}", i) for i, verb in enumerate(verbs)))


def written(table: pl.DataFrame, path: Path) -> Path:
    table.write_parquet(path)
    return path


def test_curation_refuses_what_holds_no_documents(curate, few, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty holds no parquet file of documents" in refused(curate(tmp_path / "empty"))
    assert "nowhere does not exist" in refused(curate(tmp_path / "nowhere"))
    assert "There is no document in" in refused(curate(written(few.clear(), tmp_path / "none.parquet")))
    (tmp_path / "text.parquet").write_text("no parquet")
    assert "text.parquet is not a readable parquet file" in refused(curate(tmp_path / "text.parquet"))


@pytest.mark.parametrize("cut", [8, 300])
def test_curation_refuses_a_truncated_file_by_name(curate, few, tmp_path, cut):
    path = written(few, tmp_path / "cut.parquet")
    path.write_bytes(path.read_bytes()[:-cut])
    said = refused(curate(written(few.head(2), tmp_path / "good.parquet"), path))
    assert "cut.parquet is not a readable parquet file" in said


def test_curation_refuses_a_file_damaged_in_its_midst(curate, few, tmp_path):
    path = written(few.with_columns(body=pl.lit("word " * 5000)), tmp_path / "broken.parquet")
    content = bytearray(path.read_bytes())
    content[60:260] = bytes(200)
    path.write_bytes(bytes(content))
    said = refused(curate(path))
    assert "broken.parquet" in said


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"drop": "title"}, "lacks the column(s) title"),
        ({"add": "mood"}, "has unknown column(s) mood"),
        ({"naive": "available_at"}, "column available_at holds naive times"),
        ({"null": "doc_id"}, "documents without a value (doc_id in 5 rows)"),
        ({"text": "available_at"}, "wrong type"),
    ],
)
def test_curation_refuses_columns_that_do_not_fit(curate, few, tmp_path, change, sentence):
    (kind, name), *_ = change.items()
    table = {
        "drop": lambda: few.drop(name),
        "add": lambda: few.with_columns(pl.lit("good").alias(name)),
        "naive": lambda: few.with_columns(pl.col(name).dt.replace_time_zone(None)),
        "null": lambda: few.with_columns(pl.lit(None, pl.String).alias(name)),
        "text": lambda: few.with_columns(pl.lit("some day in June").alias(name)),
    }[kind]()
    assert sentence in refused(curate(written(table, tmp_path / "documents.parquet")))


def test_curation_refuses_documents_given_twice_and_says_whether_their_texts_differ(curate, few, tmp_path):
    one = written(few, tmp_path / "one.parquet")
    said = refused(curate(one, written(few.head(2), tmp_path / "again.parquet")))
    assert "2 document(s) are given more than once, such as d0 revision 0, with the same text" in said
    assert "one.parquet" in said
    assert "again.parquet" in said
    other = few.head(1).with_columns(title=pl.lit("Another text altogether"))
    said = refused(curate(one, written(other, tmp_path / "other.parquet")))
    assert "1 document(s) are given more than once, such as d0 revision 0, with different texts" in said
    assert "revision of its own" in said


def test_curation_keeps_two_revisions_with_one_time(curate, few, tmp_path):
    later = few.head(1).with_columns(revision=pl.lit(1, pl.Int64), title=pl.lit("Acme wins no order at all"))
    ended = curate(written(pl.concat([later, few]), tmp_path / "documents.parquet"))
    assert ended.code == 0, ended.err
    kept = pl.concat([pl.read_parquet(path) for path in sorted((ended.output / "kept").glob("*.parquet"))])
    assert kept.select("doc_id", "revision").rows()[:2] == [("d0", 0), ("d0", 1)]
    assert ended.found["kept"] == 6


def test_curation_takes_a_document_of_ten_megabytes(curate, few, tmp_path):
    lines = "".join(
        f"Order {i} of the rail company went to Acme after talks with rival number {i * 7}.\n" for i in range(130_000)
    )
    assert len(lines) > 10_000_000
    huge = documents(
        document("huge", "Acme tells all", 9, body=lines), document("copy", "Acme tells all", 10, body=lines)
    )
    (tmp_path / "block.yaml").write_text("normalise: {urls: remove, boilerplate: remove}\nmask: [email, phone]\n")
    path = written(pl.concat([few, huge]), tmp_path / "documents.parquet")
    ended = curate(path, "--config", tmp_path / "block.yaml")
    assert ended.code == 0, ended.err
    assert ended.found["kept"] == 6
    assert ended.found["drops"] == {"exact_duplicate": 1}


def test_curation_refuses_a_folder_of_others_and_an_input_in_its_output(curate, few, tmp_path):
    path = written(few, tmp_path / "documents.parquet")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.tex").touch()
    ended = curate(path)
    assert ended.code == 2
    assert "out exists and holds thesis.tex" in ended.err
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["thesis.tex"]
    (tmp_path / "out" / "thesis.tex").unlink()
    assert curate(path).code == 0
    before = {entry: entry.read_bytes() for entry in (tmp_path / "out").rglob("*.parquet")}
    ended = curate(tmp_path / "out" / "kept")
    assert ended.code == 2
    assert "lies in the output" in ended.err
    assert {entry: entry.read_bytes() for entry in (tmp_path / "out").rglob("*.parquet")} == before


def test_curation_refuses_windows_and_recipes_that_cannot_be(curate, few, tmp_path):
    path = written(few, tmp_path / "documents.parquet")
    late = f"{(START + timedelta(days=30)).astimezone(UTC):%Y-%m-%d}"
    assert "There is no document in the window; left out: " in refused(curate(path, "--since", late))
    assert "is empty" in refused(curate(path, "--since", late, "--until", "2015-01-01"))
    assert "is no date" in refused(curate(path, "--since", "June"))
    (tmp_path / "block.yaml").write_text("near_duplicate_treshold: 0.9\n")
    assert "did you mean 'near_duplicate_threshold'" in refused(curate(path, "--config", tmp_path / "block.yaml"))
    both = ("--config", tmp_path / "block.yaml", "--recipe", tmp_path / "block.yaml")
    assert "Both --recipe and --config are given" in refused(curate(path, *both))
    (tmp_path / "run.yaml").write_text("worlds: {}\n")
    assert "is the recipe of a run" in refused(curate(path, "--recipe", tmp_path / "run.yaml"))
