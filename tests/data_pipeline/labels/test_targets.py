"""Targets of single labels, checked by hand on made prices."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.labels.barriers import TOUCHES, first_touch
from data_pipeline.labels.join import join_returns
from data_pipeline.labels.prices import PricePanel, price_panel
from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.returns import leave_one_out, trailing_beta, window_returns
from data_pipeline.labels.sessions import MINUTE, entry_session, last_of_week, load_sessions
from data_pipeline.labels.smoothing import exponential_mean, trailing_correlations
from data_pipeline.labels.targets import compute_targets
from data_pipeline.labels.timeline import Timeline, build_timeline
from tests.data_pipeline.made import actions, bar, bars, config, market, new_york
from tickertune.core.errors import TickerTuneError


def panel_of(closes: list[float]) -> PricePanel:
    values = np.full((1, len(new_york())), np.nan)
    values[0, : len(closes)] = closes
    opens = np.where(np.isnan(values), np.nan, 100.0)
    return PricePanel(["A"], opens, values, np.full_like(values, np.nan), 0)


def held(sessions: int) -> Timeline:
    """One decision: in at the open of session 0, out at the close of the last session at the latest."""
    zero, end = np.array([0]), np.array([sessions - 1])
    times = new_york()
    return Timeline(times.opens[zero], times.opens[zero], zero, end, times.opens[zero], times.closes[end], zero, zero)


@pytest.mark.parametrize(
    ("closes", "touch", "session"),
    [
        ([101, 102, 90], "upper", 1),
        ([101, 97.9, 110], "lower", 1),
        ([101, 99, 101.9], "vertical", 2),
        ([102, 98, 98], "upper", 0),
        ([101, 99, 98], "lower", 2),
    ],
)
def test_the_first_barrier_that_a_close_reaches_ends_the_label(closes: list[float], touch: str, session: int) -> None:
    exits, found = first_touch(panel_of(closes), held(3), np.array([[0.01]]), upper=2.0, lower=2.0)
    assert TOUCHES[int(found[0, 0])] == touch
    assert exits[0, 0] == session


def test_a_close_that_is_missing_before_any_touch_leaves_the_first_touch_unknown() -> None:
    nan = float("nan")
    assert np.isnan(first_touch(panel_of([101, nan, 110]), held(3), np.array([[0.01]]), 2.0, 2.0)[1][0, 0])
    assert first_touch(panel_of([103, nan, 90]), held(3), np.array([[0.01]]), 2.0, 2.0)[1][0, 0] == 1
    assert np.isnan(first_touch(panel_of([101, 101, 101]), held(3), np.array([[nan]]), 2.0, 2.0)[1][0, 0])


def test_beta_is_the_slope_on_returns_that_had_ended() -> None:
    rng = np.random.default_rng(0)
    other = rng.normal(0, 0.01, (1, 40))
    own = 1.5 * other + rng.normal(0, 0.001, (1, 40))
    beta = trailing_beta(own, other, 20)[0]
    assert beta[30] == pytest.approx(np.polyfit(other[0, 10:30], own[0, 10:30], 1)[0])
    assert np.isnan(beta[:20]).all()
    own[0, 30:] = 9.0
    assert trailing_beta(own, other, 20)[0, 30] == beta[30]


def test_beta_adjusted_returns_subtract_beta_times_the_market() -> None:
    source, recipe = market(), config(label={"benchmark": "beta", "beta_sessions": 20, "volatility_sessions": 8})
    spec = label_spec(recipe.label)
    panel = price_panel(source.bars, source.actions, new_york())
    line = build_timeline(recipe, spec, new_york())
    targets = compute_targets(panel, spec, line)
    daily = window_returns(panel, "open", 1)
    beta = trailing_beta(daily, leave_one_out(daily), 20)[:, line.last_open]
    expected = targets.ret_raw - beta * (targets.ret_raw - targets.ret_excess)
    np.testing.assert_allclose(targets.ret_beta, expected, atol=1e-12)
    np.testing.assert_allclose(targets.ret_scaled, targets.ret_beta / targets.volatility, atol=1e-12)


def test_trading_r1_looks_forward_over_its_exponential_mean() -> None:
    source, recipe = market(), config(label={"name": "trading_r1", "volatility_sessions": 10})
    spec, sessions = label_spec(recipe.label), new_york()
    panel = price_panel(source.bars, source.actions, sessions)
    line = build_timeline(recipe, spec, sessions)
    targets = compute_targets(panel, spec, line)
    mean = exponential_mean(panel.close, 3)
    assert mean[0, 1] == pytest.approx((panel.close[0, 0] + panel.close[0, 1]) / 2)
    daily = window_returns(panel, "close", 1)
    row, at = 1, 5
    entry = line.entry[at]
    volatility = np.nanstd(daily[row, entry - 11 : entry - 1], ddof=1)
    wanted = sum(
        weight * (mean[row, entry + ahead] / mean[row, entry] - 1) / volatility
        for weight, ahead in ((0.3, 3), (0.5, 7), (0.2, 15))
    )
    assert targets.target[row, at] == pytest.approx(wanted)


def test_a_forward_return_of_a_mean_that_lags_holds_some_of_the_past_and_a_forward_return_does_not() -> None:
    rng, sessions = np.random.default_rng(3), new_york()
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (60, len(sessions))), axis=1))
    panel = PricePanel([str(row) for row in range(60)], closes, closes, np.full_like(closes, np.nan), 0)
    recipe = config(label={"name": "trading_r1", "volatility_sessions": 10})
    found = {}
    for span in (1, 3):
        spec = label_spec(config(label={"name": "trading_r1", "volatility_sessions": 10, "span": span}).label)
        line = build_timeline(recipe, spec, sessions)
        target = compute_targets(panel, spec, line).target
        rows, decisions = (part.ravel() for part in np.indices(target.shape))
        found[span] = trailing_correlations(panel, line, rows, decisions, target.ravel(), (1, 3))
    assert found[3][1] > 0.06
    assert abs(found[1][1]) < 0.04


def test_a_week_ends_at_its_own_last_session_under_its_own_date() -> None:
    sessions = load_sessions("XNYS", date(2020, 4, 1), date(2020, 5, 29))
    last = last_of_week(sessions)
    ends = {sessions.dates[at].item() for at in last if at < len(sessions)}
    assert date(2020, 4, 9) in ends  # the Thursday before Good Friday
    assert date(2020, 4, 17) in ends
    assert not any(day.weekday() > 4 for day in ends)


def test_a_forecaster_s_week_runs_from_its_first_open_to_its_last_close() -> None:
    recipe = config(label={"name": "fingpt_forecaster"})
    line = build_timeline(recipe, label_spec(recipe.label), new_york())
    at = int(np.flatnonzero(line.entry == new_york().at_or_after(date(2020, 2, 18)))[0])  # after Presidents' Day
    assert line.entry_time[at] == np.datetime64("2020-02-18T14:30")
    assert line.exit_time[at] == np.datetime64("2020-02-21T21:00")
    assert line.text_after[at] == line.as_of[at - 1] == np.datetime64("2020-02-10T14:00")


def test_the_published_fingpt_window_joins_news_of_the_day_to_the_open_before_it() -> None:
    recipe = config(label={"name": "fingpt_v1_as_published"})
    line = build_timeline(recipe, label_spec(recipe.label), new_york())
    at = int(np.flatnonzero(line.entry == new_york().at_or_after(date(2020, 3, 10)))[0])  # summer time
    assert line.as_of[at] == np.datetime64("2020-03-10T19:00")
    assert line.entry_time[at] == np.datetime64("2020-03-10T13:30")
    assert line.text_after[at] == np.datetime64("2020-03-09T19:00")


def test_a_market_of_one_is_refused_where_the_label_subtracts_the_market() -> None:
    sessions = new_york()
    panel = price_panel(bars([bar("A", day.item(), 10, 10) for day in sessions.dates]), actions([]), sessions)
    recipe = config()
    line = build_timeline(recipe, label_spec(recipe.label), sessions)
    with pytest.raises(TickerTuneError, match=r"subtracts the market.*bars of A alone.*Add instruments"):
        compute_targets(panel, label_spec(recipe.label), line)
    plain = label_spec(config(label={"name": "sep"}).label)
    assert (compute_targets(panel, plain, build_timeline(recipe, plain, sessions)).ret_raw == 0).all()


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 6), st.integers(0, 600))
def test_the_join_is_the_plain_search_for_the_next_open(seed: int, horizon: int, latency: int) -> None:
    sessions, source = new_york(), market()
    rng = np.random.default_rng(seed)
    at = rng.choice(sessions.opens[:-10], 20) + rng.integers(-2000, 2000, 20) * MINUTE
    names = rng.choice(["A", "B", "none"], 20)
    found = join_returns(source.bars, pl.DataFrame({"instrument_id": names, "as_of": at}), sessions, horizon, latency)
    opens = {(name, day): value for name, day, value in source.bars.select("instrument_id", "session", "open").rows()}
    for name, time, value in zip(names, at, found, strict=True):
        entry = next(number for number, opened in enumerate(sessions.opens) if opened > time + latency * MINUTE)
        assert entry == entry_session(np.array([time]), sessions, latency)[0]
        first, last = (opens.get((name, sessions.dates[n].item()), float("nan")) for n in (entry, entry + horizon))
        assert value == pytest.approx(last / first - 1, nan_ok=True)
