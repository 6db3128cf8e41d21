"""Adjusted bars that were fetched before and after what restated them are not put side by side."""

from datetime import date

import polars as pl
import pytest

from data_pipeline.acquisition.vintages import consistent_bars
from tickertune.core.market import CorporateAction
from tickertune.core.table import frame_of


def bars(basis: str) -> pl.DataFrame:
    rows = [("yahoo_prices", "US:AAPL", date(2026, 1, 5), 100.0, 98.0, basis, date(2026, 1, 10)),
            ("yahoo_prices", "US:AAPL", date(2026, 2, 5), 50.0, 50.0, basis, date(2026, 2, 10)),
            ("yahoo_prices", "US:MSFT", date(2026, 1, 5), 10.0, 10.0, basis, date(2026, 1, 10))]  # fmt: skip
    names = ["source", "instrument_id", "session", "close", "adj_close", "basis", "fetched_on"]
    return pl.DataFrame(rows, schema=names, orient="row")


def action(kind: str, day: date) -> pl.DataFrame:
    return frame_of(CorporateAction, [CorporateAction(instrument_id="US:AAPL", ex_date=day, kind=kind, value=2.0)])


@pytest.mark.parametrize(
    ("basis", "kind", "day", "kept", "with_adj_close"),
    [
        ("split_adjusted", "split", date(2026, 1, 20), 2, 2),
        ("split_adjusted", "cash_dividend", date(2026, 1, 20), 3, 1),
        ("split_adjusted", "split", date(2026, 1, 8), 3, 3),
        ("split_adjusted", "split", date(2026, 3, 1), 3, 3),
        ("total_return", "cash_dividend", date(2026, 1, 20), 2, 2),
        ("total_return", "split", date(2025, 1, 1), 2, 2),
        ("traded", "split", date(2026, 1, 20), 3, 3),
    ],
)
def test_restated_series_keep_what_belongs_together(basis, kind, day, kept, with_adj_close):
    found, notes = consistent_bars(bars(basis), action(kind, day))
    assert found.height == kept
    assert found["adj_close"].count() == with_adj_close
    assert bool(notes) == (kept < 3 or with_adj_close < 3)
    assert found["instrument_id"].to_list().count("US:MSFT") == 1


def test_note_names_the_series_the_day_and_the_remedy():
    _, notes = consistent_bars(bars("split_adjusted"), action("split", date(2026, 1, 20)))
    assert all(part in notes[0] for part in ("US:AAPL", "2026-01-20", "--again"))
