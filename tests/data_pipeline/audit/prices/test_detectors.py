"""Real events that look like faults, and faults at the edges."""

from datetime import date, timedelta

import polars as pl

from tests.data_pipeline.audit.prices.plant import at, scaled, since
from tests.data_pipeline.audit.prices.test_properties import DAYS, audited, walk
from tests.data_pipeline.made import action


def kinds(found: pl.DataFrame) -> list[str]:
    return found["kind"].to_list()


def test_a_crash_with_the_range_and_volume_of_one_is_no_split() -> None:
    crash = scaled(scaled(walk(1), since(80), 0.5), at(80), 8.0, ("volume",))
    crash = scaled(crash, at(80), 1.2, ("high",))
    assert audited(crash).select("kind", "severity").rows() == [("large_move", "note")]


def test_the_same_fall_on_a_quiet_day_is_one() -> None:
    found = audited(scaled(walk(1), since(80), 0.5))
    assert found.select("kind", "first_session").rows() == [("split_without_action", DAYS[80])]


def test_a_recorded_spin_off_explains_the_fall() -> None:
    fallen = scaled(walk(2), since(80), 0.52)
    value = 0.48 * walk(2)["close"][79]
    assert kinds(audited(fallen, [action("A", DAYS[80], "spin_off", value)])) == []
    assert kinds(audited(fallen)) == ["split_without_action"]


def test_a_payout_on_the_day_of_a_split_is_per_new_share() -> None:
    fallen = scaled(walk(3), since(80), 0.25)
    value = 0.5 * 0.5 * walk(3)["close"][79]
    acted = [action("A", DAYS[80], "split", 2.0), action("A", DAYS[80], "spin_off", value)]
    assert kinds(audited(fallen, acted)) == []


def test_a_split_whose_ex_date_has_no_bar_is_looked_for_at_the_next() -> None:
    gap = scaled(walk(4), since(80), 1 / 3).filter(~at(80))
    assert kinds(audited(gap, [action("A", DAYS[80], "split", 3.0)])) == ["missing_sessions"]


def test_a_dividend_of_split_adjusted_bars_is_restated_by_later_splits() -> None:
    adjusted = scaled(walk(5, basis="split_adjusted"), ~since(60), 1.4)
    value = 0.4 / 1.4 * adjusted["close"][59] * 4
    acted = [action("A", DAYS[60], "cash_dividend", value), action("A", DAYS[100], "split", 4.0)]
    assert kinds(audited(adjusted, acted)) == []


def test_an_adj_close_that_reinvests_the_recorded_dividend_is_consistent_and_one_that_does_not_is_told() -> None:
    table = walk(6)
    part = 0.02
    value = part * table["close"][79]
    paid = scaled(table, since(80), 1 - part)
    acted = [action("A", DAYS[80], "cash_dividend", value)]
    right = paid.with_columns(adj_close=table["close"])
    left_out = paid.with_columns(adj_close=pl.col("close"))
    unrecorded = paid.with_columns(adj_close=table["close"] * pl.when(since(120)).then(1.03).otherwise(1.0))
    assert kinds(audited(right, acted)) == []
    assert audited(left_out, acted).select("kind", "first_session").rows() == [("dividend_misstated", DAYS[80])]
    found = audited(unrecorded, acted)
    assert found.select("kind", "first_session").rows() == [("dividend_without_action", DAYS[120])]


def test_rounding_beyond_the_range_is_a_note() -> None:
    table = walk(7)
    rounded = table.with_columns(
        high=pl.when(at(30)).then(pl.max_horizontal("open", "close") * 0.999).otherwise("high")
    )
    wrong = table.with_columns(high=pl.when(at(30)).then(pl.max_horizontal("open", "close") * 0.97).otherwise("high"))
    assert audited(rounded)["severity"].to_list() == ["note"]
    assert audited(wrong)["severity"].to_list() == ["suspect"]


def test_an_index_without_volume_is_one_note() -> None:
    found = audited(walk(8).with_columns(volume=0.0))
    assert found.select("kind", "severity").rows() == [("no_volume", "note")]


def test_a_holiday_bar_is_called_a_holiday() -> None:
    table = walk(9)
    extra = table[:1].with_columns(session=pl.lit(date(2019, 12, 25)))
    found = audited(pl.concat([table, extra]))
    assert kinds(found) == ["off_session"]
    assert "Wednesday is a holiday of XNYS" in found["detail"][0]


def test_dates_that_are_a_day_late_make_the_whole_series_suspect() -> None:
    late = walk(10).with_columns(session=pl.col("session") + timedelta(days=1))
    found = audited(late).filter(pl.col("kind") == "shifted_dates")
    assert found.select("first_session", "severity").rows() == [(DAYS[0] + timedelta(days=1), "suspect")]


def test_a_change_of_volatility_alone_is_a_note() -> None:
    calm, wild = walk(11, volatility=0.001), walk(12, volatility=0.04)
    level = calm["close"][99] / wild["open"][100]
    found = audited(pl.concat([calm[:100], scaled(wild, pl.lit(True), level)[100:]]))
    assert found.select("kind", "severity").rows() == [("volatility_break", "note")]
    assert abs((found["first_session"][0] - DAYS[100]).days) <= 3
