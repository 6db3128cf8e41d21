import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.portfolio.account import simulate
from eval.portfolio.lots import Orders
from eval.portfolio.statement import Statement
from tests.eval.portfolio.made_market import cash_of, decided, market, ranged, walks
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import AccountConfig

FREE = AccountConfig(capital=1000.0, commission_bps=0, slippage_bps=0, borrow_bps_year=0)


def always(weights: list[float] | np.ndarray) -> Orders:
    return lambda session, held, equity: np.broadcast_to(np.asarray(weights, dtype=float), held.shape)


def run(weights, config: AccountConfig = FREE, first: int = 1, last: int = 1, horizon: int = 1, **of) -> Statement:  # type: ignore[no-untyped-def]
    made = of.pop("market")
    return simulate(made, first, last, decided(made, first, last), always(weights), config, horizon, **of)


def test_one_session_earns_the_open_to_open_return() -> None:
    made = market(np.array([[10.0], [10.0], [11.0], [12.0]]))
    assert run([1.0], market=made).equity[0, -1] == pytest.approx(1100)
    assert run([-1.0], market=made).equity[0, -1] == pytest.approx(900)


def test_fees_by_hand() -> None:
    made = market(np.full((5, 1), 10.0))
    config = AccountConfig(capital=1000.0, commission_bps=10, slippage_bps=40, borrow_bps_year=365)
    statement = run([-0.5], config, market=made)
    # 500 sold and bought back at 50 bps; one night (Friday to Monday: three) of a short of 500 at 1 bp a day.
    assert statement.charges[0].tolist() == pytest.approx([2.5, 2.5])
    assert statement.borrow[0].tolist() == pytest.approx([500 * 3e-4, 0])


def test_what_is_held_on_is_not_traded() -> None:
    statement = run([1.0], market=market(walks(0, names=1)), first=1, last=9)
    assert [round(value, 6) for value in statement.traded[0, 1:9]] == [0] * 8


def test_an_exit_without_a_bar_waits_for_the_next_one() -> None:
    prices = np.array([[10.0], [10.0], [11.0], [12.0], [12.0]])
    statement = run([1.0], market=market(prices, gaps={("A", 2)}), first=1, last=2)
    assert statement.counts["exits_without_a_price"] == 1
    assert statement.counts["entries_without_a_price"] == 1
    assert statement.equity[0, -1] == pytest.approx(1200)
    assert statement.exposure[0].tolist()[-1] == 0


def test_bars_that_end_leave_a_position_at_the_last_price_and_that_is_counted() -> None:
    prices = np.array([[10.0], [10.0], [11.0]])
    statement = run([1.0], market=market(prices, gaps={("A", 2)}))
    assert statement.counts["closed_at_last_known_price"] == 1
    assert statement.fills["kind"].to_list() == ["order", "last_price"]
    assert statement.exposure[0, -1] == 0


def test_a_delisted_stock_is_paid_its_final_value_and_nothing_is_lost() -> None:
    prices = np.array([[10.0], [10.0], [10.0]])
    made = market(prices, gaps={("A", 2)}, events=(("A", 2, "delisting", 4.0),))
    statement = run([1.0], market=made)
    assert statement.equity[0, -1] == pytest.approx(400)
    assert statement.counts["fills_delisting"] == 1
    assert run([-1.0], market=made).equity[0, -1] == pytest.approx(1600)


def test_splits_change_nothing_and_dividends_are_earned_and_owed() -> None:
    prices = np.array([[10.0], [10.0], [5.0], [5.0]])
    split = market(prices, events=(("A", 2, "split", 2.0),))
    assert run([1.0], market=split).equity[0, -1] == pytest.approx(1000)
    paid = market(np.array([[10.0], [10.0], [9.0], [9.0]]), events=(("A", 2, "cash_dividend", 1.0),))
    assert run([1.0], market=paid).equity[0, -1] == pytest.approx(1000)
    assert run([-1.0], market=paid).equity[0, -1] == pytest.approx(1000)


