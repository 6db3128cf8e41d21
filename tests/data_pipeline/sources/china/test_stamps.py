"""Stamps as Chinese sites write them."""

from datetime import UTC, date, datetime, timedelta

import pytest

from data_pipeline.sources.china.stamps import beijing, beijing_days, day_start, formal_date, weibo

SEEN = datetime(2025, 6, 3, 17, 30, 40, tzinfo=UTC)
"""01:30:40 of the fourth of June in Beijing."""


def test_naive_stamps_are_beijing_time():
    assert beijing("2025-06-03 09:30:00").at == datetime(2025, 6, 3, 1, 30, tzinfo=UTC)
    assert beijing("2025/06/03 09:30:05").at == datetime(2025, 6, 3, 1, 30, 5, tzinfo=UTC)
    assert beijing("2025-06-03T09:30:05").at == datetime(2025, 6, 3, 1, 30, 5, tzinfo=UTC)


def test_summer_time_of_the_eighties_is_known():
    assert beijing("1990-07-01 09:30:00").at == datetime(1990, 7, 1, 0, 30, tzinfo=UTC)


def test_eastmoney_writes_milliseconds_after_a_colon():
    assert beijing("2021-11-15 18:54:16:409").at == datetime(2021, 11, 15, 10, 54, 16, 409000, tzinfo=UTC)


def test_midnight_in_milliseconds_is_a_date_alone():
    stamp = formal_date(1786723200000)
    assert (stamp.at, stamp.quality) == (datetime(2026, 8, 14, 16, tzinfo=UTC), "day")
    assert stamp.latest == datetime(2026, 8, 15, 16, tzinfo=UTC)


def test_another_time_in_milliseconds_is_exact():
    stamp = formal_date(1790754967000)
    assert (stamp.at, stamp.quality) == (datetime(2026, 9, 30, 7, 56, 7, tzinfo=UTC), "exact")


@pytest.mark.parametrize(
    ("text", "at", "width", "quality"),
    [
        ("Tue Mar 05 10:00:00 +0800 2024", datetime(2024, 3, 5, 2, tzinfo=UTC), timedelta(0), "exact"),
        ("刚刚", SEEN - timedelta(minutes=1), timedelta(minutes=1), "minute"),
        ("5分钟前", SEEN - timedelta(minutes=6), timedelta(minutes=1), "minute"),
        ("30秒前", SEEN - timedelta(seconds=31), timedelta(seconds=1), "exact"),
        ("3小时前", SEEN - timedelta(hours=4), timedelta(hours=1), "hour"),
        ("今天 00:05", datetime(2025, 6, 3, 16, 5, tzinfo=UTC), timedelta(minutes=1), "minute"),
        ("昨天 12:30", datetime(2025, 6, 3, 4, 30, tzinfo=UTC), timedelta(minutes=1), "minute"),
        ("06-03", datetime(2025, 6, 2, 16, tzinfo=UTC), timedelta(days=1), "day"),
        ("12-31", datetime(2024, 12, 30, 16, tzinfo=UTC), timedelta(days=1), "day"),
        ("02-29", datetime(2024, 2, 28, 16, tzinfo=UTC), timedelta(days=1), "day"),
        ("2019-03-05", datetime(2019, 3, 4, 16, tzinfo=UTC), timedelta(days=1), "day"),
        ("03月05日 10:00", datetime(2025, 3, 5, 2, tzinfo=UTC), timedelta(minutes=1), "minute"),
        ("2023年03月05日 10:00", datetime(2023, 3, 5, 2, tzinfo=UTC), timedelta(minutes=1), "minute"),
    ],
)
def test_weibo_stamps_hold_what_they_say_and_no_more(text, at, width, quality):
    stamp = weibo(text, SEEN)
    assert (stamp.at, stamp.quality) == (at, quality)
    assert stamp.latest - stamp.at == width


@pytest.mark.parametrize("text", ["", "明天 10:00", "Tue Foo 05 10:00:00 +0800 2024", "25:00", "13-45", "x分钟前"])
def test_what_is_no_stamp_is_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011 each reader says it in its own words
        weibo(text, SEEN)


def test_a_window_touches_the_days_of_beijing():
    since, until = datetime(2025, 6, 2, 15, 59, tzinfo=UTC), datetime(2025, 6, 3, 16, tzinfo=UTC)
    assert list(beijing_days(since, until)) == [date(2025, 6, 2), date(2025, 6, 3)]
    assert day_start(date(2025, 6, 3)) == datetime(2025, 6, 2, 16, tzinfo=UTC)
