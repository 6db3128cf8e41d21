"""Wrong dates and prices of made articles, and the counts of the real ones."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


@pytest.fixture
def yahoo(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("real_yahoo")


@pytest.fixture
def closes(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("real_yahoo_prices")


def record(
    published: str, clock: str = "", downloaded: str = "2018-06-07 12:00:00+00:00", **more: Any
) -> dict[str, Any]:
    address = f"https://finance.yahoo.com/news/a-title{f'-{clock}123' if clock else ''}.html"
    return {"date_publish": published, "date_download": downloaded, "url": address, "title": "t", "maintext": "text",
            "mentioned_companies": ["X", None]} | more  # fmt: skip


def counts(rows: list[Any]) -> dict[str, int]:
    return {row.what: row.count for row in rows}


def dated(yahoo: ModuleType, *records: dict[str, Any]) -> dict[str, int]:
    return counts(yahoo.date_rows([yahoo.article(f"2018#{number}", one) for number, one in enumerate(records)]))


@pytest.mark.parametrize(
    ("made", "what"),
    [
        (record("2018-06-07 00:00:00"), "midnight: a date alone"),
        (record("2018-06-07 00:00:00", "101500"), "of these, with a clock time in the address"),
        (record("2018-06-08 00:00:00"), "stamp later than the article's own download"),
        (record("2018-06-01 10:00:00"), "timed stamp more than 2 days before the download"),
        (record("2018-06-01 00:00:00"), "date alone more than 2 days before the download"),
        (record("2018-06-07 00:00:00", "130000"),
         "date alone that cannot be: the address's clock on that day is later than the download"),
        (record("2018-06-07 10:15:20", "101500"), "timed stamp in the minute of the address's clock"),
        (record("2018-06-07 10:45:00", "101500"), "timed stamp up to an hour after it: revised"),
        (record("2018-06-07 11:15:00", "101500"), "timed stamp an hour and more after it, same day: revised"),
        (record("2018-06-07 09:15:00", "101500"), "timed stamp before it: of a later day than the first publication"),
        (record("2018-06-07 10:00:00", maintext="June 5 (Reuters) - A"), "dateline names another day than the stamp"),
        (record("2018-06-07 01:00:00"), "stamp's UTC day is not its New York day"),
        (record("2018-06-03 10:00:00"), "stamp on a day without a session"),
    ],
)  # fmt: skip
def test_a_doubtful_stamp_is_counted_under_its_name(yahoo: ModuleType, made: dict[str, Any], what: str) -> None:
    good = record("2018-06-07 11:00:00", "110000")
    before = dated(yahoo, good)
    after = dated(yahoo, good, made)
    assert after[what] == before[what] + 1


def test_a_dateline_takes_the_year_nearest_to_the_stamp(yahoo: ModuleType) -> None:
    made = yahoo.article("2018#0", record("2018-01-01 10:00:00", maintext="LONDON, Dec 31 (Reuters) - A"))
    assert yahoo.dateline(made) == date(2017, 12, 31)
    assert yahoo.dateline(made._replace(text="Feb 30 (Reuters) - A")) is None
    assert yahoo.dateline(made._replace(text="no date")) is None


def priced(published: str, *three: float) -> dict[str, Any]:
    names = ("prev_day_price_X", "curr_day_price_X", "next_day_price_X")
    return record(published, **dict(zip(names, three, strict=True)))


def test_closes_are_held_against_a_price_file_and_against_each_other(yahoo: ModuleType, closes: ModuleType) -> None:
    returns = {"X": {date(2018, 6, 5): 0.0, date(2018, 6, 6): 0.01, date(2018, 6, 7): 0.02, date(2018, 6, 8): 0.03}}
    made = [
        priced("2018-06-06 15:00:00", 100, 101, 103.02),
        priced("2018-06-07 15:00:00", 101, 103.02, 106.1106),
        priced("2018-06-07 16:00:00", 100, 101, 103.02),  # the closes of the day before
    ]
    rows = counts(closes.price_rows([yahoo.article(f"2018#{n}", one) for n, one in enumerate(made)], returns))
    assert rows["closes of the stamp's UTC day, by the price file"] == 2
    assert rows["not the stamp's day, and another within 40 days fits"] == 1
    assert rows["sessions of a ticker with two different closes"] == 3
    assert rows["'current' close made after the stamp: it was not known"] == 3
    assert rows["mentioned tickers with closes"] == 3


def test_a_night_stamp_carries_the_closes_of_its_utc_day(yahoo: ModuleType, closes: ModuleType) -> None:
    returns = {"X": {date(2018, 6, 5): 0.0, date(2018, 6, 6): 0.01, date(2018, 6, 7): 0.02, date(2018, 6, 8): 0.03}}
    made = yahoo.article("2018#0", priced("2018-06-07 01:00:00", 101, 103.02, 106.1106))
    rows = counts(closes.price_rows([made], returns))
    assert rows["closes of the stamp's UTC day, by the price file"] == 1
    assert rows["where the days differ: closes of the New York day"] == 0


def test_classes_follow_the_records_own_closes(yahoo: ModuleType) -> None:
    made = [yahoo.article("2018#0", priced("2018-06-06 15:00:00", 100, 101, 100.8))]
    first, second = yahoo.class_rows(made)
    assert (first["up"], first["equal"], first["down"], first["acl18 up"], first["acl18 down"]) == (1, 0, 0, 1, 0)
    assert (second["up"], second["down"], second["acl18 up"], second["acl18 down"]) == (0, 1, 0, 0)


def test_repeats_are_counted(yahoo: ModuleType) -> None:
    text = (
        "The company said on Monday that it would build a plant in the north of the country and hire 300 people. " * 3
    )
    made = [yahoo.article(f"2018#{n}", record("2018-06-06 15:00:00", maintext=text)) for n in range(3)]
    rows = counts(yahoo.repeat_rows(made))
    assert rows["text of an earlier article"] == rows["curation drops: exact_duplicate"] == 2


def test_the_real_articles(
    yahoo: ModuleType, closes: ModuleType, script: Callable[[str], ModuleType], shared_data: Path
) -> None:
    returns = closes.returns_of(script("real_prices").real_bars("skfolio_sp500", shared_data))
    articles = yahoo.read(shared_data / "yahoo_articles")
    dates, prices = counts(yahoo.date_rows(articles)), counts(closes.price_rows(articles, returns))
    assert len(articles) == 2398
    assert dates["midnight: a date alone"] == 306
    assert dates["stamp later than the article's own download"] == 13
    assert dates["date alone that cannot be: the address's clock on that day is later than the download"] == 14
    assert prices["closes of the stamp's UTC day, by the price file"] == 822
    assert prices["where the days differ: closes of the New York day"] == 0