# Bars: open, high, low, close. Bought at 100 in session 1, to be sold at the open of session 4.
STOPS = AccountConfig(
    capital=1000.0, commission_bps=0, slippage_bps=0, borrow_bps_year=0, stop_loss=0.1, take_profit=0.2
)
FLAT = (100.0, 100.0, 100.0, 100.0)


@pytest.mark.parametrize(
    ("bar", "side", "worth", "kind"),
    [
        ((98.0, 99.0, 89.0, 95.0), 1, 900.0, "stop"),  # the range reaches 90: filled there
        ((85.0, 95.0, 80.0, 95.0), 1, 850.0, "order"),  # the open is beyond 90: filled at the open, not at 90
        ((105.0, 121.0, 104.0, 110.0), 1, 1200.0, "take"),
        ((130.0, 131.0, 125.0, 128.0), 1, 1300.0, "order"),
        ((100.0, 125.0, 85.0, 110.0), 1, 900.0, "stop"),  # both reached: nobody knows which first, so the stop
        ((100.0, 111.0, 99.0, 100.0), -1, 900.0, "stop"),
        ((115.0, 116.0, 112.0, 113.0), -1, 850.0, "order"),
        ((95.0, 96.0, 79.0, 90.0), -1, 1200.0, "take"),
        ((98.0, 104.0, 91.0, 95.0), 1, 1000.0, None),
    ],
)
def test_stops_fill_where_a_price_was(bar: tuple[float, ...], side: int, worth: float, kind: str | None) -> None:
    made = ranged([FLAT, FLAT, bar, FLAT, FLAT, FLAT])  # type: ignore[list-item]
    statement = run([3.0 * side], STOPS.model_copy(update={}), market=made, horizon=3)
    assert statement.equity[0, -1] == pytest.approx(worth)
    if kind is not None:
        assert statement.fills.row(1, named=True)["kind"] == kind
        assert statement.fills.height == 2


def test_a_stop_is_watched_from_the_entry_on_and_not_before() -> None:
    day = (100.0, 100.0, 80.0, 95.0)
    statement = run([1.0], STOPS, market=ranged([FLAT, day, FLAT, FLAT]))
    assert statement.equity[0, -1] == pytest.approx(900)  # the entry day's own range counts: it comes after the open
    made = ranged([FLAT, day, FLAT, FLAT])
    times = decided(made, 1, 1)
    late = simulate(made, 1, 1, times, always([1.0]), STOPS, 1, "close")
    assert late.counts.get("fills_stop", 0) == 0  # bought at the close, after that range


def test_purchases_never_exceed_the_cash() -> None:
    config = AccountConfig(capital=1000.0, commission_bps=20, slippage_bps=30, borrow_bps_year=0)
    statement = run([0.8, 0.4], config, market=market(walks(1, names=2)), last=12)
    assert statement.cash.min() > -1e-6
    assert statement.counts["sessions_with_purchases_cut_to_cash"] >= 1


def test_an_account_that_has_lost_everything_trades_no_more() -> None:
    prices = np.array([[10.0], [10.0], [25.0], [30.0], [30.0], [30.0]])
    statement = run([-1.0], market=market(prices), last=3)
    assert statement.returns[0].min() == -1
    assert statement.returns[0, -1] == 0
    assert statement.counts["sessions_without_equity"] >= 1


@pytest.mark.parametrize("minutes", [0, -1, -600])
def test_a_fill_at_or_before_its_decision_is_refused(minutes: int) -> None:
    made = market(walks(0))
    with pytest.raises(TickerTuneError, match="which is not after it"):
        simulate(made, 1, 3, decided(made, 1, 3, minutes), always([1.0, 0, 0, 0]), FREE)


def test_a_market_that_ends_before_the_last_exit_is_refused() -> None:
    made = market(walks(0))
    end = len(made.sessions) - 1
    with pytest.raises(TickerTuneError, match="before the last position's exit"):
        simulate(made, 1, end, decided(made, 1, end), always([1.0, 0, 0, 0]), FREE)


