import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.pnl import pnl, pnl_array

returns = st.floats(-20, 20)
volatilities = st.floats(1e-3, 0.2)
costs = st.floats(0, 500)


def test_long_earns_the_scaled_return_less_both_sides_cost() -> None:
    assert pnl(1.0, 1.2, 0.02, cost_bps=5) == pytest.approx(1.2 - 2 * 0.0005 / 0.02)
    assert pnl(-0.5, 1.2, 0.02, cost_bps=5) == pytest.approx(-0.6 - 0.5 * 2 * 0.0005 / 0.02)


def test_cost_in_volatility_units_is_the_cost_of_the_unscaled_trade() -> None:
    volatility, ret = 0.03, 0.01
    reward = pnl(1.0, ret / volatility, volatility, cost_bps=10)
    assert reward is not None
    assert reward * volatility == pytest.approx(ret - 2 * 10 / 1e4)


def test_flat_earns_nothing_and_pays_nothing() -> None:
    assert pnl(0.0, 5.0, 0.02, cost_bps=50) == 0.0


def test_losses_weigh_more_and_gains_do_not() -> None:
    assert pnl(1.0, -1.0, 0.02, 0.0, loss_aversion=1.5) == -1.5
    assert pnl(1.0, 1.0, 0.02, 0.0, loss_aversion=1.5) == 1.0


def test_missing_outcome_is_none_even_for_an_unreadable_answer() -> None:
    assert pnl(1.0, None, 0.02, 5.0) is None
    assert pnl(1.0, 1.0, None, 5.0) is None
    assert pnl(None, None, 0.02, 5.0) is None


@given(st.floats(-1, 1), returns, volatilities, costs, st.floats(1, 3), st.floats(0.5, 5))
def test_silence_never_beats_an_answer(
    position: float, ret: float, volatility: float, cost: float, aversion: float, clip: float
) -> None:
    silent, spoken = (pnl(place, ret, volatility, cost, clip, aversion) for place in (None, position))
    assert silent is not None
    assert spoken is not None
    assert silent == -clip * aversion <= spoken <= clip


@given(st.lists(st.tuples(st.floats(-1, 1), returns, volatilities), min_size=1, max_size=8))
def test_array_agrees_with_scalars(rows: list[tuple[float, float, float]]) -> None:
    together = pnl_array(*np.array(rows).T, cost_bps=5.0)
    assert together.tolist() == [pnl(*row, cost_bps=5.0) for row in rows]
