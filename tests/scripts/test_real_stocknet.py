"""StockNet's rules on tiny tables, and its published counts on the real one."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType

import polars as pl
import pytest

from data_pipeline.curation.drops import Drop, drops_frame
from tests.data_pipeline.made import document, documents


@pytest.fixture
def rules(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("real_stocknet")


def prices(*closes: float, start: int = 2) -> pl.DataFrame:
    """Adjusted closes of ticker X on the working days from 2014-06-02 on."""
    days = pl.date_range(date(2014, 6, start), date(2014, 7, 31), eager=True)
    days = days.filter(days.dt.weekday() < 6)[: len(closes)]
    return pl.DataFrame({"ticker": "X", "session": days, "adj_close": list(closes)})


def days(*numbers: int, month: int = 6) -> pl.DataFrame:
    rows = [{"ticker": "X", "day": date(2014, month, number)} for number in numbers]
    return pl.DataFrame(rows, schema={"ticker": pl.String, "day": pl.Date})


def sessions(table: pl.DataFrame) -> list[int]:
    return [day.day for day in table["session"]]


def test_their_band_drops_its_lower_bound_and_keeps_its_upper_one(rules: ModuleType) -> None:
    table = pl.DataFrame({"ret": [-0.0051, -0.005, 0.0, 0.0054, 0.0055, None]})
    assert table.filter(rules.outside_band())["ret"].to_list() == [-0.0051, 0.0055]


def test_a_return_is_against_the_row_before_and_the_first_row_has_none(rules: ModuleType) -> None:
    moves = rules.with_returns(prices(100, 102, 51))
    assert moves["ret"].to_list() == [None, pytest.approx(0.02), pytest.approx(-0.5)]


def test_a_target_needs_a_return_before_the_calendar_days_of_its_lag(rules: ModuleType) -> None:
    # Sessions 2-6 and 9-10 June; the first return is of the 3rd. Monday the 9th looks back to Thursday the 5th.
    moves = rules.with_returns(prices(*range(100, 107)))
    assert sessions(rules.with_history(moves.drop_nulls("ret"), moves)) == [9, 10]


def test_a_tweet_counts_for_five_calendar_days_and_not_on_its_own(rules: ModuleType) -> None:
    targets = rules.with_returns(prices(*range(100, 109)))  # 2 to 12 June
    assert sessions(rules.with_file_day(targets, days(4))) == [5, 6, 9]
    assert sessions(rules.with_file_day(targets, days())) == []
    other = days(4).with_columns(ticker=pl.lit("Y"))
    assert sessions(rules.with_file_day(targets, other)) == []


def test_five_trading_days_reach_over_the_weekend(rules: ModuleType) -> None:
    moves = rules.with_returns(prices(*range(100, 112)))  # 2 to 17 June
    targets = moves.filter(pl.col("session") > date(2014, 6, 9))  # from the 10th: five trading days before is the 3rd
    assert sessions(rules.with_trading_days(targets, days(3), moves)) == [10]
    assert sessions(rules.with_trading_days(targets, days(7), moves)) == [10, 11, 12, 13]
    assert sessions(rules.with_trading_days(targets, days(2), moves)) == []
    own = targets.filter(pl.col("session") == date(2014, 6, 10))
    assert sessions(rules.with_trading_days(own, days(10), moves)) == []


def test_their_program_wants_a_tweet_for_every_trading_day_of_the_lag(rules: ModuleType) -> None:
    moves = rules.with_returns(prices(*range(100, 112)))  # 2 to 17 June
    targets = moves.filter(pl.col("session") == date(2014, 6, 13))  # lag: 9, 10, 11, 12, 13 June
    assert len(rules.with_each_day(targets, days(8, 9, 10, 11, 12), moves)) == 1
    assert len(rules.with_each_day(targets, days(9, 10, 11, 12), moves)) == 0  # none belongs to Monday
    monday = moves.filter(pl.col("session") == date(2014, 6, 16))  # lag: 12, 13, 16 June; a weekend's tweet is Monday's
    assert len(rules.with_each_day(monday, days(11, 12, 14), moves)) == 1


def test_text_counts_after_the_start_of_its_window_up_to_its_end(rules: ModuleType) -> None:
    times = [datetime(2014, 6, day, 12, tzinfo=UTC) for day in (3, 5)]
    targets = pl.DataFrame({"ticker": ["X", "X"], "session": [date(2014, 6, 5), date(2014, 6, 9)]})
    utc = pl.Datetime("us", "UTC")
    windows = pl.DataFrame(
        {"session": targets["session"], "after": [times[0], times[1]], "until": [times[1], datetime(2014, 6, 9, tzinfo=UTC)]},
        schema_overrides={"after": utc, "until": utc},
    )  # fmt: skip

    def left(*at: datetime) -> list[int]:
        texts = documents([document(f"d{number}", time, "X") for number, time in enumerate(at)])
        return sessions(rules.with_text(targets, texts, windows))

    assert left(times[0]) == []
    assert left(times[1]) == [5]
    assert left(datetime(2014, 6, 5, 13, tzinfo=UTC)) == [9]
    assert left(*times, datetime(2014, 6, 6, tzinfo=UTC)) == [5, 9]


def test_splits_end_before_their_last_day(rules: ModuleType) -> None:
    table = pl.DataFrame({"session": [date(2015, 7, 31), date(2015, 8, 3), date(2015, 10, 1)], "ret": [0.1, -0.1, 0.1]})
    assert rules.step("made", table) == ("made", 1, 1, 1.0, 0.0)


def test_clusters_are_counted_with_their_survivor_and_over_tickers(rules: ModuleType) -> None:
    time = datetime(2014, 6, 3, tzinfo=UTC)
    texts = documents([document(name, time, symbol) for name, symbol in zip("abcd", "XXYX", strict=True)])
    drops = drops_frame(
        [
            Drop("b", 0, "exact_duplicate", "a", ""),
            Drop("c", 0, "near_duplicate", "a", ""),
            Drop("d", 0, "spam", None, ""),
        ]
    )
    rows = pl.DataFrame({"id": ["1", "1", "2"], "ticker": ["X", "Y", "X"]})
    table = rules.tweet_table(rows, texts, drops)
    assert table["documents in several ticker folders"] == 1
    assert (table["clusters of repeats"], table["documents in clusters"], table["largest cluster"]) == (1, 3, 3)
    assert (table["clusters of 2"], table["clusters of 3 to 5"], table["clusters over several tickers"]) == (0, 1, 1)
    assert (table["dropped, exact_duplicate"], table["dropped, spam"]) == (1, 1)


def test_the_published_counts_are_those_of_prices_alone(rules: ModuleType, shared_data: Path) -> None:
    parts = rules.parquet.read(shared_data / "stocknet")
    files = rules._tweet_files(shared_data / "stocknet")
    rows = pl.concat([pl.read_parquet(path, columns=["ticker", "file_date"]) for path in files])
    rows = rows.with_columns(day=pl.col("file_date").cast(pl.Date))
    steps, targets, spoken = rules.published_steps(rules.with_returns(parts.prices), rows)
    counts = {row.rule: (row.train, row.dev) for row in steps}
    assert counts["one return more before the lag: THE PUBLISHED COUNT"] == (20_339, 2_555)
    assert counts["a tweet in the five calendar days before, by file day"] == (14_187, 1_871)
    assert len(spoken) < len(targets)
    assert set(parts.stocks) - set(parts.prices["ticker"]) == {"GMRE"}
