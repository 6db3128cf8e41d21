"""What the audit says of every real price file, as it is: the figures of docs/price-audit.md."""

from collections import Counter
from datetime import date
from functools import lru_cache
from pathlib import Path

import polars as pl
import pytest

from data_pipeline.audit.prices import audit_markets
from tests.data_pipeline.audit.prices.real import TRUE_BASIS, listed, real_bars
from tickertune.core.market import CorporateAction
from tickertune.core.table import schema_of

FOUND = {
    "stocknet": {"zero_volume": 59, "stale_close": 1, "volume_break": 1},
    "bokeh": {"split_without_action": 3},
    "arch_nasdaq": {"zero_volume": 2},
    "arch_sp500": {},
    "arch_vix": {"no_volume": 1, "split_without_action": 7},
    "skfolio_sp500": {"no_volume": 20, "split_without_action": 7},
    "skfolio_factors": {"no_volume": 5},
    "skfolio_index": {"no_volume": 1},
    "zipline_spy": {"no_volume": 1},
}


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
    rows = found("bokeh", shared_data).select("instrument_id", "first_session", "severity").rows()
    assert rows == [
        ("AAPL", date(2000, 6, 21), "suspect"),
        ("AAPL", date(2005, 2, 28), "suspect"),
        ("MSFT", date(2003, 2, 18), "suspect"),
    ]


def test_real_crashes_are_not_called_suspect_where_closes_alone_cannot_tell(shared_data: Path) -> None:
    table = found("skfolio_sp500", shared_data)
    crash = table.filter((pl.col("instrument_id") == "AAPL") & (pl.col("first_session") == date(2000, 9, 29)))
    assert crash["severity"].to_list() == ["note"]
    assert (table["severity"] == "note").all()


def test_stocknet_has_no_doubtful_split_and_few_bars_without_trades(shared_data: Path) -> None:
    suspect = found("stocknet", shared_data).filter(pl.col("severity") == "suspect")
    assert set(suspect["instrument_id"]) == {"US:AGFS", "US:SPLP", "US:PTR"}
    assert set(suspect["kind"]) == {"zero_volume", "stale_close"}
