"""Mixtures of data sets."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.build import build
from data_pipeline.build.interleaving import interleave, quotas
from data_pipeline.dataset import read_info, read_split
from tests.data_pipeline.build.test_build import SMALL, contents, small
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import MixtureDataConfig

SIZES = st.lists(st.integers(1, 40), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("sets")
    for name, seed in (("a", 3), ("b", 4)):
        build(small(source=SMALL["source"] | {"seed": seed}), root / name)  # type: ignore[operator]
    return {"a": root / "a", "b": root / "b"}


def mixture(sets: dict[str, Path], **changes: dict[str, Any]) -> MixtureDataConfig:
    blocks = [{"name": name, "path": path} | changes.get(name, {}) for name, path in sets.items()]
    return MixtureDataConfig.model_validate({"sets": blocks, "seed": 5})


@given(SIZES)
def test_every_stretch_holds_each_set_in_proportion(sizes: list[int]) -> None:
    mixed = interleave([pl.DataFrame({"of": [number] * size}) for number, size in enumerate(sizes)])["of"]
    assert len(mixed) == sum(sizes)
    for number, size in enumerate(sizes):
        seen = (mixed == number).cum_sum()
        expected = (mixed == mixed).cum_sum() * (size / sum(sizes))
        assert (seen - expected).abs().max() <= len(sizes)  # type: ignore[operator]


@given(st.lists(st.tuples(st.integers(10, 1000), st.floats(0.1, 10)), min_size=1, max_size=5))
def test_weights_are_kept_and_no_set_gives_more_than_it_has(sets: list[tuple[int, float]]) -> None:
    available, weights = [rows for rows, _ in sets], [weight for _, weight in sets]
    taken = quotas(available, weights)
    assert all(0 <= number <= rows for number, rows in zip(taken, available, strict=True))
    assert any(number == rows for number, rows in zip(taken, available, strict=True))
    units = [number / weight for number, weight in zip(taken, weights, strict=True)]
    for one, weight in zip(units, weights, strict=True):
        assert max(units) - one <= 1 / weight + 1 / min(weights)


def test_a_mixture_repeats_caps_and_counts(sets: dict[str, Path], tmp_path: Path) -> None:
    build(mixture(sets, a={"repeat": 2, "limit": 30}, b={"scored": False}), tmp_path)
    info, train = read_info(tmp_path), read_split(tmp_path, "train")
    first, second = (train.filter(pl.col("sample_id").str.starts_with(f"{name}/")) for name in "ab")
    assert len(first) == 60 == info.counts["a_train"]
    assert (
        len(second)
        == info.counts["b_train"]
        == len(read_split(sets["b"], "train")) - info.counts["b_purged"] - info.counts["b_same_text_as_scored"]
    )
    assert train["sample_id"].is_unique().all()
    assert first["messages"].n_unique() == 30
    assert set(read_split(tmp_path, "test")["sample_id"].str.slice(0, 2)) == {"a/"}
    alone = read_info(sets["a"])
    assert info.task == alone.task
    assert info.scored_label == alone.label_spec
    assert info.mixed["a"].target == "ret_scaled"
    assert {name: label.cut_points for name, label in info.mixed.items()} == {
        name: read_info(path).fitted["cut_points"] for name, path in sets.items()
    }


def test_the_same_seed_gives_the_same_bytes_and_another_one_another_order(
    sets: dict[str, Path], tmp_path: Path
) -> None:
    for name, seed in (("one", 5), ("two", 5), ("three", 6)):
        build(mixture(sets).model_copy(update={"seed": seed}), tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    orders = [read_split(tmp_path / name, "train")["sample_id"].to_list() for name in ("one", "three")]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


def test_nothing_that_is_scored_is_trained_on(sets: dict[str, Path], tmp_path: Path) -> None:
    later = small(split=SMALL["split"] | {"train_end": "2021-04-01", "validation_end": "2021-04-01", "test_start": "2021-04-01"})  # type: ignore[operator]  # fmt: skip
    build(later, tmp_path / "later")
    build(mixture({"a": sets["a"], "later": tmp_path / "later"}, later={"scored": False}), tmp_path / "mixed")
    info = read_info(tmp_path / "mixed")
    assert info.counts["later_purged"] > 0
    train, test = (read_split(tmp_path / "mixed", split) for split in ("train", "test"))
    assert train["exit"].max() <= test["as_of"].min()  # type: ignore[operator]
    assert set(train["doc_ids"].explode()).isdisjoint(test["doc_ids"].explode())


def test_scored_sets_of_two_tasks_are_refused(sets: dict[str, Path], tmp_path: Path) -> None:
    build(small(label={"classes": 3}), tmp_path / "c")
    with pytest.raises(TickerTuneError, match=r"both scored, but their task differs .*scored: false"):
        build(mixture({"a": sets["a"], "c": tmp_path / "c"}), tmp_path / "mixed")


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([{"name": "a", "path": "x"}, {"name": "a", "path": "y"}], "same name"),
        ([{"name": "a", "path": "x", "weight": 1}, {"name": "b", "path": "y"}], "every set, or to none"),
        ([{"name": "a", "path": "x", "scored": False}], "no set is scored"),
    ],
)
def test_a_contradictory_mixture_is_refused(blocks: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MixtureDataConfig.model_validate({"sets": blocks})
