"""Time splits and their purge."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.timeline import Timeline, build_timeline, text_starts
from data_pipeline.splits.dates import EMBARGOED, OUTSIDE, PURGED, Splits, assign_splits
from tests.data_pipeline.made import SPLIT, config, new_york


def split(**changes: object) -> tuple[Timeline, Splits]:
    """One sample for each decision."""
    recipe, sessions = config(**changes), new_york()
    line = build_timeline(recipe, label_spec(recipe.label), sessions)
    starts = text_starts(line, sessions, recipe.latency_minutes)
    return line, assign_splits(recipe.split, sessions, line.entry, line.exit_time, starts)


@settings(deadline=None)
@given(st.integers(1, 15), st.integers(0, 5), st.integers(1, 12), st.booleans(), st.integers(0, 2000))
def test_no_outcome_overlaps_the_text_or_outcome_of_a_later_split(
    horizon: int, embargo: int, lookback: int, fresh: bool, latency: int
) -> None:
    line, splits = split(
        label={"horizon": horizon, "volatility_sessions": 10},
        split=SPLIT | {"embargo_sessions": embargo},
        lookback_days=lookback,
        fresh_only=fresh,
        latency_minutes=latency,
    )
    text_after = line.text_after - np.timedelta64(latency, "m")
    for earlier, later in (("train", "validation"), ("train", "test"), ("validation", "test")):
        inside = splits.name == later
        if inside.any() and (splits.name == earlier).any():
            assert line.exit_time[splits.name == earlier].max() <= text_after[inside].min()


def test_evaluation_samples_do_not_move_with_the_embargo() -> None:
    _, none = split(split=SPLIT | {"embargo_sessions": 0})
    _, some = split(split=SPLIT | {"embargo_sessions": 5})
    np.testing.assert_array_equal(none.name == "test", some.name == "test")
    assert (some.name == EMBARGOED).sum() == 10  # five before validation, five before test
    assert EMBARGOED not in none.name


def test_the_purge_takes_what_the_horizon_reaches_over() -> None:
    line, splits = split(label={"horizon": 5, "volatility_sessions": 10}, split=SPLIT | {"embargo_sessions": 0})
    boundary = splits.boundary["validation"]
    train = splits.name == "train"
    before = line.entry < new_york().at_or_after(config().split.train_end)
    np.testing.assert_array_equal(before & ~train, before & (line.exit_time > boundary))
    assert (splits.name[before & ~train] == PURGED).all()


def test_what_lies_between_validation_and_test_belongs_to_neither() -> None:
    gap = SPLIT | {"validation_end": "2020-04-13", "test_start": "2020-04-20", "embargo_sessions": 0}
    line, splits = split(split=gap)
    dates = new_york().dates[line.entry]
    between = (dates >= np.datetime64("2020-04-13")) & (dates < np.datetime64("2020-04-20"))
    assert (splits.name[between] == OUTSIDE).all()


def test_without_validation_only_the_test_split_purges() -> None:
    _, splits = split(split=SPLIT | {"validation_end": "2020-04-01", "test_start": "2020-04-01"})
    assert list(splits.boundary) == ["test"]
    assert "validation" not in splits.name


@pytest.mark.parametrize("days", [1, 30])
def test_later_sessions_change_no_split(days: int) -> None:
    later = (config().split.test_end + timedelta(days=days)).isoformat()
    _, before = split()
    _, after = split(split=SPLIT | {"test_end": later})
    np.testing.assert_array_equal(before.name, after.name[: len(before.name)])
