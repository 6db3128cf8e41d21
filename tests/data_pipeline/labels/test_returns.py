"""Window returns, the market and trailing volatility."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data_pipeline.labels.prices import price_panel
from data_pipeline.labels.returns import leave_one_out, past_moves, trailing_volatility, window_returns
from tests.data_pipeline.made import market, new_york

RETURNS = arrays(np.float64, (3, 30), elements=st.floats(-0.2, 0.2) | st.just(float("nan")))


def test_the_market_leaves_the_stock_out_and_skips_missing_ones() -> None:
    returns = np.array([[0.03], [0.01], [np.nan], [-0.04]])
    assert leave_one_out(returns)[:, 0] == pytest.approx([-0.015, -0.005, 0.0, 0.02])


def test_a_lone_stock_has_no_market() -> None:
    assert np.isnan(leave_one_out(np.array([[0.03], [np.nan]]))[0, 0])


def test_volatility_uses_the_last_returns_that_had_ended() -> None:
    daily = np.array([[0.9, 0.01, 0.02, 0.04, -0.01, 0.03, 0.7, -0.5]])
    volatility = trailing_volatility(daily, 5)[0]
    assert volatility[6] == pytest.approx(np.std([0.01, 0.02, 0.04, -0.01, 0.03], ddof=1))
    assert np.isnan(volatility[:5]).all()


def test_constant_returns_have_no_volatility() -> None:
    assert np.isnan(trailing_volatility(np.full((1, 20), 0.01), 5)).all()


@settings(deadline=None)
@given(RETURNS, st.integers(6, 29))
def test_volatility_does_not_see_what_starts_later(daily: np.ndarray, column: int) -> None:
    changed = daily.copy()
    changed[:, column:] = 0.123
    before, after = trailing_volatility(daily, 6), trailing_volatility(changed, 6)
    np.testing.assert_array_equal(before[:, : column + 1], after[:, : column + 1])


def test_window_returns_compound() -> None:
    source = market()
    panel = price_panel(source.bars, source.actions, new_york())
    one, three = window_returns(panel, "open", 1), window_returns(panel, "open", 3)
    product = (1 + one[:, :-2]) * (1 + one[:, 1:-1]) * (1 + one[:, 2:]) - 1
    known = ~np.isnan(product)
    assert known.any()
    np.testing.assert_allclose(product[known], three[:, :-2][known], atol=1e-12)


def test_a_past_move_ends_at_the_last_known_close_and_is_left_out_where_a_price_is_missing() -> None:
    source = market()
    panel = price_panel(source.bars, source.actions, new_york())
    panel.close[0, 40:46] = [10, np.nan, 11, 12, 13, 14]
    moves = past_moves(panel, 0, 45, [1, 4, 5])
    assert [sessions for sessions, _ in moves] == [1, 5]
    assert [value for _, value in moves] == pytest.approx([14 / 13 - 1, 0.4])
    assert past_moves(panel, 0, 0, [1]) == []
