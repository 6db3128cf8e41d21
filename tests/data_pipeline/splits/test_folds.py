"""Walk-forward folds."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.timeline import build_timeline, text_starts
from data_pipeline.splits import assign_splits, fold_splits
from tests.data_pipeline.made import SPLIT, config, new_york
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SplitConfig


def folds(count: int, train: str = "expanding", **changes: Any) -> tuple[SplitConfig, list[SplitConfig]]:
    whole = SplitConfig.model_validate(SPLIT | {"folds": {"count": count, "train": train}} | changes)
    return whole, fold_splits(whole, new_york())


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 8), st.sampled_from(["expanding", "sliding"]), st.integers(1, 8), st.integers(0, 4))
def test_no_fold_looks_ahead(count: int, train: str, horizon: int, embargo: int) -> None:
    _, parts = folds(count, train, embargo_sessions=embargo)
    for part in parts:
        recipe = config(split=part.model_dump(), label={"horizon": horizon, "volatility_sessions": 10})
        sessions = new_york()
        line = build_timeline(recipe, label_spec(recipe.label), sessions)
        splits = assign_splits(
            part, sessions, line.entry, line.exit_time, text_starts(line, sessions, recipe.latency_minutes)
        )
        for earlier, later in (("train", "validation"), ("train", "test"), ("validation", "test")):
            before, after = splits.name == earlier, splits.name == later
            if before.any() and after.any():
                assert line.exit_time[before].max() <= line.text_after[after].min()


@given(st.integers(2, 10), st.sampled_from(["expanding", "sliding"]))
def test_folds_cover_the_test_period_once(count: int, train: str) -> None:
    whole, parts = folds(count, train)
    assert parts[0].test_start == whole.test_start
    assert parts[-1].test_end == whole.test_end
    for one, following in pairwise(parts):
        assert one.test_end == following.test_start
    lengths = [_sessions(part.test_start, part.test_end) for part in parts]
    assert max(lengths) - min(lengths) <= 1


@given(st.integers(2, 10))
def test_a_sliding_train_part_keeps_its_length_and_an_expanding_one_its_start(count: int) -> None:
    whole, sliding = folds(count, "sliding")
    lengths = {_sessions(part.train_start, part.train_end) for part in sliding}
    assert len(lengths) == 1
    assert all(part.train_start == whole.train_start for part in folds(count)[1])


@given(st.integers(2, 10))
def test_the_distance_from_training_to_test_is_the_recipes_own(count: int) -> None:
    whole, parts = folds(count)
    gap = _sessions(whole.train_end, whole.test_start)
    assert {_sessions(part.train_end, part.test_start) for part in parts} == {gap}


def test_more_folds_than_sessions_is_one_clear_error() -> None:
    with pytest.raises(TickerTuneError, match=r"folds.count is 99, but the test period has 22 sessions"):
        folds(99)


def _sessions(start: Any, end: Any) -> int:
    dates = new_york().dates
    return int(((dates >= np.datetime64(start)) & (dates < np.datetime64(end))).sum())