worlds = st.fixed_dictionaries(
    {
        "seed": st.integers(0, 2**32 - 1),
        "horizon": st.integers(1, 4),
        "event": st.sampled_from(["open", "close"]),
        "stop": st.one_of(st.none(), st.floats(0.01, 0.2)),
        "take": st.one_of(st.none(), st.floats(0.01, 0.2)),
        "fees": st.floats(0, 100),
        "gross": st.floats(0.2, 2.0),
    }
)


@settings(max_examples=60, deadline=None)
@given(worlds)
def test_every_cent_is_accounted_for(world: dict) -> None:  # type: ignore[type-arg]
    """Cash is the capital less what the fills and fees took, holdings are the fills' shares, and nothing else is equity."""
    generator = np.random.default_rng(world["seed"])
    gaps = {(name, at) for name in "ABCD" for at in range(30) if generator.random() < 0.1}
    events = (("A", 9, "split", 3.0), ("B", 12, "cash_dividend", 1.5), ("C", 15, "delisting", 20.0))
    made = market(walks(world["seed"]), gaps=gaps, events=events)
    config = AccountConfig(
        capital=1000.0, commission_bps=world["fees"], slippage_bps=4.0, borrow_bps_year=300,
        stop_loss=world["stop"], take_profit=world["take"],
    )  # fmt: skip
    wishes = generator.normal(0, 1, (40, 4))
    wishes *= world["gross"] / np.abs(wishes).sum(axis=1, keepdims=True)
    first, last = 1, 20

    def orders(session: int, held: np.ndarray, equity: np.ndarray) -> np.ndarray:
        return np.broadcast_to(wishes[session], held.shape)

    statement = simulate(
        made, first, last, decided(made, first, last), orders, config, world["horizon"], world["event"]
    )
    fills = statement.fills
    days = made.sessions.dates[first : last + world["horizon"] + 1]
    shares, mark = np.zeros(4), np.zeros(4)
    for at, day in enumerate(days):
        session = first + at
        today = fills.filter(fills["session"] == day.item())
        for row in today.iter_rows(named=True):
            shares["ABCD".index(row["instrument_id"])] += row["shares"]
        for prices in (made.open[session], made.close[session]):
            mark = np.where(np.isnan(prices), mark, prices)
        cash = cash_of(fills.filter(fills["session"] <= day.item()), 1000.0, statement.borrow[0, : at + 1].sum())
        assert statement.cash[0, at] == pytest.approx(cash, abs=1e-9 * 1000)
        assert statement.equity[0, at] == pytest.approx(cash + shares @ mark, abs=1e-9 * 1000)
        assert statement.charges[0, at] == pytest.approx(today["charge"].sum(), abs=1e-9 * 1000)
        size = float(
            (today.filter(today["kind"] != "delisting")["shares"] * today.filter(today["kind"] != "delisting")["price"])
            .abs()
            .sum()
        )
        assert statement.traded[0, at] == pytest.approx(size, abs=1e-9 * 1000)
        assert statement.charges[0, at] == pytest.approx((world["fees"] + 4.0) / 1e4 * size, abs=1e-9 * 1000)
    assert np.abs(shares).max() < 1e-9
    assert statement.exposure[0, -1] == 0


def test_side_by_side_accounts_are_those_of_each_alone() -> None:
    made = market(walks(5))
    together = simulate(
        made, 1, 15, decided(made, 1, 15), always([0.5, -0.5, 0.2, 0]), STOPS, 2, rates=np.array([1.0, 0.0, 2.0])
    )
    for at, factor in enumerate((1.0, 0.0, 2.0)):
        alone = simulate(
            made, 1, 15, decided(made, 1, 15), always([0.5, -0.5, 0.2, 0]), STOPS, 2, rates=np.array([factor])
        )
        assert together.equity[at] == pytest.approx(alone.equity[0])
