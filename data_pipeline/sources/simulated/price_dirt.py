"""Faults of prices and corporate actions, planted on purpose in the clean prices, each with its truth."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.market import Company, Prices
from data_pipeline.sources.simulated.price_plan import ON_DIVIDENDS, Spot, plan_faults
from data_pipeline.sources.simulated.price_series import FIELDS, MOVED, PRICES, Own
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.recipe.source import PriceDirtConfig
from tickertune.core.table import schema_of

FAULTS_SCHEMA = pl.Schema(
    {
        "instrument_id": pl.String(),
        "kind": pl.String(),
        "first_session": pl.Date(),
        "last_session": pl.Date(),
        "value": pl.Float64(),
        "basis": pl.String(),
    }
)
"""Truth of the planted faults: key of the recipe, days, size (a split's ratio, a spike's or a jump's factor, the level
step of a splice, the bars of a stale run) and the basis of the series. ``splice_basis_end`` is the split at which a
``splice_basis`` meets its recorded action."""


def soil_prices(
    seed: int, companies: list[Company], sessions: list[date], prices: Prices, config: PriceDirtConfig
) -> tuple[Prices, pl.DataFrame]:
    """Plant faults in clean prices.

    Args:
        seed: Seed of the world.
        companies: n companies.
        sessions: Exchange sessions, ascending.
        prices: Clean prices, as traded.
        config: What to plant.

    Returns:
        The prices, with ``open_returns`` of honest jumps and ``missing`` as the bars then have it, and the truth
        (schema ``FAULTS_SCHEMA``).
    """
    owned = [_own(seed, index, company, sessions, prices, config) for index, company in enumerate(companies)]
    returns = prices.open_returns.copy()
    for index, own in enumerate(owned):
        for spot in own.spots:
            if spot.kind == "honest_jump":
                _jump(own, spot)
                returns[spot.first - 1, index] = (1 + returns[spot.first - 1, index]) * spot.value - 1
    honest = [
        replace(own, bars={name: values.copy() for name, values in own.bars.items()}, actions=list(own.actions))
        for own in owned
    ]
    faults: list[dict[str, Any]] = []
    for index, own in enumerate(owned):
        step = _splice_symbol(own, index, honest)
        own.deliver(config.adj_close or own.adjusted)
        for spot in own.spots:
            _plant(own, spot, sessions)
            faults += _truth(own, spot, sessions, step)
    bars = pl.concat([own.rows(seed, index, sessions, config.disordered) for index, own in enumerate(owned)])
    acted = pl.DataFrame([action for own in owned for _, action in own.actions], schema=schema_of(CorporateAction))
    soiled = replace(
        prices,
        bars=bars.sort("order", "company", maintain_order=True).select(list(schema_of(Bar))),
        actions=acted.sort("ex_date", maintain_order=True),
        missing=_missing(owned, sessions),
        open_returns=returns,
    )
    return soiled, pl.DataFrame(faults, schema=FAULTS_SCHEMA)


def _own(seed: int, index: int, company: Company, sessions: list[date], prices: Prices, config: PriceDirtConfig) -> Own:
    number = {day: t for t, day in enumerate(sessions)}
    rows = prices.bars.filter(pl.col("instrument_id") == company.instrument_id)
    at = [number[day] for day in rows["session"]]
    bars = {name: np.full(len(sessions), np.nan) for name in FIELDS}
    for name in FIELDS:
        bars[name][at] = rows[name].cast(pl.Float64).to_numpy()
    acts = prices.actions.filter(pl.col("instrument_id") == company.instrument_id).rows(named=True)
    actions = [(number[action["ex_date"]], action) for action in acts]
    adjusted = bool(generator(seed, "price-vendor", index=index).random() < config.vendor_adjusted)
    acted = {t: str(action["kind"]) for t, action in actions}
    spots = plan_faults(seed, index, sessions, ~np.isnan(bars["close"]), acted, adjusted, config)
    return Own(company, bars, actions, adjusted, spots)


def _jump(own: Own, spot: Spot) -> None:
    """Move the level overnight, with the range and the volume of a day of news."""
    t, bars = spot.first, own.bars
    own.scale(t, spot.value, 1.0)
    bars["high"][t] *= 1 + spot.rng.uniform(0.03, 0.10)
    bars["low"][t] *= 1 - spot.rng.uniform(0.03, 0.10)
    bars["volume"][t : t + 3] = np.round(bars["volume"][t : t + 3] * (spot.rng.uniform(8, 25), 4, 2))


def _splice_symbol(own: Own, index: int, honest: list[Own]) -> float:
    """Go on as another company from the spot on; returns the step of the level, 1 where there is no such spot.

    The other has a bar in that session and keeps its own symbol to the end; where none does, the spot is given up.
    """
    for spot in own.spots:
        if spot.kind != "splice_symbol":
            continue
        t, start = spot.first, 1 + int(spot.rng.integers(len(honest) - 1))
        others = [honest[(index + start + more) % len(honest)] for more in range(len(honest))]
        other = next((one for one in others if not one.reused and np.isfinite(one.bars["open"][t])), None)
        if other is None:
            own.spots.remove(spot)
            return 1.0
        step = float(other.bars["open"][t] / own.bars["close"][t - 1])
        for name in FIELDS:
            own.bars[name][t:] = other.bars[name][t:]
        key = {"instrument_id": own.company.instrument_id}
        own.actions = [(at, action) for at, action in own.actions if at < t]
        own.actions += [(at, {**action, **key}) for at, action in other.actions if at > t]
        return step
    return 1.0


def _plant(own: Own, spot: Spot, sessions: list[date]) -> None:
    """Plant one fault in bars as the vendor delivers them."""
    bars, t, value, rng = own.bars, spot.first, spot.value, spot.rng
    if spot.kind == "split_twice":
        own.scale(t, value if own.adjusted else value**-2, 1 / value if own.adjusted else value)
        own.record_split(sessions[t], t, value)
    elif spot.kind in ("split_not_applied", "split_unrecorded", "splice_basis"):
        own.scale(t, 1 / value, value)
        if spot.kind != "split_unrecorded":
            own.record_split(sessions[spot.last], spot.last, value)
    elif spot.kind == "split_phantom":
        own.record_split(sessions[t], t, value)
    elif spot.kind in ON_DIVIDENDS:
        _misstate(own, spot)
    elif spot.kind == "stale":
        for name in FIELDS:
            bars[name][t : spot.last + 1] = bars[name][t - 1]
    elif spot.kind == "spike":
        for name in MOVED if rng.random() < 0.5 else (str(rng.choice(PRICES)),):
            bars[name][t] *= value
    elif spot.kind == "zero_volume":
        bars["volume"][t] = 0.0
    elif spot.kind == "off_session":
        closed = {sessions[t] + timedelta(days=more) for more in range(1, 8)} - set(sessions[t : t + 8])
        own.extra.append((min(closed), t))
    elif spot.kind == "doubled_bar":
        own.doubled.append((t, float(1 + 0.02 * rng.choice([-1, 1]))))


def _misstate(own: Own, spot: Spot) -> None:
    """Lose the dividend's action, record it a second time, or with twice its value."""
    of_day = [pair for pair in own.actions if pair[0] == spot.first]
    own.actions = [pair for pair in own.actions if pair[0] != spot.first]
    if spot.kind == "dividend_doubled" and spot.rng.random() < 0.5:
        own.actions += of_day * 2
    elif spot.kind == "dividend_doubled":
        own.actions += [(t, {**action, "value": 2 * action["value"]}) for t, action in of_day]


def _truth(own: Own, spot: Spot, sessions: list[date], step: float) -> list[dict[str, Any]]:
    start, end = sessions[spot.first], sessions[spot.last]
    row: dict[str, Any] = {
        "instrument_id": own.company.instrument_id,
        "kind": spot.kind,
        "first_session": start,
        "last_session": end,
        "value": step if spot.kind == "splice_symbol" else spot.value,
        "basis": "split_adjusted" if own.adjusted else "traded",
    }
    if spot.kind == "off_session":
        day = own.extra[-1][0]
        return [{**row, "first_session": day, "last_session": day}]
    if spot.kind == "splice_basis":
        return [{**row, "last_session": start}, {**row, "kind": "splice_basis_end", "first_session": end}]
    return [row]


def _missing(owned: list[Own], sessions: list[date]) -> pl.DataFrame:
    gaps = [
        {"instrument_id": own.company.instrument_id, "session": day}
        for own in owned
        for day, close in zip(sessions, own.bars["close"], strict=True)
        if np.isnan(close)
    ]
    frame = pl.DataFrame(gaps, schema={"instrument_id": pl.String(), "session": pl.Date()})
    return frame.sort("session", "instrument_id")
