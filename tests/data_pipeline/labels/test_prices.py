"""Total-return prices."""

from datetime import date

import numpy as np
import pytest

from data_pipeline.labels.prices import price_panel
from data_pipeline.labels.returns import window_returns
from data_pipeline.labels.sessions import load_sessions
from tests.data_pipeline.made import action, actions, bar, bars, market, new_york
from tickertune.core.errors import TickerTuneError

DAYS = [date(2020, 1, day) for day in (6, 7, 8, 9, 10)]
WEEK = load_sessions("XNYS", DAYS[0], DAYS[-1])


def test_a_split_is_no_return() -> None:
    rows = [bar("A", day, price, price) for day, price in zip(DAYS, (70, 70, 10, 10, 10), strict=True)]
    panel = price_panel(bars(rows), actions([action("A", DAYS[2], "split", 7.0)]), WEEK)
    assert window_returns(panel, "open", 1)[0, :4] == pytest.approx([0, 0, 0, 0])


def test_a_split_is_not_applied_to_prices_that_hold_it_already() -> None:
    for basis in ("split_adjusted", "total_return"):
        rows = [bar("A", day, 10, 10, basis=basis) for day in DAYS]
        panel = price_panel(bars(rows), actions([action("A", DAYS[2], "split", 7.0)]), WEEK)
        assert window_returns(panel, "open", 1)[0, :4] == pytest.approx([0, 0, 0, 0])


def test_a_dividend_is_paid_once_on_its_ex_date() -> None:
    rows = [bar("A", day, price, price) for day, price in zip(DAYS, (100, 100, 98, 98, 98), strict=True)]
    panel = price_panel(bars(rows), actions([action("A", DAYS[2], "cash_dividend", 2.0)]), WEEK)
    assert window_returns(panel, "open", 1)[0, :4] == pytest.approx([0, 0, 0, 0])
    assert window_returns(panel, "open", 4)[0, 0] == pytest.approx(0)


def test_a_total_return_series_gets_no_dividend() -> None:
    rows = [bar("A", day, 98, 98, basis="total_return") for day in DAYS]
    panel = price_panel(bars(rows), actions([action("A", DAYS[2], "cash_dividend", 2.0)]), WEEK)
    assert window_returns(panel, "close", 1)[0, 1] == 0


def test_an_adjusted_close_replaces_the_dividends() -> None:
    closes, adjusted = (100, 100, 98, 98, 98), (98, 98, 98, 98, 98)
    rows = [
        bar("A", day, close, close, basis="split_adjusted", adj_close=adjusted_close)
        for day, close, adjusted_close in zip(DAYS, closes, adjusted, strict=True)
    ]
    panel = price_panel(bars(rows), actions([action("A", DAYS[2], "cash_dividend", 2.0)]), WEEK)
    assert window_returns(panel, "open", 1)[0, :4] == pytest.approx([0, 0, 0, 0])


def test_a_dividend_before_a_split_is_brought_to_split_adjusted_shares() -> None:
    rows = [
        bar("A", day, price, price, basis="split_adjusted")
        for day, price in zip(DAYS, (50, 49, 49, 49, 49), strict=True)
    ]
    events = [action("A", DAYS[1], "cash_dividend", 2.0), action("A", DAYS[3], "split", 2.0)]
    panel = price_panel(bars(rows), actions(events), WEEK)
    assert window_returns(panel, "open", 1)[0, 0] == pytest.approx(0)


def test_a_dividend_is_brought_to_shares_of_splits_after_the_last_session() -> None:
    sessions = load_sessions("XNYS", date(2013, 2, 1), date(2013, 3, 1))
    rows = [bar("A", day.item(), 15.0, 15.0, basis="split_adjusted") for day in sessions.dates]
    events = [
        action("A", date(2005, 2, 28), "split", 2.0),
        action("A", date(2013, 2, 7), "cash_dividend", 2.65),
        action("A", date(2014, 6, 9), "split", 7.0),
        action("A", date(2020, 8, 31), "split", 4.0),
    ]
    panel = price_panel(bars(rows), actions(events), sessions)
    ex_date = sessions.at_or_after(date(2013, 2, 7))
    assert window_returns(panel, "open", 1)[0, ex_date - 1] == pytest.approx(2.65 / 28 / 15)


