from datetime import UTC, datetime, timedelta

import pytest

from data_pipeline.sources.times import day_anywhere, iso, local, rfc822


@pytest.mark.parametrize(
    ("text", "expected", "quality"),
    [
        ("Tue, 03 Nov 2020 14:05:00 GMT", datetime(2020, 11, 3, 14, 5), "exact"),
        ("Tue, 03 Nov 2020 14:05 EST", datetime(2020, 11, 3, 19, 5), "minute"),
        ("Tue, 03 Nov 2020 14:05:00 -0500", datetime(2020, 11, 3, 19, 5), "exact"),
        ("3 November 2020 14:05:00 +05:30", datetime(2020, 11, 3, 8, 35), "exact"),
        ("03 Sept 20 14:05:00 Z", datetime(2020, 9, 3, 14, 5), "exact"),
        ("Wed, 01 Jul 2020 14:05:00 EST", datetime(2020, 7, 1, 19, 5), "exact"),
        ("Tue, 03 Nov 2020 23:59:59 +0000 (UTC)", datetime(2020, 11, 3, 23, 59, 59), "exact"),
    ],
)
def test_mail_dates_mean_what_rfc_822_says(text, expected, quality):
    stamp = rfc822(text)
    assert stamp.at == expected.replace(tzinfo=UTC)
    assert stamp.quality == quality


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 03 Nov 2020 14:05:00",
        "Tue, 03 Nov 2020 14:05:00 ET",
        "Tue, 03 Nov 2020 14:05:00 CET",
        "Tue, 03 Nov 2020 2:05:00 PM EST",
        "Tue, 03 Nov 2020 14:05:00 -0000",
        "Tue, 03 Nov 2020",
        "Wed, 30 Nov -0001 00:00:00 +0000",
        "Seg, 24 Set 2018 19:42:40 -0300",
        "Tue, 31 Feb 2020 14:05:00 GMT",
        "Tue, 03 Nov 2020 14:05:00 +9999",
        "",
    ],
)
def test_mail_dates_without_a_certain_zone_are_refused_not_read_as_utc(text):
    with pytest.raises(ValueError, match=r"."):
        rfc822(text)


def test_a_declared_zone_settles_naive_mail_dates_and_dates_alone_but_no_unknown_zone_name():
    assert rfc822("Tue, 03 Nov 2020 14:05:00", "America/New_York").at == datetime(2020, 11, 3, 19, 5, tzinfo=UTC)
    assert rfc822("Wed, 01 Jul 2020 14:05", "America/New_York").at == datetime(2020, 7, 1, 18, 5, tzinfo=UTC)
    alone = rfc822("Tue, 03 Nov 2020", "America/New_York")
    assert (alone.at, alone.latest) == (
        datetime(2020, 11, 3, 5, tzinfo=UTC),
        datetime(2020, 11, 4, 5, tzinfo=UTC),
    )
    assert alone.quality == "day"
    for text in ("Tue, 03 Nov 2020 14:05:00 CET", "Tue, 03 Nov 2020 14:05:00 -0000"):
        with pytest.raises(ValueError, match="zone"):
            rfc822(text, "America/New_York")


@pytest.mark.parametrize(
    "text",
    [
        "2025-W45-1",
        "2025-11-03_",
        "2025",
        "2025-11",
        "today at noon",
        "T14:00Z",
        "2025-11-03+10:00:00",
        "2025-11-03_10:00",
        "2025-11-03+15:00",
    ],
)
def test_what_is_no_iso_date_and_time_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        iso(text, "UTC")


def test_iso_dates_may_be_written_in_lower_case():
    assert iso("2025-11-03t14:00:00z").at == datetime(2025, 11, 3, 14, tzinfo=UTC)


def test_an_hour_that_the_clock_leaves_out_or_shows_twice_is_read_as_the_later_one():
    left_out, twice = datetime(2024, 3, 10, 7, 30, tzinfo=UTC), datetime(2024, 11, 3, 6, 30, tzinfo=UTC)
    assert iso("2024-03-10 02:30:00", "America/New_York").at == left_out
    assert local("10.03.2024 02:30", "%d.%m.%Y %H:%M", "America/New_York").at == left_out
    assert rfc822("Sun, 10 Mar 2024 02:30:00", "America/New_York").at == left_out
    assert iso("2024-11-03 01:30:00", "America/New_York").at == twice
    assert iso("2024-03-31 02:30:00", "Europe/Berlin").at == datetime(2024, 3, 31, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "quality", "width"),
    [
        ("2024-01-01T10Z", "hour", timedelta(hours=1)),
        ("2024-01-01T10:00Z", "minute", timedelta(minutes=1)),
        ("2024-01-01T10:00:00Z", "exact", timedelta(0)),
        ("20240101T10+01:00", "hour", timedelta(hours=1)),
    ],
)
def test_an_iso_time_is_as_precise_as_it_is_written(text, quality, width):
    stamp = iso(text)
    assert stamp.quality == quality
    assert stamp.latest - stamp.at == width


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("2025-06-06+00:00", datetime(2025, 6, 6)),
        ("2025-06-06Z", datetime(2025, 6, 6)),
        ("2025-06-06-05:00", datetime(2025, 6, 6, 5)),
        ("2025-06-06+14:00", datetime(2025, 6, 5, 10)),
    ],
)
def test_a_date_with_a_zone_is_that_day_in_the_zone_and_no_midnight(text, start):
    stamp = iso(text, "America/New_York")
    assert (stamp.at, stamp.quality) == (start.replace(tzinfo=UTC), "day")
    assert stamp.latest - stamp.at == timedelta(days=1)


def test_a_date_anywhere_on_earth_begins_in_kiribati_and_ends_on_baker_island():
    stamp = day_anywhere("2025-06-06")
    assert (stamp.at, stamp.latest, stamp.quality) == (
        datetime(2025, 6, 5, 10, tzinfo=UTC),
        datetime(2025, 6, 7, 12, tzinfo=UTC),
        "day",
    )
