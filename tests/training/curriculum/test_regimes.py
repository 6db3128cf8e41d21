"""Regimes are known at the decision: no later bar changes one, and thirds are those of the training samples."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.dataset import read_info
from data_pipeline.labels.regimes import UNKNOWN, in_thirds, market_trend
from tests.training.conftest import grpo_config, make_samples, write_samples
from tests.training.curriculum.made import NO_ACTIONS, changed_after, make_bars, sessions
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe.curriculum import RegimesConfig
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of, write_table
from training.curriculum import plan_of
from training.curriculum.regimes import regimes_of

BARS = make_bars()
TREND = RegimesConfig(by="trend", sessions=5)
SAMPLES = frame_of(Sample, make_samples(60))
"""Decisions from 2 to 16 January 2024, half an hour before the open."""


def stage(folder: Path, bars: pl.DataFrame = BARS) -> Path:
    """A data stage's folder with samples and bars."""
    write_samples(folder, make_samples(60))
    write_table(bars, folder / "bars.parquet", ["instrument_id", "session"])
    write_table(NO_ACTIONS, folder / "actions.parquet", ["instrument_id", "ex_date", "kind", "value"])
    return folder


def times(samples: pl.DataFrame) -> np.ndarray:
    return samples["as_of"].dt.replace_time_zone(None).dt.cast_time_unit("us").to_numpy()


def test_the_trend_is_the_mean_return_until_the_last_close() -> None:
    days = sessions()
    (value,) = market_trend(BARS, NO_ACTIONS, days, times(SAMPLES)[:1], 2)
    last = int(np.flatnonzero(days.dates < np.datetime64("2024-01-02"))[-1])
    close = np.array([BARS.filter(instrument_id=f"i{number}")["close"].to_numpy() for number in range(4)])
    moves = (close[:, last - 1 : last + 1] / close[:, last - 2 : last] - 1).mean(axis=0)
    assert value == pytest.approx((1 + moves[0]) * (1 + moves[1]) - 1, rel=1e-12)


@settings(deadline=None, max_examples=25)
@given(place=st.integers(0, 59), factor=st.floats(0.01, 100), window=st.integers(1, 15))
def test_no_bar_after_the_decision_changes_its_trend(place: int, factor: float, window: int) -> None:
    """The bar of the decision's own session is later than the decision."""
    days, as_of = sessions(), times(SAMPLES)[: place + 1]
    decided = as_of[-1].astype("datetime64[D]").item()
    later = changed_after(BARS, decided - timedelta(days=1), factor)
    before = market_trend(BARS, NO_ACTIONS, days, as_of, window)
    assert np.array_equal(before, market_trend(later, NO_ACTIONS, days, as_of, window))


def test_an_earlier_bar_does_change_it() -> None:
    """The property above can fail: a bar of the day before the decision counts."""
    as_of = times(SAMPLES)[-1:]
    decided = as_of[0].astype("datetime64[D]").item()
    changed = changed_after(BARS, decided - timedelta(days=5), 2.0)
    one, two = (market_trend(bars, NO_ACTIONS, sessions(), as_of, 5)[0] for bars in (BARS, changed))
    assert abs(one - two) > 0.1


@settings(deadline=None, max_examples=5)
@given(factor=st.floats(0.01, 100))
def test_bars_after_the_last_decision_change_no_order(factor: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    last = SAMPLES["as_of"].max().date()
    recipe = grpo_config(Path(), Path(), curriculum={"regimes": TREND.model_dump()}, prompts_per_step=4)
    orders = []
    for bars in (BARS, changed_after(BARS, last - timedelta(days=1), factor)):
        folder = stage(tmp_path_factory.mktemp("stage"), bars)
        regimes = regimes_of(SAMPLES, TREND, folder, read_info(folder))
        orders.append(plan_of(SAMPLES, recipe, regimes=regimes))
    assert orders[0] == orders[1]


def test_thirds_are_those_of_the_training_samples(tmp_path: Path) -> None:
    """Samples of another split, with other volatilities, move no bound."""
    folder = stage(tmp_path)
    info = read_info(folder)
    rising = SAMPLES.with_columns(volatility=0.01 + 0.001 * pl.int_range(pl.len()))
    found = regimes_of(rising, RegimesConfig(by="volatility"), folder, info)
    assert [found.names.count(name) for name in ("low", "middle", "high")] == [20, 20, 20]
    assert found.names[0] == "low"
    assert found.names[-1] == "high"
    assert found.bounds == pytest.approx((0.01 + 0.059 / 3, 0.01 + 0.118 / 3))


def test_what_is_not_known_is_a_regime_of_its_own() -> None:
    found = in_thirds(np.array([1.0, np.nan, 2.0, 3.0]), ("down", "flat", "up"))
    assert found.names == ["down", UNKNOWN, "flat", "up"]


def test_a_window_longer_than_the_bars_is_unknown() -> None:
    assert np.isnan(market_trend(BARS, NO_ACTIONS, sessions(), times(SAMPLES), 90)).all()


def test_missing_bars_and_dates_are_refused(tmp_path: Path) -> None:
    folder = stage(tmp_path)
    info = read_info(folder)
    with pytest.raises(TickerTuneError, match="needs decisions on a market"):
        regimes_of(SAMPLES, TREND, folder, info.model_copy(update={"exchange": None}))
    blind = SAMPLES.with_columns(volatility=pl.lit(None, pl.Float64))
    with pytest.raises(TickerTuneError, match="No training sample has a known volatility"):
        regimes_of(blind, RegimesConfig(by="volatility"), folder, info)
    (folder / "bars.parquet").unlink()
    with pytest.raises(TickerTuneError, match=r"has no bars.parquet"):
        regimes_of(SAMPLES, TREND, folder, info)
