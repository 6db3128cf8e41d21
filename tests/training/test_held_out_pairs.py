"""Pairs held out by time: nothing later is trained on, and an accuracy says how sure it is."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.training.rationales.scripted import TASK, made_pairs, write_made_pairs
from tickertune.core.errors import TickerTuneError
from training.held_out_pairs import accuracy_of, simple_rules, split_by_time
from training.pairs import read_pairs


@pytest.fixture(scope="module")
def frame(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Twenty-four pairs of six days; each outcome is known half an hour after the next day's decision."""
    return read_pairs(write_made_pairs(tmp_path_factory.mktemp("pairs"), made_pairs(24)))[0]


def test_the_last_days_are_held_out_and_what_was_not_known_by_then_is_in_neither_part(frame: pl.DataFrame) -> None:
    split = split_by_time(frame, 0.34)
    assert (split.train.height, split.overlapping, split.held_out.height) == (12, 4, 8)
    assert split.held_out["as_of"].min() == split.since
    assert split.train["exit"].max() <= split.since < split.held_out["exit"].min()
    names = split.train["sample_id"].to_list() + split.held_out["sample_id"].to_list()
    assert len(set(names)) == 20
    every_known = frame.with_columns(pl.col("exit") - timedelta(hours=1))
    assert split_by_time(every_known, 0.34).overlapping == 0


def test_a_share_is_of_days_and_leaves_one_on_each_side(frame: pl.DataFrame) -> None:
    assert split_by_time(frame, 0.001).held_out["as_of"].n_unique() == 1
    most = split_by_time(frame.with_columns(pl.col("exit") - timedelta(hours=1)), 0.999)
    assert (most.train["as_of"].n_unique(), most.held_out["as_of"].n_unique()) == (1, 5)


def test_pairs_that_time_cannot_part_are_refused(frame: pl.DataFrame) -> None:
    with pytest.raises(TickerTuneError, match=r"24 of 24 pairs are not dated.*set held_out to null"):
        split_by_time(frame.drop("exit"), 0.2)
    one = frame.with_columns(exit=pl.when(pl.col("sample_id") == "s003").then(None).otherwise(pl.col("exit")))
    with pytest.raises(TickerTuneError, match="1 of 24 pairs are not dated"):
        split_by_time(one, 0.2)
    with pytest.raises(TickerTuneError, match="All 4 pairs are of 2024-01-02"):
        split_by_time(frame.head(4), 0.2)
    with pytest.raises(TickerTuneError, match=r"No outcome of the 4 pairs before 2024-01-03 .* was known by then"):
        split_by_time(frame.head(8), 0.5)


def days_of(count: int, each: int) -> list[date]:
    return [date(2024, 1, 1) + timedelta(days=day) for day in range(count) for _ in range(each)]


def test_accuracy_counts_equal_numbers_half_and_is_told_in_words() -> None:
    found = accuracy_of(np.array([2.0, 1, 1, 0]), np.array([1.0, 1, 2, 5]), days_of(4, 1), 1, 0)
    assert (found["accuracy"], found["pairs"], found["days"], found["chance"]) == (0.375, 4, 4, 0.5)
    assert found["low"] < 0.375 < found["high"]
    assert found["verdict"] == "not distinguishable from chance"
    better = np.ones(80)
    assert accuracy_of(better, np.zeros(80), days_of(40, 2), 1, 0)["verdict"] == "above chance"
    assert accuracy_of(np.zeros(80), better, days_of(40, 2), 1, 0)["verdict"] == "below chance"


def test_days_are_drawn_whole_and_overlapping_windows_together() -> None:
    """Forty pairs that agree within their four days say little more than four pairs; with windows of three days, nothing."""
    better, worse = np.repeat([1.0, 0.0, 1.0, 0.0], 10), np.repeat([0.0, 1.0, 0.0, 1.0], 10)
    by_day = accuracy_of(better, worse, days_of(4, 10), 1, 0)
    apart = accuracy_of(better, worse, days_of(40, 1), 1, 0)
    assert by_day["high"] - by_day["low"] > 2 * (apart["high"] - apart["low"])
    none = accuracy_of(better, worse, days_of(4, 10), 3, 0)
    assert (none["low"], none["high"], none["verdict"]) == (None, None, "too few days for an interval")


def test_rules_that_read_nothing_stand_beside_it(tmp_path: Path) -> None:
    frame, _ = read_pairs(write_made_pairs(tmp_path, made_pairs(24)))
    train, held_out = (
        frame.head(12),
        frame.tail(4).with_columns(pl.concat_str("chosen", pl.lit(" And more.")).alias("chosen")),
    )
    rules = simple_rules(train, held_out, TASK)
    commonest = train["label"].mode().sort()[0]
    assert rules == {"longer_reply": 1.0, "commonest_label": (held_out["label"] == commonest).mean()}
