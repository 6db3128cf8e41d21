from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval.portfolio import measures

series = arrays(np.float64, st.integers(2, 40), elements=st.floats(-0.2, 0.2))


def test_sharpe_by_hand() -> None:
    returns = np.array([0.01, 0.03])  # mean 0.02, sample standard deviation 0.01 * sqrt(2)
    assert measures.annualised_sharpe(returns) == pytest.approx(np.sqrt(2) * np.sqrt(252))


def test_a_series_without_risk_has_a_sharpe_ratio_of_zero() -> None:
    assert measures.annualised_sharpe(np.zeros(5)) == 0
    assert measures.annualised_sharpe(np.array([0.01])) == 0


@given(series, st.floats(0.1, 10))
def test_sharpe_does_not_depend_on_leverage(returns: np.ndarray, factor: float) -> None:
    once, levered = measures.annualised_sharpe(returns), measures.annualised_sharpe(factor * returns)
    assert levered == pytest.approx(once, rel=1e-6, abs=1e-6) or measures.session_volatility(returns) < 1e-10


def test_overlapping_holding_periods_do_not_flatter_the_sharpe_ratio() -> None:
    rng = np.random.default_rng(0)
    daily = rng.normal(0.0005, 0.01, 200_000)
    horizon = 5
    windows = np.lib.stride_tricks.sliding_window_view(daily, horizon).sum(axis=1) / horizon
    honest = measures.annualised_sharpe(daily)
    assert measures.annualised_sharpe(windows, horizon=horizon) == pytest.approx(honest, rel=0.05)
    assert measures.annualised_sharpe(windows, horizon=1) > 1.5 * honest


def test_max_drawdown_counts_from_the_start_and_from_later_peaks() -> None:
    assert measures.max_drawdown(np.array([-0.1, 0.5, -0.2])) == pytest.approx(-0.2)
    assert measures.max_drawdown(np.array([-0.3, 0.5, -0.2])) == pytest.approx(-0.3)
    assert measures.max_drawdown(np.array([0.1, 0.1])) == 0


def test_break_even_cost_leaves_nothing() -> None:
    gross, turnover = np.array([0.002, 0.001]), np.array([2.0, 1.0])
    cost = measures.break_even_cost_bps(gross, turnover)
    assert cost == pytest.approx(10)
    assert (gross - cost / 1e4 * turnover).mean() == pytest.approx(0)


def test_sharpe_of_costs_is_the_net_sharpe_of_a_book_that_earns_nothing() -> None:
    gross, costs = np.array([0.01, -0.01] * 50), np.full(100, 0.002)
    assert measures.sharpe_of_costs(gross, costs) == pytest.approx(measures.annualised_sharpe(gross - costs))


def test_hit_rate_without_positions_is_zero() -> None:
    assert measures.hit_rate(np.array([0.0]), np.array([0.0])) == 0
    assert measures.hit_rate(np.array([1.0, 2.0]), np.array([2.0, 2.0])) == 0.75


def test_sparse_sessions_are_not_annualised_as_if_they_were_daily() -> None:
    weekly = tuple(date(2015, 1, 5) + timedelta(weeks=week) for week in range(53))
    assert measures.sessions_per_year(weekly) == pytest.approx(52.2, abs=0.1)
    daily = tuple(date(2015, 1, 5) + timedelta(days=day) for day in range(100))
    assert measures.sessions_per_year(daily) == 252
    assert measures.sessions_per_year(daily, "XNYS") == 252
    assert measures.sessions_per_year(daily, "24/7") == 365
    assert measures.sessions_per_year(weekly, "24/7") == pytest.approx(52.2, abs=0.1)


@given(arrays(np.float64, (3, 12), elements=st.floats(-0.2, 0.2)))
def test_measures_of_many_series_are_those_of_each(returns: np.ndarray) -> None:
    for measure in (measures.annualised_sharpe, measures.max_drawdown, measures.annualised_volatility):
        assert measure(returns) == pytest.approx(np.array([measure(row) for row in returns]))
