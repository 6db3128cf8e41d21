"""What the audit says of every real price file, as it is: the figures of docs/price-audit.md."""

from collections import Counter
from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest

from data_pipeline.audit.prices import audit_markets
from scripts.real_prices import TRUE_BASIS, listed, real_bars
from tickertune.core.market import CorporateAction
from tickertune.core.table import schema_of

FOUND = {
    "stocknet": {
        "zero_volume": 59, "stale_close": 1, "volume_break": 1, "large_move": 11, "splice": 4, "starts_late": 3,
    },
    "bokeh": {"split_without_action": 3, "large_move": 13, "splice": 3, "starts_late": 2},
    "arch_nasdaq": {"zero_volume": 2},
    "arch_sp500": {},
    "arch_vix": {"no_volume": 1, "split_without_action": 7},
    "skfolio_sp500": {"no_volume": 20, "split_without_action": 7},
    "skfolio_factors": {"no_volume": 5},
    "skfolio_index": {"no_volume": 1},
    "zipline_spy": {"no_volume": 1},
}  # fmt: skip


@lru_cache
def found(name: str, shared: Path) -> pl.DataFrame:
    bars = real_bars(name, shared)
    return audit_markets(bars, pl.DataFrame(schema=schema_of(CorporateAction)), listed(bars))


@pytest.mark.parametrize("name", TRUE_BASIS)
def test_findings_of_a_real_file(name: str, shared_data: Path) -> None:
    assert Counter(found(name, shared_data)["kind"]) == Counter(FOUND[name])


def test_no_price_file_is_left_out(shared_data: Path) -> None:
    files = {path.name for path in (shared_data / "prices").iterdir()}
    assert len(files) == len(TRUE_BASIS) - 1  # and StockNet


def test_the_real_splits_of_traded_bars_without_actions_are_found_by_day(shared_data: Path) -> None:
    suspect = found("bokeh", shared_data).filter(pl.col("severity") == "suspect")
    assert suspect.select("instrument_id", "first_session", "kind").rows() == [
        ("AAPL", date(2000, 6, 21), "split_without_action"),
        ("AAPL", date(2005, 2, 28), "split_without_action"),
        ("MSFT", date(2003, 2, 18), "split_without_action"),
    ]


def test_the_special_dividend_of_2004_that_no_action_records_is_a_note(shared_data: Path) -> None:
    """Microsoft paid 3 dollars a share of 30: the step of the largest size among the quiet days of the file."""
    steps = found("bokeh", shared_data).filter((pl.col("kind") == "splice") & (pl.col("instrument_id") == "MSFT"))
    day = steps.filter(pl.col("first_session") == date(2004, 11, 15))
    assert day["severity"].to_list() == ["note"]
    assert abs(day["value"][0] - (1 - 3 / 29.97)) < 0.02


def test_series_that_begin_after_the_others_are_those_listed_later(shared_data: Path) -> None:
    late = found("stocknet", shared_data).filter(pl.col("kind") == "starts_late")
    assert late.select("instrument_id", "last_session").rows() == [
        ("US:ABBV", date(2012, 12, 31)), ("US:AGFS", date(2014, 11, 19)), ("US:BABA", date(2014, 9, 18)),
    ]  # fmt: skip


def test_real_crashes_are_not_called_suspect_where_closes_alone_cannot_tell(shared_data: Path) -> None:
    table = found("skfolio_sp500", shared_data)
    crash = table.filter((pl.col("instrument_id") == "AAPL") & (pl.col("first_session") == date(2000, 9, 29)))
    assert crash["severity"].to_list() == ["note"]
    assert (table["severity"] == "note").all()


def test_stocknet_has_no_doubtful_split_and_few_bars_without_trades(shared_data: Path) -> None:
    suspect = found("stocknet", shared_data).filter(pl.col("severity") == "suspect")
    assert set(suspect["instrument_id"]) == {"US:AGFS", "US:SPLP", "US:PTR"}
    assert set(suspect["kind"]) == {"zero_volume", "stale_close"}
