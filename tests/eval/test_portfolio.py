from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.portfolio import backtest, buy_and_hold
from eval.portfolio.accounting import turnover_of
from eval.prediction import Prediction
from tickertune.core.errors import TickerTuneError
from tickertune.core.table import frame_of

MONDAY = date(2015, 8, 3)


def prediction(
    symbol: str, day: int, position: float, excess: float, raw: float = 0.0, outcome: str = "label"
) -> Prediction:
    session = MONDAY + timedelta(days=day)
    return Prediction(
        sample_id=f"{symbol}{session}",
        cluster=session.isoformat(),
        session=session,
        instrument_id=symbol,
        symbol=symbol,
        gold="up",
        outcome=outcome,  # type: ignore[arg-type]
        label="up" if outcome == "label" else None,
        confidence=None,
        logprobs=[],
        position=position,
        ret_raw=raw,
        ret_excess=excess,
        ret_scaled=excess,
    )


def table(*rows: Prediction) -> pl.DataFrame:
    return frame_of(Prediction, rows)


@given(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_one_session_before_costs_earns_the_label_s_own_return(excess: float, raw: float) -> None:
    one = table(prediction("A", 0, 1.0, excess, raw))
    assert backtest(one).gross.tolist() == [excess]
    assert backtest(one, hedged=False).gross.tolist() == [raw]


def test_a_short_position_earns_minus_the_return() -> None:
    assert backtest(table(prediction("A", 0, -1.0, 0.02))).gross.tolist() == [-0.02]


def test_capital_is_shared_by_all_samples_of_the_session() -> None:
    account = backtest(table(prediction("A", 0, 1.0, 0.04), prediction("B", 0, -1.0, 0.01)))
    assert account.gross == pytest.approx([(0.04 - 0.01) / 2])


def test_a_position_of_zero_earns_and_costs_nothing() -> None:
    account = backtest(table(prediction("A", 0, 0.0, 0.04), prediction("B", 1, 0.0, 0.01)))
    assert account.gross.tolist() == [0, 0]
    assert account.net(5.0).tolist() == [0, 0]


def test_an_unparsed_decision_holds_no_position_but_keeps_its_share_of_the_capital() -> None:
    unread = prediction("B", 0, 1.0, -0.5, outcome="unparsed")
    account = backtest(table(prediction("A", 0, 1.0, 0.04), unread))
    assert account.gross == pytest.approx([0.02])
    assert account.taken.tolist() == [1]


def test_costs_of_a_round_trip_by_hand() -> None:
    one = table(prediction("A", 0, 1.0, 0.01))
    # Stock bought and sold: 2 sides. Hedge sold and bought back: 2 more.
    assert backtest(one).turnover.tolist() == [4]
    assert backtest(one).net(5.0) == pytest.approx([0.01 - 4 * 0.0005])
    assert backtest(one, hedged=False).net(5.0) == pytest.approx([0.0 - 2 * 0.0005])


def test_a_position_held_on_costs_only_its_ends() -> None:
    account = backtest(table(*(prediction("A", day, 1.0, 0.0) for day in range(3))))
    assert account.turnover.tolist() == [2, 0, 2]


def test_a_reversal_trades_twice_the_capital_and_twice_the_hedge() -> None:
    account = backtest(table(prediction("A", 0, 1.0, 0.0), prediction("A", 1, -1.0, 0.0)))
    assert account.turnover.tolist() == [2, 4 + 2]


def test_longs_and_shorts_hedge_each_other() -> None:
    account = backtest(table(prediction("A", 0, 1.0, 0.0), prediction("B", 0, -1.0, 0.0)))
    assert account.turnover.tolist() == [2]  # no hedge is needed


def test_a_horizon_of_h_splits_the_capital_into_h_tranches() -> None:
    account = backtest(table(*(prediction("A", day, 1.0, 0.03) for day in range(4))), horizon=2)
    assert account.gross == pytest.approx([0.015] * 4)
    # Each tranche is bought once and sold once, at half the capital, stock and hedge.
    assert account.turnover.tolist() == [1, 1, 1, 1]
    assert account.turnover.sum() == 4


def test_a_session_without_samples_is_in_cash_when_the_sessions_are_given() -> None:
    days = [MONDAY + timedelta(days=day) for day in range(3)]
    account = backtest(table(prediction("A", 0, 1.0, 0.02), prediction("A", 2, 1.0, 0.02)), sessions=days)
    assert account.gross.tolist() == [0.02, 0, 0.02]
    assert account.turnover.tolist() == [2, 2, 4]  # sold at the second session, bought again at the third


def test_a_sample_outside_of_the_given_sessions_is_refused() -> None:
    with pytest.raises(TickerTuneError, match="2015-08-04, which is not among the 1 sessions"):
        backtest(table(prediction("A", 1, 1.0, 0.02)), sessions=[MONDAY])


def test_buy_and_hold_earns_the_mean_raw_return_whatever_was_decided() -> None:
    rows = [prediction("A", 0, -1.0, 9, raw=0.02), prediction("B", 0, 0.0, 9, raw=0.04, outcome="unparsed")]
    account = buy_and_hold(table(*rows, prediction("A", 1, -1.0, 9, raw=0.01)))
    assert account.gross == pytest.approx([0.03, 0.01])
    assert account.turnover.tolist() == [1, 1]


def test_texts_without_a_date_give_an_empty_account() -> None:
    undated = table(prediction("A", 0, 1.0, 0.02)).with_columns(session=pl.lit(None, dtype=pl.Date))
    account = backtest(undated)
    assert account.equity(5.0).is_empty()
    assert buy_and_hold(undated).equity(5.0).is_empty()


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [prediction(symbol, day, 1.0, 0.01 * day) for symbol in "BAC" for day in (2, 0, 1)]
    forward, backward = backtest(table(*rows)), backtest(table(*reversed(rows)))
    assert forward.equity(5.0).equals(backward.equity(5.0))


@given(st.integers(1, 6), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_what_is_bought_is_sold_again(horizon: int, count: int, seed: int) -> None:
    weights = np.random.default_rng(seed).uniform(-1, 1, (count, 3))
    turnover = turnover_of(weights, horizon)
    once = np.abs(weights).sum() / horizon
    assert (turnover >= 0).all()
    assert turnover.sum() <= 2 * once + 1e-9  # never more than a round trip of every tranche
    if count <= horizon:  # no tranche replaces another
        assert turnover.sum() == pytest.approx(2 * once)
