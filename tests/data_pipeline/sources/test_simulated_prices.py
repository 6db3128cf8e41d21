"""Faults of prices are planted where the recipe asks for them, and change nothing else."""

from datetime import date
from typing import Any

import numpy as np
import polars as pl
import pytest

from data_pipeline.labels.prices import price_panel
from data_pipeline.labels.sessions import load_sessions
from data_pipeline.sources import SourceData, load_source
from tickertune.core.recipe import SimulatedSourceConfig

SINCE, UNTIL = date(2021, 1, 4), date(2021, 7, 1)
KINDS = ("split_twice", "split_not_applied", "split_unrecorded", "split_phantom", "splice_basis", "splice_symbol", "stale",
         "spike", "zero_volume", "off_session", "doubled_bar", "honest_jump")  # fmt: skip


def world(until: date = UNTIL, **prices: Any) -> SourceData:
    config = {"companies": 12, "news_probability": 0.2, "dirt": {"prices": prices}}
    return load_source(SimulatedSourceConfig.model_validate(config), SINCE, until)


def test_without_faults_there_is_no_truth_of_them() -> None:
    assert "price_faults" not in world().truth


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "honest_jump"])
def test_a_fault_of_prices_changes_no_text(kind: str) -> None:
    clean, soiled = world(), world(**{kind: 0.05, "vendor_adjusted": 0.5})
    assert not soiled.truth["price_faults"].is_empty()
    assert soiled.documents.equals(clean.documents)
    assert soiled.truth["tones"].equals(clean.truth["tones"])
    assert not (soiled.bars.equals(clean.bars) and soiled.actions.equals(clean.actions))


def test_series_without_a_fault_keep_their_bars_and_actions() -> None:
    clean, soiled = world(), world(spike=0.01, split_unrecorded=0.01)
    hit = soiled.truth["price_faults"]["instrument_id"].unique()
    rest = ~pl.col("instrument_id").is_in(hit.implode())
    assert 0 < len(hit) < 12
    assert soiled.bars.filter(rest).equals(clean.bars.filter(rest))
    order = ["instrument_id", "ex_date"]
    assert soiled.actions.filter(rest).sort(order).equals(clean.actions.filter(rest).sort(order))


def test_a_longer_window_leaves_earlier_faults_and_bars_as_they_were() -> None:
    chances = {"stale": 0.02, "spike": 0.02, "split_unrecorded": 0.02, "split_twice": 0.02, "doubled_bar": 0.02}
    short, long = world(**chances), world(date(2021, 10, 1), **chances)
    cut = date(2021, 6, 1)
    early = pl.col("first_session") < cut
    key = ["instrument_id", "first_session"]
    before = short.truth["price_faults"].filter(early).sort(key)
    assert not before.is_empty()
    assert long.truth["price_faults"].filter(early).sort(key).equals(before)
    bars = [
        table.bars.filter(pl.col("session") < cut).sort("instrument_id", "session", "open") for table in (short, long)
    ]
    assert bars[0].equals(bars[1])


def test_a_vendors_form_has_the_same_returns_as_the_bars_as_traded() -> None:
    sessions = load_sessions("XNYS", date(2020, 11, 2), UNTIL)
    traded, adjusted = (world(vendor_adjusted=share, adj_close=True) for share in (0.0, 1.0))
    assert set(adjusted.bars["basis"]) == {"split_adjusted"}
    returns = []
    for data in (traded, adjusted):
        panel = price_panel(data.bars, data.actions, sessions)
        returns.append(np.log(panel.open[:, 1:] / panel.open[:, :-1]))
    assert np.isfinite(returns[0]).mean() > 0.9
    # A vendor reinvests a dividend at the close before, the labels at the open: 0.6 % of a night's move apart.
    assert np.nanmax(np.abs(returns[0] - returns[1])) < 0.002


def test_an_honest_jump_is_a_return_that_the_late_revision_reports() -> None:
    data = world(honest_jump=0.02)
    jumps = data.truth["price_faults"]
    bars = data.bars.sort("instrument_id", "session").with_columns(
        move=pl.col("open") / pl.col("close").shift(1).over("instrument_id")
    )
    moved = jumps.join(bars, left_on=["instrument_id", "first_session"], right_on=["instrument_id", "session"])
    assert len(moved) == len(jumps) > 5
    assert np.abs(np.log(moved["move"] / moved["value"])).max() < 0.1
    assert not data.documents.equals(world().documents)


def test_a_splice_goes_on_with_a_company_that_has_a_bar_then() -> None:
    config = {"companies": 8, "news_probability": 0.2, "dirt": {"missing_bar": 0.3, "prices": {"splice_symbol": 0.3}}}
    data = load_source(SimulatedSourceConfig.model_validate(config), SINCE, UNTIL)
    spliced = data.truth["price_faults"]
    assert len(spliced) > 4
    assert spliced["value"].is_finite().all()
    shown = spliced.join(data.bars, left_on=["instrument_id", "first_session"], right_on=["instrument_id", "session"])
    assert len(shown) == len(spliced)


def test_missing_bars_are_told_as_the_bars_have_them() -> None:
    data = world(splice_symbol=0.02, off_session=0.02)
    on = data.bars.join(data.truth["price_faults"].filter(pl.col("kind") == "off_session"), how="anti",
                        left_on=["instrument_id", "session"], right_on=["instrument_id", "first_session"])  # fmt: skip
    sessions = load_sessions("XNYS", on["session"].min(), on["session"].max())
    assert len(on) + len(data.truth["missing_bars"]) == 12 * len(sessions)
