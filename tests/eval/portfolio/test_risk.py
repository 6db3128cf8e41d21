"""Measures beside kept libraries: empyrical, arch and jsharpe are asked the same, and must answer the same."""

import empyrical
import jsharpe
import numpy as np
import pytest
from arch.bootstrap import StationaryBootstrap, optimal_block_length
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from eval.portfolio import measures, risk
from eval.portfolio.bootstrap import automatic_block, follow, sharpe_draws, stationary_draws

YEAR = 252
exact = {"rel": 1e-12, "abs": 1e-12}
series = arrays(np.float64, st.integers(5, 60), elements=st.floats(-0.3, 0.3).map(lambda value: round(value, 6)))
pairs = st.integers(5, 60).flatmap(
    lambda size: arrays(np.float64, (2, size), elements=st.floats(-0.3, 0.3).map(lambda value: round(value, 6)))
)


@settings(deadline=None)
@given(series)
def test_measures_of_one_series_are_those_of_empyrical(returns: np.ndarray) -> None:
    assume(returns.std() > 1e-4)
    assert measures.annualised_sharpe(returns) == pytest.approx(empyrical.sharpe_ratio(returns), **exact)
    assert measures.annualised_volatility(returns) == pytest.approx(empyrical.annual_volatility(returns), **exact)
    assert measures.max_drawdown(returns) == pytest.approx(empyrical.max_drawdown(returns), **exact)
    assert risk.growth_a_year(returns) == pytest.approx(empyrical.cagr(returns), **exact)
    assert risk.downside_deviation(returns) == pytest.approx(empyrical.downside_risk(returns), **exact)
    if (returns < 0).any():
        assert risk.sortino(returns) == pytest.approx(empyrical.sortino_ratio(returns), **exact)
        assert risk.calmar(returns) == pytest.approx(empyrical.calmar_ratio(returns), **exact)


@settings(deadline=None)
@given(pairs)
def test_measures_against_a_benchmark_are_those_of_empyrical(both: np.ndarray) -> None:
    returns, benchmark = both
    assume(benchmark.std() > 1e-3)
    assume((returns - benchmark).std() > 1e-3)
    slope = risk.beta(returns, benchmark)
    assert slope == pytest.approx(empyrical.beta(returns, benchmark), **exact)
    assert slope == pytest.approx(stats.linregress(benchmark, returns).slope, rel=1e-9, abs=1e-9)
    # empyrical compounds the mean of a session; Jensen's alpha multiplies it.
    compounded = (1 + risk.alpha(returns, benchmark) / YEAR) ** YEAR - 1
    assert compounded == pytest.approx(empyrical.alpha(returns, benchmark), rel=1e-10, abs=1e-12)
    ratio = risk.information_ratio(returns, benchmark)
    assert ratio == pytest.approx(empyrical.excess_sharpe(returns, benchmark) * np.sqrt(YEAR), **exact)


@settings(deadline=None)
@given(series, st.floats(-0.2, 0.2), st.integers(2, 500))
def test_doubts_about_a_sharpe_ratio_are_those_of_jsharpe(returns: np.ndarray, benchmark: float, trials: int) -> None:
    assume(returns.std() > 1e-3)
    sharpe, sessions = float(risk.sharpe_of_session(returns)), len(returns)
    moments = {"gamma3": stats.skew(returns), "gamma4": stats.kurtosis(returns, fisher=False)}
    variance = jsharpe.sharpe_ratio_variance(sharpe, sessions - 1, **moments)
    assume(variance > 1e-9)
    assert risk.sharpe_variance(returns) == pytest.approx(variance, rel=1e-10)
    expected = jsharpe.probabilistic_sharpe_ratio(sharpe, benchmark, variance=variance)
    assert risk.probabilistic_sharpe(returns, benchmark) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    best = jsharpe.expected_maximum_sharpe_ratio(trials, 0.04)
    assert risk.expected_best_sharpe(trials, 0.04) == pytest.approx(best, **exact)
    deflated = jsharpe.probabilistic_sharpe_ratio(sharpe, best, variance=variance)
    assert risk.deflated_sharpe(returns, trials, 0.04) == pytest.approx(deflated, rel=1e-9, abs=1e-12)


