from datetime import UTC, date, datetime, timedelta

import pytest

from data_pipeline.sources.prices import SOURCES, tiingo
from data_pipeline.sources.prices.bars import Ohlcv, PriceCollector, read_day, window_context
from data_pipeline.sources.protocol import Request, Response
from tests.data_pipeline.sources.prices.answers import JUNE

GOOD = Ohlcv(10.0, 11.0, 9.0, 10.5, 1000.0)


def collector(fetched_at: datetime = datetime(2025, 7, 1, tzinfo=UTC), windowed: bool = True) -> PriceCollector:
    request = Request(url="https://example.com/prices", context=window_context(JUNE) if windowed else {})
    return PriceCollector(tiingo.SOURCE.info, Response(request, request.url, 200, {}, b"{}", fetched_at, "range"))


@pytest.mark.parametrize(
    "prices",
    [
        GOOD._replace(high=8.0),
        GOOD._replace(low=0.0),
        GOOD._replace(open=-1.0),
        GOOD._replace(close=11.5),
        GOOD._replace(volume=-1.0),
        GOOD._replace(volume=None),
        GOOD._replace(low=None),
        GOOD._replace(close=float("nan")),
        GOOD._replace(high=float("inf")),
    ],
)
def test_a_bar_that_cannot_be_is_set_aside_with_the_reason(prices):
    out = collector()
    out.bar("row/1", "US:EXMP", date(2025, 6, 3), prices, "traded")
    assert out.parsed.bars == []
    (item,) = out.parsed.quarantine
    assert item.item == "row/1"
    assert "bar of 2025-06-03" in item.reason


def test_a_session_that_stands_there_twice_is_kept_once():
    out = collector()
    for volume in (1000.0, 2000.0):
        out.bar("row", "US:EXMP", date(2025, 6, 3), GOOD._replace(volume=volume), "traded")
    assert [bar.volume for bar in out.parsed.bars] == [1000.0]
    assert "twice" in out.parsed.quarantine[0].reason


def test_a_session_without_any_price_is_counted_as_missing_and_never_filled():
    out = collector()
    out.bar("row", "US:EXMP", date(2025, 6, 3), Ohlcv(None, None, None, None, 0.0), "traded")
    assert out.parsed.bars == []
    assert out.parsed.counts["missing_sessions"] == 1


def test_window_keeps_its_first_and_its_last_day_only():
    out = collector()
    for day in (1, 2, 19, 20):
        out.bar("row", "US:EXMP", date(2025, 6, day), GOOD, "traded")
    assert [bar.session.day for bar in out.parsed.bars] == [2, 19]
    assert out.parsed.counts["outside_window"] == 2


def test_a_session_is_a_bar_from_eight_in_the_evening_in_new_york():
    for hour, minute, bars in ((23, 59, 0), (24, 0, 1)):
        moment = datetime(2025, 6, 3, hour % 24, minute, tzinfo=UTC).replace(day=3 + hour // 24)
        out = collector(moment)
        out.bar("row", "US:EXMP", date(2025, 6, 3), GOOD, "traded")
        assert len(out.parsed.bars) == bars
        assert out.parsed.counts["unfinished_sessions"] == 1 - bars


def test_actions_that_are_only_announced_are_counted():
    out = collector(datetime(2025, 6, 10, tzinfo=UTC))
    out.action("row", "US:EXMP", date(2025, 6, 12), "cash_dividend", 0.5)
    out.action("row", "US:EXMP", date(2025, 6, 9), "cash_dividend", 0.5)
    assert [action.ex_date.day for action in out.parsed.actions] == [9]
    assert out.parsed.counts["announced_actions"] == 1


def test_a_split_after_the_window_is_kept_only_where_bars_are_adjusted_for_it():
    for later, expected in ((False, 0), (True, 1)):
        out = collector()
        out.action("row", "US:EXMP", date(2025, 6, 25), "split", 2.0, later=later)
        out.action("row", "US:EXMP", date(2025, 5, 1), "split", 2.0, later=later)
        assert len(out.parsed.actions) == expected


@pytest.mark.parametrize("value", [0.0, -0.5, float("nan"), float("inf")])
def test_a_payout_or_split_without_a_positive_value_is_set_aside(value):
    out = collector()
    out.action("row", "US:EXMP", date(2025, 6, 9), "split", value)
    out.action("row", "US:EXMP", date(2025, 6, 9), "cash_dividend", value)
    assert out.parsed.actions == []
    assert len(out.parsed.quarantine) == 2


def test_a_special_dividend_beside_a_regular_one_of_the_same_amount_are_two():
    out = collector()
    for detail in ("CD", "SC", "CD"):
        out.action("row", "US:EXMP", date(2025, 6, 9), "cash_dividend", 0.5, detail)
    assert [action.detail for action in out.parsed.actions] == ["CD", "SC"]
    assert len(out.parsed.quarantine) == 1


def test_unequal_payouts_of_one_day_are_one_action_of_their_sum_since_the_store_keeps_one_of_a_key():
    out = collector()
    for value in (1.0, 5.0, 1.0):
        out.action("row", "US:EXMP", date(2025, 6, 9), "cash_dividend", value, "CD")
    out.action("row", "US:EXMP", date(2025, 6, 10), "cash_dividend", 0.3, "CD")
    assert [(action.ex_date.day, action.value) for action in out.parsed.actions] == [(9, 6.0), (10, 0.3)]
    assert out.parsed.counts["summed_payouts"] == 1
    assert ["twice" in item.reason for item in out.parsed.quarantine] == [True]


def test_sum_of_payouts_does_not_depend_on_their_order():
    sums = set()
    for values in ((0.1, 0.2, 0.7), (0.7, 0.2, 0.1), (0.2, 0.7, 0.1)):
        out = collector()
        for value in values:
            out.action("row", "US:EXMP", date(2025, 6, 9), "cash_dividend", value)
        sums.update(action.value for action in out.parsed.actions)
    assert len(sums) == 1


def test_impossible_payout_is_not_added_to_a_good_one():
    out = collector()
    for value in (1.0, -5.0, float("nan"), float("inf")):
        out.action("row", "US:EXMP", date(2025, 6, 9), "cash_dividend", value)
    assert [action.value for action in out.parsed.actions] == [1.0]
    assert len(out.parsed.quarantine) == 3


@pytest.mark.parametrize(("kind", "values"), [("split", (2.0, 3.0)), ("delisting", (38.5, 40.0))])
def test_second_of_two_unequal_splits_or_final_values_of_a_day_is_set_aside(kind, values):
    out = collector()
    for value in values:
        out.action("row", "US:EXMP", date(2025, 6, 9), kind, value)
    assert [action.value for action in out.parsed.actions] == [values[0]]
    (item,) = out.parsed.quarantine
    assert f"another {kind} of that day says {values[0]}" in item.reason


def test_every_price_source_asks_again_for_sessions_that_were_unfinished_over_a_long_weekend():
    assert {source.info.settles for source in SOURCES} == {timedelta(days=4)}


@pytest.mark.parametrize("text", ["2018-01-05", "20180105", "2018-01-05T00:00:00.000Z", "2018-01-05T00:00:00+00:00"])
def test_dates_are_read_also_as_midnight(text):
    assert read_day(text) == date(2018, 1, 5)


@pytest.mark.parametrize("text", ["2018-01-05T14:30:00.000Z", "2018-13-05", "1/4/1999", "", "0000-00-00", "9999-12-31"])
def test_what_is_no_session_date_is_refused(text):
    with pytest.raises(ValueError, match=r"date|month|year"):
        read_day(text)
