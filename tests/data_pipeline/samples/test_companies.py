"""Symbol and name on a day."""

from datetime import date

import polars as pl

from data_pipeline.samples.companies import Companies, Company
from tickertune.core.market import Instrument, NameSpan
from tickertune.core.table import frame_of


def table() -> pl.DataFrame:
    names = [
        NameSpan(name="Facebook", valid_to=date(2021, 10, 28)),
        NameSpan(name="Meta", valid_from=date(2021, 10, 28)),
    ]
    common = {"instrument_id": "1", "exchange": "XNAS", "currency": "USD", "name": "Meta", "names": names}
    return frame_of(
        Instrument,
        [
            Instrument(**common, symbol="META", valid_from=date(2022, 6, 9)),
            Instrument(**common, symbol="FB", valid_from=date(2012, 5, 18), valid_to=date(2022, 6, 9)),
        ],
    )


def test_symbol_and_name_are_those_of_the_day() -> None:
    companies = Companies(table())
    assert companies.on("1", date(2015, 1, 2)) == Company("FB", "Facebook")
    assert companies.on("1", date(2022, 6, 8)) == Company("FB", "Meta")
    assert companies.on("1", date(2022, 6, 9)) == Company("META", "Meta")


def test_before_its_listing_an_instrument_has_no_symbol() -> None:
    assert Companies(table()).on("1", date(2012, 5, 17)) is None
    assert Companies(table()).on("2", date(2022, 6, 9)) is None
