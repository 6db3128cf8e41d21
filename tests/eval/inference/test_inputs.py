"""All kinds of input give the same rows of output."""

from pathlib import Path

import polars as pl
import pytest
from datasets import Dataset, DatasetDict

from eval.checkpoint import Checkpoint
from eval.inference import Options, infer
from eval.inference.inputs import open_input
from tests.eval.inference.made import OPTIONS, TEXTS, read_lines
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import get_task

SENTIMENT = get_task("sentiment")


def parquet(folder: Path) -> Path:
    pl.DataFrame(TEXTS).write_parquet(folder / "news.parquet")
    return folder / "news.parquet"


def arrow_file(folder: Path) -> Path:
    pl.DataFrame(TEXTS).write_ipc(folder / "news.arrow", compression="zstd")
    return folder / "news.arrow"


def arrow_stream(folder: Path) -> Path:
    pl.DataFrame(TEXTS).write_ipc_stream(folder / "news.arrow")
    return folder / "news.arrow"


def saved_split(folder: Path) -> Path:
    Dataset.from_list(TEXTS).save_to_disk(str(folder / "saved"))
    return folder / "saved"


def saved_splits(folder: Path) -> Path:
    splits = DatasetDict({"train": Dataset.from_list(TEXTS[:3]), "test": Dataset.from_list(TEXTS)})
    splits.save_to_disk(str(folder / "saved"))
    return folder / "saved"


def hub_layout(folder: Path) -> Path:
    (folder / "hub" / "data").mkdir(parents=True)
    pl.DataFrame(TEXTS[:3]).write_parquet(folder / "hub" / "data" / "train-00000-of-00001.parquet")
    pl.DataFrame(TEXTS).write_parquet(folder / "hub" / "data" / "test-00000-of-00001.parquet")
    return folder / "hub"


@pytest.mark.parametrize(
    ("make", "split"),
    [
        (parquet, None),
        (arrow_file, None),
        (arrow_stream, None),
        (saved_split, None),
        (saved_splits, "test"),
        (hub_layout, "test"),
    ],
)
def test_every_kind_of_input_gives_the_rows_of_json_lines(
    source: Path,
    tmp_path: Path,
    checkpoint: Checkpoint,
    monkeypatch: pytest.MonkeyPatch,
    make: object,
    split: str | None,
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    infer(source, tmp_path / "a.jsonl", checkpoint, SENTIMENT, OPTIONS)
    options = Options(**{**vars(OPTIONS), "split": split})
    infer(make(tmp_path), tmp_path / "b.jsonl", checkpoint, SENTIMENT, options)  # type: ignore[operator]
    assert read_lines(tmp_path / "b.jsonl") == read_lines(tmp_path / "a.jsonl")


def test_data_stage_is_read_by_its_split(
    movement_data: Path, tmp_path: Path, checkpoint: Checkpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    options = Options(**{**vars(OPTIONS), "split": "test", "max_length": 2048})
    done = infer(movement_data, tmp_path / "o.parquet", checkpoint, get_task("movement"), options)
    assert (done.rows, done.rejected) == (24, 0)
    assert pl.read_parquet(tmp_path / "o.parquet")["id"].str.contains("-0").all()


def test_a_split_has_to_be_named_where_there_are_several(tmp_path: Path) -> None:
    folder = str(saved_splits(tmp_path))
    with pytest.raises(TickerTuneError, match=r"has the splits train, test, and none is named\. Name one by --split"):
        open_input(folder, 10)
    with pytest.raises(TickerTuneError, match=r"'tests' is none of them \(did you mean 'test'\?\)"):
        open_input(folder, 10, "tests")
    with pytest.raises(TickerTuneError, match="has no revision"):
        open_input(folder, 10, "test", "abc")


def test_what_is_no_input_is_told(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(TickerTuneError, match="cannot be read as a data set"):
        open_input(str(tmp_path / "empty"), 10)
    with pytest.raises(TickerTuneError, match="is a file, which has no splits"):
        open_input(str(source), 10, "test")
    with pytest.raises(TickerTuneError, match=r"news\.jsonk does not exist|unknown ending"):
        open_input(str(tmp_path / "news.jsonk"), 10)
    (tmp_path / "cut.arrow").write_bytes(arrow_file(tmp_path).read_bytes()[:500])
    with pytest.raises(TickerTuneError, match=r"cut\.arrow is not a readable Arrow file"):
        open_input(str(tmp_path / "cut.arrow"), 10).part(0)
    monkeypatch.setattr("datasets.load_dataset", lambda name, revision: (_ for _ in ()).throw(OSError(f"no {name}")))
    with pytest.raises(TickerTuneError, match=r"hub:owner/news cannot be read as a data set \(no owner/news\)"):
        open_input("hub:owner/news", 10)


def test_a_data_set_of_the_hub_is_asked_for_by_its_name_and_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def loaded(name: str, revision: str | None) -> DatasetDict:
        asked.append((name, revision))
        return DatasetDict({"test": Dataset.from_list(TEXTS)})

    monkeypatch.setattr("datasets.load_dataset", loaded)
    found = open_input("hub:owner/news", 10, revision="abc")
    assert asked == [("owner/news", "abc")]
    assert found.part(3) == TEXTS[30:]
