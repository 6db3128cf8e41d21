from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from data_pipeline.labels.sessions import load_sessions
from eval.metrics import MetricRow
from eval.portfolio import portfolio_rows
from eval.portfolio.rows import block_draws
from tests.eval.made_predictions import sessions_from
from tests.eval.test_portfolio import MONDAY, prediction, table
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig

CONFIG = EvalConfig(resamples=500, cost_bps=5.0)


def made(skill: float, sessions: int = 60, seed: int = 0) -> pl.DataFrame:
    """Five stocks a session; the position has the sign of the return with probability (1 + skill) / 2."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(sessions):
        for symbol in "ABCDE":
            excess = rng.normal(0, 0.01)
            right = rng.random() < (1 + skill) / 2
            rows.append(prediction(symbol, day, np.sign(excess) * (1 if right else -1), excess, raw=excess))
    return table(*rows)


def index(rows: list[MetricRow]) -> dict[tuple[str, str], MetricRow]:
    return {(row.checkpoint, row.metric): row for row in rows}


def test_a_skilled_book_is_found_and_a_random_one_is_not() -> None:
    rows, _ = portfolio_rows({"sft": made(0.6), "grpo": made(0.0)}, CONFIG, "w", 1, ["sft", "grpo"], None)
    found = index(rows)
    assert found["sft", "sharpe_gross"].low > 0  # type: ignore[operator]
    assert found["sft", "sharpe_gross_p_above_zero_holm"].value < 0.05
    assert found["grpo", "sharpe_gross_p_above_zero_holm"].value > 0.05
    assert ("buy_and_hold", "sharpe_gross_p_above_zero_holm") not in found


def test_net_is_gross_minus_costs() -> None:
    rows, equity = portfolio_rows({"sft": made(0.3)}, CONFIG, "w", 1, ["sft"], None)
    found = index(rows)
    gross, net, drag = (found["sft", name].value for name in ("mean_return_gross", "mean_return_net", "cost_drag"))
    assert net == pytest.approx(gross + drag)
    assert drag == pytest.approx(-5e-4 * found["sft", "turnover"].value)
    mine = equity.filter(pl.col("checkpoint") == "sft")
    assert mine["net"].to_numpy() == pytest.approx(mine["gross"].to_numpy() - 5e-4 * mine["turnover"].to_numpy())
    assert set(equity["checkpoint"]) == {"sft", "buy_and_hold"}


def test_a_placebo_s_net_sharpe_is_about_minus_the_costs() -> None:
    rows, _ = portfolio_rows({"sft": made(0.0, sessions=250)}, CONFIG, "w", 1, ["sft"], None)
    found = index(rows)
    net, costs = found["sft", "sharpe_net"], found["sft", "sharpe_costs_only"].value
    assert costs < -1
    assert net.low < costs < net.high  # type: ignore[operator]


def test_decisions_that_are_never_read_trade_nothing() -> None:
    silent = made(0.0).with_columns(outcome=pl.lit("unparsed"), label=pl.lit(None, dtype=pl.String))
    found = index(portfolio_rows({"base": silent}, CONFIG, "w", 1, [], None)[0])
    assert found["base", "sharpe_net"].value == 0
    assert found["base", "turnover"].value == 0
    assert found["base", "sharpe_gross_p_above_zero"].value == 1
    assert ("base", "hit_rate") not in found
    assert ("base", "break_even_cost_bps") not in found


def test_too_few_sessions_give_values_without_intervals() -> None:
    found = index(portfolio_rows({"sft": made(0.5, sessions=1)}, CONFIG, "w", 1, ["sft"], None)[0])
    assert found["sft", "mean_return_gross"].low is None
    assert ("sft", "sharpe_gross_p_above_zero") not in found


def test_tasks_without_returns_give_nothing() -> None:
    undated = made(0.0).with_columns(session=pl.lit(None, dtype=pl.Date))
    rows, equity = portfolio_rows({"sft": undated}, CONFIG, "w", 1, ["sft"], None)
    assert rows == []
    assert equity.is_empty()
    assert equity.columns == ["checkpoint", "session", "gross", "net", "turnover"]


def test_same_seed_same_rows() -> None:
    def once() -> list[MetricRow]:
        return portfolio_rows({"sft": made(0.2)}, CONFIG, "w", 2, ["sft"], None)[0]

    assert once() == once()


def test_blocks_keep_neighbouring_sessions_together() -> None:
    draws = block_draws(sessions=20, block=4, resamples=50, seed=0)
    assert draws is not None
    assert draws.shape == (50, 20)
    inside = [place for place in range(19) if place % 4 != 3]
    assert ((draws[:, 1:] - draws[:, :-1]) % 20 == 1)[:, inside].all()
    assert block_draws(sessions=4, block=4, resamples=50, seed=0) is None


def test_intervals_of_a_random_book_cover_its_true_mean_of_zero() -> None:
    covered = 0
    for seed in range(40):
        rows = portfolio_rows({"x": made(0.0, seed=seed)}, CONFIG, "w", 1, [], None)[0]
        row = index(rows)["x", "mean_return_gross"]
        covered += row.low <= 0 <= row.high  # type: ignore[operator]
    assert covered >= 33


def test_sessions_without_samples_are_in_cash() -> None:
    days = sessions_from(MONDAY, 9)
    sparse = table(*(prediction("A", (day - days[0]).days, 1.0, 0.01) for day in days[::2]))
    found = index(portfolio_rows({"x": sparse}, CONFIG, "w", 1, [], "XNYS")[0])
    assert found["x", "mean_return_gross"].value == pytest.approx(0.05 / 9)
    assert found["x", "mean_return_gross"].days == 9


def test_trades_a_month_apart_are_each_bought_and_sold() -> None:
    months = [date(2015, month, 1) for month in range(1, 13)]
    firsts = [load_sessions("XNYS", day, day + timedelta(days=10)).dates[0].item() for day in months]
    monthly = table(*(prediction("A", (day - MONDAY).days, 1.0, 0.01) for day in firsts))
    _, equity = portfolio_rows({"x": monthly}, CONFIG, "w", 1, [], "XNYS")
    mine = equity.filter(pl.col("checkpoint") == "x")
    assert mine["turnover"].sum() == pytest.approx(48)  # stock and hedge, in and out, twelve times
    assert mine.height == len(load_sessions("XNYS", firsts[0], firsts[-1]))


def test_a_market_that_never_closes_has_365_sessions_a_year() -> None:
    def sharpe(exchange: str | None) -> float:
        return index(portfolio_rows({"x": made(0.3)}, CONFIG, "w", 1, [], exchange)[0])["x", "sharpe_gross"].value

    assert sharpe("24/7") == pytest.approx(sharpe(None) * np.sqrt(365 / 252))


def test_a_sample_on_a_day_that_the_exchange_is_closed_is_refused() -> None:
    saturday = table(prediction("A", 0, 1.0, 0.01), prediction("A", 5, 1.0, 0.01), prediction("A", 7, 1.0, 0.01))
    with pytest.raises(TickerTuneError, match="2015-08-08"):
        portfolio_rows({"x": saturday}, CONFIG, "w", 1, [], "XNYS")
