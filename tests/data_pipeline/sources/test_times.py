from datetime import UTC, datetime

import pytest

from data_pipeline.sources.times import iso, rfc822


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


@pytest.mark.parametrize("text", ["2025-W45-1", "2025-11-03_", "2025", "2025-11", "today at noon", "T14:00Z"])
def test_what_is_no_iso_date_and_time_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        iso(text, "UTC")


def test_iso_dates_may_be_written_in_lower_case():
    assert iso("2025-11-03t14:00:00z").at == datetime(2025, 11, 3, 14, tzinfo=UTC)
