"""The further labelled sets: real files where they are at hand, small written ones in the published layout where not."""

from pathlib import Path

import polars as pl
import pytest

from data_pipeline.sources.labelled import SETS, read_labelled
from data_pipeline.sources.labelled.fiqa import fold
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SentimentDataConfig, SentimentSetConfig
from tickertune.core.recipe.sentiment import SETS_OF_TASK
from tickertune.core.tasks import get_task


def block(name: str, path: Path) -> SentimentSetConfig:
    return SentimentSetConfig.model_validate({"name": name, "path": str(path)})


def test_the_recipe_and_the_readers_agree_on_which_set_serves_which_task() -> None:
    assert {(task, name) for task, names in SETS_OF_TASK.items() for name in names} == {
        (task, name) for name, found in SETS.items() for task in found.read
    }


@pytest.mark.parametrize(
    ("score", "label"),
    [(-1, "negative"), (-0.101, "negative"), (-0.1, "neutral"), (0.099, "neutral"), (0.1, "positive"), (1, "positive")],
)
def test_fiqa_scores_fold_at_the_published_thresholds(score: float, label: str) -> None:
    assert fold(score) == label


def test_real_fiqa(shared_data: Path) -> None:
    path = shared_data / "sentiment" / "fiqa_sa"
    train, test = (read_labelled(block("fiqa", path), part) for part in ("train", "test"))
    assert (len(train), len(test)) == (907, 266)
    assert set(train["row_id"]).isdisjoint(test["row_id"])
    assert set(test["label"]) == {"negative", "neutral", "positive"}


def test_real_fomc_train_part(shared_data: Path) -> None:
    table = read_labelled(block("fomc", shared_data / "sentiment" / "fomc"), "train", "fomc")
    assert len(table) > 1500
    assert set(table["label"]) == set(get_task("fomc").labels)
    with pytest.raises(TickerTuneError, match=r"no lab-manual-split-combine-test-5768\.xlsx"):
        read_labelled(block("fomc", shared_data / "sentiment" / "fomc"), "test", "fomc")


def test_written_nwgi_in_seven_classes_and_three(tmp_path: Path) -> None:
    labels = ["Strong Negative", "mildly positive", "neutral", "moderately positive"]
    pl.DataFrame({"news": list("abcd"), "label": labels}).write_parquet(tmp_path / "train-0.parquet")
    seven = read_labelled(block("nwgi", tmp_path), "train", "sentiment7")["label"].to_list()
    assert seven == ["strong negative", "mildly positive", "neutral", "moderately positive"]
    three = read_labelled(block("nwgi", tmp_path), "train")["label"].to_list()
    assert three == ["negative", "neutral", "neutral", "positive"]
    pl.DataFrame({"news": ["a"], "label": ["so so"]}).write_parquet(tmp_path / "test-0.parquet")
    with pytest.raises(TickerTuneError, match="unknown label 'so so'"):
        read_labelled(block("nwgi", tmp_path), "test")


def test_written_headlines_keep_all_questions_of_a_headline_on_one_side(tmp_path: Path) -> None:
    columns = ["Price or Not", "Direction Up", "Direction Constant", "Direction Down"]
    columns += ["PastPrice", "FuturePrice", "PastNews", "FutureNews", "Asset Comparision"]
    path = tmp_path / "gold.csv"
    lines = [",".join(["Dates", "URL", "News", *columns])]
    lines += [",".join(["d", "u", f"gold {row}", *(["1", "0", ""] * 3)]) for row in range(8)]
    path.write_text("\n".join(lines) + "\n")
    train, test = (read_labelled(block("headline", path), part, "headline") for part in ("train", "test"))
    assert (len(train), len(test)) == (6 * 9, 2 * 9)
    assert set(train["text"]).isdisjoint(test["text"])
    assert test["label"].to_list()[:3] == ["yes", "no", None]
    assert test["question"][1] == "Does the headline say that the price goes up?"


def test_written_entities(tmp_path: Path) -> None:
    text = "-DOCSTART- -X- O O\n\nSilicon NNP B-NP I-ORG\nValley NNP I-NP I-ORG\nlends VB B-VP O\nJo NNP B-NP I-PER\n"
    text += "Acme NNP B-NP B-ORG\nBeta NNP B-NP B-ORG\n\nNothing NN B-NP O\n\na|b NN B-NP I-LOC\nUSD NN B-NP I-MISC\n"
    (tmp_path / "FIN5.txt").write_text(text)
    table = read_labelled(block("fin_ner", tmp_path), "train", "entities")
    assert table["text"].to_list() == ["Silicon Valley lends Jo Acme Beta", "Nothing", "a|b USD"]
    first = "organization | Silicon Valley\nperson | Jo\norganization | Acme\norganization | Beta"
    assert table["label"].to_list() == [first, "none", None]
    (tmp_path / "FIN3.txt").write_text("Acme NNP B-NP I-XYZ\n")
    with pytest.raises(TickerTuneError, match="unknown tag 'I-XYZ'"):
        read_labelled(block("fin_ner", tmp_path), "test", "entities")


def test_written_relations(tmp_path: Path) -> None:
    (tmp_path / "train.sent").write_text("Apple makes iPhone .\nNo relation .\n")
    (tmp_path / "train.tup").write_text(
        "Apple ; iPhone ; product/material_produced | iPhone ; Apple ; manufacturer\n\n"
    )
    table = read_labelled(block("finred", tmp_path), "train", "relations")
    first = "Apple | product/material produced | iPhone\niPhone | manufacturer | Apple"
    assert table["label"].to_list() == [first, "none"]
    (tmp_path / "test.sent").write_text("a\n")
    (tmp_path / "test.tup").write_text("a ; b ; friend\n")
    with pytest.raises(TickerTuneError, match="line 1, has no triple in 'a ; b ; friend'"):
        read_labelled(block("finred", tmp_path), "test", "relations")


def test_a_set_without_labels_for_the_task_is_refused() -> None:
    with pytest.raises(ValueError, match="set tfns has no labels for task fomc; use fomc"):
        SentimentDataConfig.model_validate(
            {"task": "fomc", "train": [{"name": "tfns", "path": "x"}], "test": [{"name": "fomc", "path": "x"}]}
        )
