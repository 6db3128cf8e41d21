"""Decisions, their text windows, entries and exits."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.timeline import Timeline, build_timeline, calendar_span
from tests.data_pipeline.made import config, new_york
from tickertune.core.recipe import MovementDataConfig


def timeline(**changes: object) -> Timeline:
    recipe = config(**changes)
    return build_timeline(recipe, label_spec(recipe.label), new_york())


def row(line: Timeline, entry: date) -> int:
    return int(np.flatnonzero(line.entry == new_york().at_or_after(entry))[0])


def test_a_decision_enters_at_the_next_open_and_leaves_a_horizon_later() -> None:
    line = timeline(label={"horizon": 5, "volatility_sessions": 10})
    friday = row(line, date(2020, 2, 14))
    assert line.as_of[friday] == np.datetime64("2020-02-14T14:00")
    assert line.entry_time[friday] == np.datetime64("2020-02-14T14:30")
    assert line.exit_time[friday] == np.datetime64("2020-02-24T14:30")  # Presidents' Day is no session


def test_fresh_text_starts_at_the_decision_before_and_windows_never_overlap() -> None:
    line = timeline()
    assert (line.text_after[1:] == line.as_of[:-1]).all()
    monday = row(line, date(2020, 2, 10))
    assert line.text_after[monday] == np.datetime64("2020-02-07T14:00")


def test_the_look_back_counts_calendar_days() -> None:
    line = timeline(fresh_only=False, lookback_days=5)
    assert (line.as_of - line.text_after == np.timedelta64(5, "D")).all()


def test_acl18_decides_before_the_close_that_its_return_starts_from() -> None:
    line = timeline(label={"name": "acl18"})
    assert (line.as_of < line.entry_time).all()
    friday = row(line, date(2020, 2, 7))
    assert line.as_of[friday] == np.datetime64("2020-02-07T20:30")
    assert line.entry_time[friday] == np.datetime64("2020-02-07T21:00")
    assert line.exit_time[friday] == np.datetime64("2020-02-10T21:00")
    assert line.as_of[friday] - line.text_after[friday] == np.timedelta64(5, "D")


def test_acl18_as_published_reads_whole_days_up_to_the_day_before_the_exit() -> None:
    line = timeline(label={"name": "acl18_as_published"})
    friday = row(line, date(2020, 2, 7))
    monday = datetime(2020, 2, 10, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC).replace(tzinfo=None)
    assert line.as_of[friday] == np.datetime64(monday)
    assert line.text_after[friday] == np.datetime64(monday) - np.timedelta64(5, "D")
    assert (line.as_of > line.entry_time).all()


def test_known_prices_end_before_the_decision() -> None:
    line, sessions = timeline(), new_york()
    assert (sessions.opens[line.last_open] <= line.as_of).all()
    assert (sessions.closes[line.last_close] <= line.as_of).all()
    assert (line.last_open == line.entry - 1).all()


@pytest.mark.parametrize("name", ["excess", "acl18", "acl18_as_published"])
def test_entries_stay_within_the_recipe_s_dates(name: str) -> None:
    line, sessions = timeline(label={"name": name}), new_york()
    split = config().split
    dates = sessions.dates[line.entry]
    assert dates[0] == np.datetime64(split.train_start)
    assert dates[-1] < np.datetime64(split.test_end)


def test_the_calendar_span_covers_trailing_statistics_and_exits() -> None:
    recipe: MovementDataConfig = config(label={"horizon": 20, "volatility_sessions": 60})
    since, until = calendar_span(recipe)
    sessions = new_york()
    first, last = sessions.at_or_after(since), sessions.at_or_after(until)
    assert since < date(2019, 11, 1)
    assert first <= sessions.at_or_after(recipe.split.train_start) - 62
    assert last > sessions.at_or_after(recipe.split.test_end) + 20
