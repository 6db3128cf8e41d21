"""What must hold of any audit, and of clean prices."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.audit.prices import audit_markets, audit_prices, summary, suspect_sessions
from data_pipeline.labels.sessions import load_sessions
from data_pipeline.sources.simulated.market import instruments_of, make_companies, simulate_prices
from scripts.real_prices import listed
from tests.data_pipeline.audit.prices.plant import ANY, TRADED
from tests.data_pipeline.made import action, actions, bar, bars, instruments, new_york
from tickertune.core.market import Bar
from tickertune.core.table import schema_of

DAYS = [day.item() for day in new_york().dates]
SPLITS = {"split_applied_twice", "split_not_applied", "split_inverted", "split_wrong_date", "split_without_action"}


def walk(seed: int, name: str = "A", volatility: float = 0.02, step: float = 0.0, **changes: object) -> pl.DataFrame:
    """A clean random walk over ``DAYS``, rounded to ``step`` where it is not 0."""
    rng = np.random.default_rng(seed)
    rows, price = [], 100.0
    for day in DAYS:
        open_ = price * np.exp(rng.normal(0, volatility / 2))
        price = open_ * np.exp(rng.normal(0, volatility))
        values = [open_, price]
        if step:
            values = [max(round(value / step), 1) * step for value in values]
        spread = np.exp(abs(rng.normal(0, volatility / 2)))
        high, low = max(values) * spread, min(values) / spread
        volume = float(np.round(rng.lognormal(13, 0.3)))
        rows.append(bar(name, day, *values, high=high, low=low, volume=volume, **changes))
    return bars(rows)


def audited(table: pl.DataFrame, acted: list[dict[str, object]] | None = None) -> pl.DataFrame:
    return audit_prices(table, actions(acted or []), listed(table), new_york())


def faulty(seed: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Three series, each with a fault drawn by the seed."""
    rng = np.random.default_rng(seed)
    planters = [planter for _, planter in (ANY | TRADED).values()]
    parts, added = [], []
    for number, name in enumerate("ABC"):
        planter = planters[int(rng.integers(len(planters)))]
        own, new, _, _ = planter(walk(3 * seed + number, name), int(rng.integers(20, 150)), rng)
        parts.append(own)
        added += new
    return pl.concat(parts), actions(added)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(seed: int, random: object) -> None:
    table, acted = faulty(seed)
    shuffled = table.sample(fraction=1, shuffle=True, seed=seed)
    first = audit_prices(table, acted, listed(table), new_york())
    second = audit_prices(shuffled, acted.reverse(), listed(table).reverse(), new_york())
    assert not first.is_empty()
    assert first.equals(second)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_the_names_of_instruments_do_not_matter(seed: int) -> None:
    table, acted = faulty(seed)
    renamed = {"A": "Z", "B": "Y", "C": "X"}
    first = audit_prices(table, acted, listed(table), new_york())
    other, other_acted = (frame.with_columns(pl.col("instrument_id").replace(renamed)) for frame in (table, acted))
    second = audit_prices(other, other_acted, listed(other), new_york())
    back = second.with_columns(pl.col("instrument_id").replace({new: old for old, new in renamed.items()}))
    order = ["instrument_id", "first_session", "kind", "last_session", "detail"]
    assert back.sort(order).equals(first.sort(order))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000))
def test_an_instrument_is_judged_by_its_own_bars_alone(seed: int) -> None:
    table, acted = faulty(seed)
    alone = audit_prices(table.filter(pl.col("instrument_id") == "B"), acted, listed(table), new_york())
    whole = audit_prices(table, acted, listed(table), new_york())
    apart = pl.col("kind").is_in(["starts_late", "ends_early"])  # these alone are judged by the others' bars
    assert whole.filter((pl.col("instrument_id") == "B") & ~apart).equals(alone)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([1.25, 1.5, 2.0, 3.0, 7.0, 20.0, 0.5, 0.1]),
    st.integers(1, len(DAYS) - 1),
    st.sampled_from(["traded", "split_adjusted", "total_return"]),
    st.sampled_from([0.005, 0.02, 0.04]),
)
def test_a_clean_walk_with_a_split_applied_as_its_basis_says_is_quiet(
    seed: int, ratio: float, at: int, basis: str, volatility: float
) -> None:
    clean = walk(seed, volatility=volatility, basis=basis)
    if basis == "traded":
        after = pl.col("session") >= DAYS[at]
        clean = clean.with_columns(
            *(
                pl.when(after).then(pl.col(name) / ratio).otherwise(name).alias(name)
                for name in ("open", "high", "low", "close")
            ),
            volume=pl.when(after).then(pl.col("volume") * ratio).otherwise("volume"),
        )
    found = audited(clean, [action("A", DAYS[at], "split", ratio)])
    assert not SPLITS & set(found["kind"])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.005, 0.02, 0.05]), st.sampled_from([0.0, 0.01]))