def test_losing_sessions_alone_give_another_downside() -> None:
    """The standard deviation of the losing days, which is taken for it elsewhere, is 0 here and would flatter without end."""
    returns = np.array([0.02, -0.01, 0.02, -0.01])
    assert returns[returns < 0].std() == 0
    assert risk.downside_deviation(returns, 1) == pytest.approx(0.01 / np.sqrt(2))


def test_the_best_of_many_tries_has_to_show_more() -> None:
    returns = np.random.default_rng(0).normal(0.001, 0.01, 500)
    sure = [float(risk.deflated_sharpe(returns, trials)) for trials in (1, 5, 50, 500)]
    assert sure == sorted(sure, reverse=True)
    assert sure[0] == pytest.approx(float(risk.probabilistic_sharpe(returns)))


def test_the_best_of_trials_worth_nothing_is_as_good_as_expected() -> None:
    returns = np.random.default_rng(1).normal(0, 0.01, (400, 50, 250))
    best = risk.sharpe_of_session(returns).max(axis=1).mean()
    assert best == pytest.approx(risk.expected_best_sharpe(50, 1 / 249), rel=0.03)


def test_a_flat_series_has_no_ratio_and_is_no_error() -> None:
    flat = np.zeros(10)
    for measure in (risk.sortino, risk.calmar, risk.growth_a_year):
        assert measure(flat) == 0
    assert risk.probabilistic_sharpe(flat) == 0.5
    assert risk.information_ratio(flat, flat) == 0
    assert automatic_block(flat) == 1


@settings(deadline=None)
@given(st.integers(2, 80), st.floats(1, 20), st.integers(0, 2**32 - 1))
def test_draws_are_those_of_arch_from_the_same_random_numbers(sessions: int, block: float, seed: int) -> None:
    values = np.arange(sessions, dtype=float)
    theirs = StationaryBootstrap(block, values, seed=np.random.default_rng(seed))
    mine = np.random.default_rng(seed)
    for (data,), _ in theirs.bootstrap(3):
        starts = mine.integers(sessions, size=sessions)
        restart = mine.random(sessions) <= 1 / block
        assert follow(starts[None], restart[None])[0].tolist() == data.astype(int).tolist()


@pytest.mark.parametrize("memory", [-0.5, 0.0, 0.3, 0.8])
def test_the_block_length_is_that_of_arch(memory: float) -> None:
    agreed = 0
    for seed in range(20):
        shocks = np.random.default_rng(seed).normal(size=300)
        returns = np.zeros(300)
        for at in range(1, 300):
            returns[at] = memory * returns[at - 1] + shocks[at]
        expected = max(1.0, float(optimal_block_length(returns)["stationary"].iloc[0]))
        agreed += automatic_block(returns) == pytest.approx(expected, **exact)
    assert agreed >= 18  # arch divides a lag's covariance by the overlapping part alone, and may cut at another lag


def test_the_interval_of_a_sharpe_ratio_is_that_of_arch() -> None:
    returns = np.random.default_rng(3).normal(0.0005, 0.01, 250)
    mine = sharpe_draws(returns, 2000, 5.0, 0)
    theirs = StationaryBootstrap(5, returns, seed=np.random.default_rng(1)).apply(
        lambda drawn: drawn.mean() / drawn.std(ddof=1), 2000
    )[:, 0]
    assert np.quantile(mine, [0.025, 0.5, 0.975]) == pytest.approx(np.quantile(theirs, [0.025, 0.5, 0.975]), abs=0.015)
    assert stats.ks_2samp(mine, theirs).pvalue > 0.01


def test_blocks_have_the_expected_length_and_all_sessions_the_same_chance() -> None:
    drawn = stationary_draws(np.random.default_rng(0), 50, 4000, 4.0)
    followed = ((drawn[:, 1:] - drawn[:, :-1]) % 50 == 1).mean()
    assert followed == pytest.approx(1 - 1 / 4 + 1 / 4 / 50, abs=0.01)
    assert np.bincount(drawn.ravel(), minlength=50).std() / 4000 < 0.05