def test_split_and_dividend_on_one_day_count_the_dividend_per_new_share() -> None:
    rows = [bar("A", day, price, price) for day, price in zip(DAYS, (100, 100, 49, 49, 49), strict=True)]
    events = [action("A", DAYS[2], "cash_dividend", 1.0), action("A", DAYS[2], "split", 2.0)]
    panel = price_panel(bars(rows), actions(events), WEEK)
    assert window_returns(panel, "open", 1)[0, :4] == pytest.approx([0, 0, 0, 0])


def test_split_adjusted_bars_take_a_payout_of_the_split_s_own_day_as_it_is() -> None:
    rows = [
        bar("A", day, price, price, basis="split_adjusted")
        for day, price in zip(DAYS, (50, 50, 49, 49, 49), strict=True)
    ]
    events = [action("A", DAYS[2], "cash_dividend", 1.0), action("A", DAYS[2], "split", 2.0)]
    panel = price_panel(bars(rows), actions(events), WEEK)
    assert window_returns(panel, "open", 1)[0, 1] == pytest.approx(0)


def test_a_missing_bar_stays_missing_and_a_payout_waits_for_the_next_one() -> None:
    rows = [
        bar("A", day, price, price) for day, price in zip(DAYS, (100, 100, 98, 98, 98), strict=True) if day != DAYS[2]
    ]
    panel = price_panel(bars(rows), actions([action("A", DAYS[2], "cash_dividend", 2.0)]), WEEK)
    assert np.isnan(panel.open[0]).tolist() == [False, False, True, False, False]
    assert window_returns(panel, "open", 2)[0, 1] == pytest.approx(0)


def test_a_delisted_stock_exits_at_its_final_value_and_is_never_entered() -> None:
    rows = [bar("A", day, 10, 10) for day in DAYS[:3]]
    panel = price_panel(bars(rows), actions([action("A", DAYS[3], "delisting", 4.0)]), WEEK)
    returns = window_returns(panel, "open", 1)[0]
    assert returns[2] == pytest.approx(-0.6)
    assert np.isnan(returns[3:]).all()


def test_a_later_action_changes_no_earlier_price() -> None:
    source = market()
    sessions = new_york()
    middle = sessions.dates[len(sessions) // 2].item()
    full = price_panel(source.bars, source.actions, sessions)
    early = price_panel(
        source.bars.filter(source.bars["session"] < middle),
        source.actions.filter(source.actions["ex_date"] < middle),
        sessions,
    )
    columns = slice(0, sessions.at_or_after(middle))
    np.testing.assert_array_equal(full.close[:, columns], early.close[:, columns])


def test_a_bar_on_a_holiday_is_counted_and_left_out() -> None:
    sessions = load_sessions("XNYS", date(2020, 1, 16), date(2020, 1, 22))
    panel = price_panel(bars([bar("A", date(2020, 1, 20), 10, 10)]), actions([]), sessions)
    assert panel.off_session == 1
    assert np.isnan(panel.open).all()


def test_bars_that_all_lie_outside_the_sessions_give_one_error_with_the_remedy() -> None:
    with pytest.raises(TickerTuneError, match=r"no bars between 2020-01-06 and 2020-01-10.*Set the dates of split"):
        price_panel(bars([bar("A", date(2019, 1, 7), 10, 10)]), actions([]), WEEK)


def test_two_bars_for_a_session_are_refused() -> None:
    with pytest.raises(TickerTuneError, match="A has two bars for session 2020-01-06"):
        price_panel(bars([bar("A", DAYS[0], 1, 1), bar("A", DAYS[0], 2, 2)]), actions([]), WEEK)


def test_two_bases_for_an_instrument_are_refused() -> None:
    rows = [bar("A", DAYS[0], 1, 1), bar("A", DAYS[1], 1, 1, basis="total_return")]
    with pytest.raises(TickerTuneError, match="bars of A have two bases"):
        price_panel(bars(rows), actions([]), WEEK)