def test_a_clean_walk_is_quiet_also_when_its_prices_are_rounded(seed: int, volatility: float, step: float) -> None:
    found = audited(walk(seed, volatility=volatility, step=step))
    assert found.filter(pl.col("severity") == "suspect").is_empty()


def test_prices_of_few_ticks_repeat_without_being_stale() -> None:
    """By its threshold the detector is wrong in at most one such series in a hundred; here two in sixty are allowed."""
    tables = [walk(seed, volatility=0.005, step=0.5) for seed in range(60)]
    assert sum((table["close"].diff() == 0).sum() for table in tables) > 60 * len(DAYS) / 4
    assert sum("stale_close" in audited(table)["kind"] for table in tables) <= 2


@pytest.mark.parametrize("seed", range(2))
def test_the_simulated_market_is_quiet_for_nine_years(seed: int) -> None:
    sessions = load_sessions("XNYS", date(2015, 1, 1), date(2024, 1, 1))
    companies = make_companies(seed, 12)
    tones = np.random.default_rng(seed).normal(0, 1, (len(sessions), 12))
    prices = simulate_prices(seed, companies, [day.item() for day in sessions.dates], tones, 2.0, 0.002)
    found = audit_prices(prices.bars, prices.actions, instruments_of(companies), sessions)
    assert set(found["kind"]) <= {"missing_sessions", "starts_late", "ends_early"}
    assert found["value"].sum() == len(prices.missing)


def test_no_bars_and_single_bars_make_no_findings() -> None:
    empty = pl.DataFrame(schema=schema_of(Bar))
    assert audit_prices(empty, actions([]), instruments(["A"]), new_york()).is_empty()
    assert audit_markets(empty, actions([]), instruments(["A"])).is_empty()
    assert audited(walk(0)[:1]).is_empty()
    assert audited(walk(0)[:2]).is_empty()


def test_bars_without_an_instrument_and_outside_the_calendar_are_left_alone() -> None:
    table = walk(0)
    early = table[:1].with_columns(session=pl.lit(date(2010, 1, 2)))
    assert audited(pl.concat([early, table])).is_empty()
    assert audit_prices(table.with_columns(volume=0.0), actions([]), instruments(["B"]), new_york()).is_empty()


def test_a_series_on_closed_days_alone_is_reported() -> None:
    table = bars([bar("A", date(2020, 1, day), 10, 10) for day in (4, 5, 11)])
    found = audited(table)
    assert set(found["kind"]) == {"off_session", "shifted_dates"}


def test_each_market_is_held_against_its_own_calendar() -> None:
    both = instruments(["A", "B"]).with_columns(
        exchange=pl.when(pl.col("instrument_id") == "B").then(pl.lit("XLON")).otherwise("exchange")
    )
    table = pl.concat([walk(0, "A"), walk(0, "B")])
    found = audit_markets(table, actions([]), both)
    assert set(found["instrument_id"]) == {"B"}
    assert set(found["kind"]) == {"off_session", "missing_sessions"}
    assert date(2019, 12, 26) in found.filter(pl.col("kind") == "off_session")["first_session"].to_list()


def test_the_summary_counts_suspects_first() -> None:
    table = walk(0).with_columns(volume=pl.when(pl.int_range(pl.len()).is_in([9, 40])).then(0.0).otherwise("volume"))
    counted = summary(audited(table.filter(~pl.int_range(pl.len()).is_in([3, 70, 90]))))
    assert counted.select("kind", "severity", "findings", "instruments").rows() == [
        ("zero_volume", "suspect", 2, 1),
        ("missing_sessions", "note", 3, 1),
    ]
    assert counted["meaning"].null_count() == 0


def test_only_suspects_mark_sessions_and_over_their_whole_span() -> None:
    table = walk(0).filter(~pl.int_range(pl.len()).is_in([3]))
    held = pl.int_range(pl.len()).is_between(50, 56)
    table = table.with_columns(close=pl.when(held).then(table["close"][50]).otherwise("close"))
    found = audited(table)
    suspect = suspect_sessions(found, ["other", "A"], new_york())
    assert not suspect[0].any()
    run = found.filter(pl.col("kind") == "stale_close").row(0, named=True)
    marked = [day for day, flag in zip(DAYS, suspect[1], strict=True) if flag]
    assert run["first_session"] in marked
    assert DAYS[3] not in marked
    assert len(marked) >= 6
