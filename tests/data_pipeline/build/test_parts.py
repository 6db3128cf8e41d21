"""A built data set with every way of parting switched on."""

from pathlib import Path

import polars as pl
import pytest

from data_pipeline.build import build
from data_pipeline.dataset import read_info, read_split
from tests.data_pipeline.build.test_build import SMALL, contents, small

PARTS = SMALL["split"] | {  # type: ignore[operator]
    "held_out": {"share": 0.34, "seed": 1},
    "folds": {"count": 2, "train": "sliding"},
    "uniqueness_weights": True,
}
ALL = ("train", "validation", "test", "ood_stock", "ood_both")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("parts")
    build(small(split=PARTS, label={"horizon": 3}), path)
    return path


def test_held_out_tickers_are_in_splits_of_their_own(folder: Path) -> None:
    tickers = {split: set(read_split(folder, split)["instrument_id"]) for split in ALL}
    assert tickers["ood_stock"]
    assert tickers["ood_both"]
    assert (tickers["train"] | tickers["validation"] | tickers["test"]).isdisjoint(
        tickers["ood_stock"] | tickers["ood_both"]
    )
    assert read_split(folder, "ood_both")["session"].min() >= read_split(folder, "test")["session"].min()  # type: ignore[operator]
    assert "held-out tickers at the dates of train" in (folder / "dataset" / "README.md").read_text()


def test_no_training_interval_overlaps_a_scored_one_of_any_ticker(folder: Path) -> None:
    for place in (folder, *sorted((folder / "folds").iterdir())):
        train = read_split(place, "train")
        for split in ("validation", "test", "ood_both"):
            assert train["exit"].max() <= read_split(place, split)["as_of"].min()  # type: ignore[operator]


def test_weights_are_those_of_overlapping_labels_on_train_alone(folder: Path) -> None:
    train = read_split(folder, "train")
    assert train["weight"].is_between(0, 1, closed="right").all()
    assert (train["weight"] < 1).any()
    for split in ("validation", "test", "ood_stock", "ood_both"):
        assert (read_split(folder, split)["weight"] == 1).all()
    alone = train.filter(pl.len().over("instrument_id") == 1)
    assert (alone["weight"] == 1).all()


def test_each_fold_is_a_data_set_with_its_own_fitted_state(folder: Path) -> None:
    first, second = (read_info(folder / "folds" / name) for name in ("fold_01", "fold_02"))
    assert first.fitted != second.fitted
    tests = [read_split(folder / "folds" / name, "test")["sample_id"] for name in ("fold_01", "fold_02")]
    assert set(tests[0]).isdisjoint(tests[1])
    assert set(tests[0]) | set(tests[1]) == set(read_split(folder, "test")["sample_id"])


def test_a_longer_test_period_changes_no_earlier_membership_and_no_weight(folder: Path, tmp_path: Path) -> None:
    build(small(split=PARTS | {"test_end": "2021-05-14", "folds": None}, label={"horizon": 3}), tmp_path)
    for split in ("train", "validation", "ood_stock"):
        assert read_split(tmp_path, split).equals(read_split(folder, split))
    for split in ("test", "ood_both"):
        before = read_split(folder, split)
        assert read_split(tmp_path, split).head(len(before)).equals(before)


def test_a_build_without_folds_removes_those_of_an_earlier_one(folder: Path, tmp_path: Path) -> None:
    stale = tmp_path / "folds" / "fold_09" / "x"
    stale.parent.mkdir(parents=True)
    stale.write_text("")
    build(small(), tmp_path)
    assert not (tmp_path / "folds").exists()
    assert contents(tmp_path)
