"""Evaluation texts are kept out of training, with the set and the overlap written down."""

from pathlib import Path

import polars as pl
import pytest

from data_pipeline.build.decontamination import evaluation_texts
from data_pipeline.build.movement import build_movement
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvaluationSetConfig, MovementDataConfig

CONFIG = {
    "source": {"kind": "simulated", "companies": 4, "news_probability": 0.4},
    "split": {
        "train_start": "2023-01-03", "train_end": "2023-03-01", "validation_end": "2023-03-10",
        "test_start": "2023-03-10", "test_end": "2023-04-01",
    },
}  # fmt: skip


def saved(folder: Path, texts: list[str], name: str = "test-00000-of-00001") -> EvaluationSetConfig:
    (folder / "data").mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"text": texts}).write_parquet(folder / "data" / f"{name}.parquet")
    return EvaluationSetConfig(name="scored", path=folder)


def test_training_samples_that_show_an_evaluation_text_go_and_test_samples_stay(tmp_path: Path) -> None:
    plain = build_movement(MovementDataConfig.model_validate(CONFIG), tmp_path / "plain")
    shown = pl.read_parquet(tmp_path / "plain" / "shown.parquet")
    documents = pl.read_parquet(tmp_path / "plain" / "documents.parquet")
    samples = pl.concat(
        pl.read_parquet(path).select("sample_id", "split")
        for path in sorted((tmp_path / "plain" / "dataset" / "data").glob("*.parquet"))
    )
    shown = shown.join(samples, on="sample_id").join(documents, on=["doc_id", "revision"])
    learned = shown.filter(pl.col("split") == "train").sort("sample_id").row(0, named=True)
    scored = shown.filter(pl.col("split") == "test").sort("sample_id").row(0, named=True)
    texts = [f"{row['title']}\n{row['body']}" for row in (learned, scored)]
    block = saved(tmp_path / "set", texts)
    config = MovementDataConfig.model_validate(
        {**CONFIG, "curation": {"decontamination": {"sets": [block.model_dump()], "near_duplicate_threshold": 1.0}}}
    )
    clean = build_movement(config, tmp_path / "clean")
    removed = pl.read_parquet(tmp_path / "clean" / "contaminated.parquet")
    assert learned["sample_id"] in removed["sample_id"].to_list()
    assert set(removed["set"]) == {"scored"}
    assert clean.counts["contaminated_scored"] == len(removed)
    before, after = plain.counts, clean.counts
    lost = sum(before[f"samples_{name}"] - after[f"samples_{name}"] for name in ("train", "validation"))
    assert lost == len(removed)
    assert after["samples_test"] == before["samples_test"]


def test_sets_are_read_from_parquet_and_from_a_saved_dataset_dict(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    turns = [{"role": "system", "content": "rules"}, {"role": "user", "content": "Acme falls"}]
    DatasetDict({"test": Dataset.from_dict({"messages": [turns]})}).save_to_disk(str(tmp_path / "saved"))
    chat = EvaluationSetConfig(name="chat", path=tmp_path / "saved", column="messages")
    table = evaluation_texts([saved(tmp_path / "hub", ["Acme rises", "Acme falls"]), chat])
    assert table.select("set", "text").rows() == [
        ("scored", "Acme rises"),
        ("scored", "Acme falls"),
        ("chat", "Acme falls"),
    ]
    assert table["text_id"].to_list() == ["test:0", "test:1", "test:0"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"split": "tset"}, "has no split tset"),
        ({"column": "texts"}, "no column texts"),
        ({"path": "/nowhere"}, "not exist"),
    ],
)
def test_a_set_that_is_not_there_says_what_is(tmp_path: Path, change: dict[str, str], message: str) -> None:
    block = saved(tmp_path, ["a"]).model_copy(update={**change, "path": Path(change.get("path", tmp_path))})
    with pytest.raises(TickerTuneError, match=message):
        evaluation_texts([block])
