"""One company's prices under two symbols."""

import polars as pl
import pytest

from tests.data_pipeline.audit.prices.test_properties import DAYS, audited, walk

PRICES = ("open", "high", "low", "close")
KIND = "shared_prices"


def told(*series: pl.DataFrame) -> list[tuple[str, str, object, object]]:
    found = audited(pl.concat(series)).filter(kind=KIND)
    return found.select("instrument_id", "severity", "first_session", "last_session").rows()


def spliced(own: pl.DataFrame, other: pl.DataFrame, at: int, factor: float, shares: float = 1.0) -> pl.DataFrame:
    """``own`` until session ``at``, from there on ``other`` times ``factor``."""
    after = other[at:].with_columns(pl.lit(own["instrument_id"][0]).alias("instrument_id"), pl.col("volume") * shares)
    return pl.concat([own[:at], after.with_columns(pl.col(*PRICES) * factor)])


def joined(own: pl.DataFrame, other: pl.DataFrame, at: int, step: float) -> float:
    """Factor of ``other`` by which the night into ``at`` is a step of ``step``."""
    return float(own["close"][at - 1] / other["open"][at] * step)


@pytest.mark.parametrize("shares", [1.0, 0.01, 7.0])
def test_a_step_of_a_few_nights_is_found_and_the_spliced_series_blamed(shares: float) -> None:
    own, other = walk(1, "A"), walk(2, "B")
    table = spliced(own, other, 80, joined(own, other, 80, 1.08), shares)
    assert told(table, other) == [("A", "suspect", DAYS[80], DAYS[-1]), ("B", "note", DAYS[80], DAYS[-1])]
    assert not told(table)
    assert not told(own, other)


def test_without_a_step_either_may_be_the_spliced_one_and_both_are_suspect() -> None:
    own, other = walk(1, "A"), walk(2, "B")
    table = spliced(own, other, 80, joined(own, other, 80, 1.0))
    assert [(name, severity) for name, severity, _, _ in told(table, other)] == [("A", "suspect"), ("B", "suspect")]


def test_an_instrument_held_twice_is_noted_for_its_returns_are_true() -> None:
    own = walk(1, "A")
    copy = own.with_columns(instrument_id=pl.lit("B"))
    assert told(own, copy) == [(name, "note", DAYS[0], DAYS[-1]) for name in "AB"]
    renamed = copy[100:]
    assert told(own, renamed) == [(name, "note", DAYS[100], DAYS[-1]) for name in "AB"]


def test_a_symbol_that_goes_on_as_a_company_listed_that_day_is_suspect_where_its_level_steps() -> None:
    own, other = walk(1, "A"), walk(2, "B")[80:]
    table = spliced(own, walk(2, "B"), 80, joined(own, walk(2, "B"), 80, 1.2))
    assert [(name, severity) for name, severity, _, _ in told(table, other)] == [("A", "suspect"), ("B", "note")]


def test_it_ends_where_the_bars_part_again_and_faults_between_do_not_end_it() -> None:
    own, other = walk(1, "A"), walk(2, "B")
    table = spliced(own, other, 40, joined(own, other, 40, 1.3))
    table = pl.concat([table[:120], own[120:]])
    spike = (pl.int_range(pl.len()) == 60).alias("spike")
    faulty = other.with_columns(pl.when(spike).then(pl.col("high") * 10).otherwise("high").alias("high"))
    assert told(table, faulty)[0] == ("A", "suspect", DAYS[40], DAYS[119])


@pytest.mark.parametrize(("days", "found"), [(3, 0), (4, 2)])
def test_so_many_sessions_in_a_row_are_needed(days: int, found: int) -> None:
    own, other = walk(1, "A"), walk(2, "B")
    same = other[80 : 80 + days].with_columns(instrument_id=pl.lit("A"))
    assert len(told(pl.concat([own[:80], same, own[80 + days :]]), other)) == found


def test_prices_of_few_ticks_and_closes_alone_accuse_nobody() -> None:
    dull = [walk(seed, name, volatility=0.004, step=1.0) for seed, name in enumerate("ABCDEF")]
    assert not told(*dull)
    closes = walk(1, "A").with_columns(pl.col("close").alias(name) for name in ("open", "high", "low"))
    assert not told(closes, closes.with_columns(instrument_id=pl.lit("B")))


def test_volumes_that_have_nothing_to_do_with_each_other_are_two_companies() -> None:
    own, other = walk(1, "A"), walk(2, "A")
    shapes = own.with_columns(other["volume"], instrument_id=pl.lit("B"))
    assert not told(own, shapes)
