"""Faults planted at known places in the simulated market and in real prices: how many are found, under which name."""

from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data_pipeline.audit.prices import KINDS, audit_prices
from data_pipeline.labels.sessions import Sessions, load_sessions
from data_pipeline.sources.simulated.market import make_companies, simulate_prices
from scripts.real_prices import listed, real_bars
from tests.data_pipeline.audit.prices.plant import ADJUSTED, ANY, TRADED, Score, plant_and_audit
from tickertune.core.market import CorporateAction
from tickertune.core.table import schema_of

NO_ACTIONS = pl.DataFrame(schema=schema_of(CorporateAction))
HARDER = {"series scaled by 0.7 to 1.4": 0.8, "split without an action": 0.9, "close frozen, 4 to 8 equal": 0.95}
"""Least recall of faults that an ordinary busy day, or a stock that hardly trades, can hide; 0.98 for the others."""

Market = tuple[pl.DataFrame, pl.DataFrame, Sessions, pl.DataFrame]


@lru_cache
def simulated() -> Market:
    sessions = load_sessions("XNYS", date(2022, 1, 3), date(2023, 6, 2))
    companies = make_companies(0, 40)
    tones = np.random.default_rng(0).normal(0, 0.7, (len(sessions), 40))
    prices = simulate_prices(0, companies, [day.item() for day in sessions.dates], tones, 1.6, 0.002)
    before = audit_prices(prices.bars, prices.actions, listed(prices.bars), sessions)
    return prices.bars, prices.actions, sessions, before


@lru_cache
def stocknet(shared: Path) -> Market:
    bars = real_bars("stocknet", shared).filter(pl.len().over("instrument_id") > 300)
    sessions = load_sessions("XNYS", date(2012, 8, 1), date(2015, 10, 15))
    return bars, NO_ACTIONS, sessions, audit_prices(bars, NO_ACTIONS, listed(bars), sessions)


def score(fault: str, market: Market) -> Score:
    kind, planter = (ANY | TRADED | ADJUSTED)[fault]
    return plant_and_audit(fault, kind, planter, *market)


@pytest.mark.parametrize("fault", [*ANY, *TRADED])
def test_faults_planted_in_the_simulated_market_are_found_and_nothing_else(fault: str) -> None:
    found = score(fault, simulated())
    assert found.planted == 40
    assert found.recall >= HARDER.get(fault, 0.98)
    assert found.precision == 1.0


@pytest.mark.slow
@pytest.mark.parametrize("fault", [*ANY, *ADJUSTED])
def test_faults_planted_in_stocknet_are_found_and_nothing_else(fault: str, shared_data: Path) -> None:
    found = score(fault, stocknet(shared_data))
    assert found.planted == 85
    assert found.recall >= HARDER.get(fault, 0.98)
    assert found.precision == 1.0


@pytest.mark.parametrize("fault", ["split without an action", "split recorded, bars adjusted already"])
def test_splits_planted_in_thirteen_years_of_real_trading_are_found(fault: str, shared_data: Path) -> None:
    bars = real_bars("bokeh", shared_data)
    sessions = load_sessions("XNYS", date(2000, 1, 1), date(2013, 4, 1))
    before = audit_prices(bars, NO_ACTIONS, listed(bars), sessions)
    kind, planter = TRADED[fault]
    scores = [plant_and_audit(fault, kind, planter, bars, NO_ACTIONS, sessions, before, seed) for seed in range(4)]
    assert sum(one.named for one in scores) >= 0.9 * sum(one.planted for one in scores)
    assert sum(one.false for one in scores) == 0


def test_two_real_series_one_after_the_other_are_found(shared_data: Path) -> None:
    """Each stock goes on as another one: what a reused symbol or a wrong join makes."""
    bars, actions, sessions, before = stocknet(shared_data)
    names = sorted(bars["instrument_id"].unique())
    rng = np.random.default_rng(0)
    parts, places = [], {}
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        own, next_ = (bars.filter(pl.col("instrument_id") == which).sort("session") for which in (name, other))
        day = own["session"][int(rng.integers(100, len(own) - 100))]
        after = next_.filter(pl.col("session") >= day).with_columns(instrument_id=pl.lit(name))
        parts += [own.filter(pl.col("session") < day), after]
        level = np.log(after["open"][0] / own.filter(pl.col("session") < day)["close"][-1])
        places[name] = (day, abs(float(level)))
    found = audit_prices(pl.concat(parts), actions, listed(bars), sessions)
    new = found.join(before, on=["instrument_id", "kind", "first_session"], how="anti")
    new = new.filter(pl.col("severity") == "suspect")
    hit = {
        name
        for name, (day, _) in places.items()
        if len(new.filter((pl.col("instrument_id") == name) & (pl.col("first_session") == day)))
    }
    apart = {name for name, (_, level) in places.items() if level > 0.3}
    assert len(apart) > 50
    assert len(hit & apart) >= 0.9 * len(apart)


def test_every_kind_of_fault_is_planted_somewhere() -> None:
    planted = {kind for kind, _ in (ANY | TRADED | ADJUSTED).values()}
    assert set(KINDS) - planted == {
        "volatility_break", "no_volume", "large_move", "starts_late", "ends_early", "duplicated_action",
        "dividend_without_action", "dividend_misstated", "shared_prices",
    }  # fmt: skip
