"""Decisions on a data stage's bars: fills are the label's, baselines pay the same, and all of it is written and read."""

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from data_pipeline.dataset import DatasetInfo
from eval.portfolio.market import market_of
from eval.portfolio.study import study, tradable_event
from eval.portfolio.trading import hold, one_over_n, plan_of, random_names, trade
from eval.prediction import predictions_of
from tests.data_pipeline.made import config, market, new_york
from tests.data_pipeline.samples.test_movement import samples
from tickertune.core.decision import Decision
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import AccountConfig, EvalConfig, PolicyConfig
from tickertune.core.tasks import get_task

FREE = AccountConfig(commission_bps=0, slippage_bps=0, borrow_bps_year=0)
TASK = get_task("movement")


@pytest.fixture(scope="module")
def world() -> SimpleNamespace:
    source = market(names=("A", "B", "C", "D", "E"), posts=300)
    frame = samples(source, config()).frame
    prices = market_of(source.bars, source.actions, new_york())
    return SimpleNamespace(source=source, frame=frame, prices=prices)


def decided(frame: pl.DataFrame, seed: int = 0) -> pl.DataFrame:
    labels = np.random.default_rng(seed).choice(["up", "down"], len(frame))
    decisions = [Decision(outcome="label", label=str(label)) for label in labels]
    return predictions_of(frame, TASK, decisions)  # type: ignore[arg-type]


def test_a_single_decision_earns_its_label_s_raw_return(world: SimpleNamespace) -> None:
    up = predictions_of(world.frame, TASK, [Decision(outcome="label", label="up")] * len(world.frame))  # type: ignore[arg-type]
    checked = 0
    for at in range(0, len(up), 7):
        plan = plan_of(up[at : at + 1], world.frame, world.prices, "open", PolicyConfig())
        statement = trade(plan, world.prices, 1, "open", PolicyConfig(), FREE)
        earned = statement.equity[0, -1] / FREE.capital - 1
        assert earned == pytest.approx(world.frame["ret_raw"][at], abs=1e-12)
        checked += 1
    assert checked > 20


def test_a_sample_that_enters_before_its_decision_is_refused(world: SimpleNamespace) -> None:
    rows = decided(world.frame)
    late = world.frame.with_columns(as_of=pl.col("entry") + timedelta(hours=2))
    plan = plan_of(rows, late, world.prices, "open", PolicyConfig())
    with pytest.raises(TickerTuneError, match="which is not after it"):
        trade(plan, world.prices, 1, "open", PolicyConfig(), FREE)


def test_an_entry_that_is_not_the_session_s_open_is_refused(world: SimpleNamespace) -> None:
    moved = world.frame.with_columns(entry=pl.col("entry") + timedelta(minutes=1))
    with pytest.raises(TickerTuneError, match="is not the open of session"):
        plan_of(decided(world.frame), moved, world.prices, "open", PolicyConfig())
    with pytest.raises(TickerTuneError, match="have no sample"):
        plan_of(decided(world.frame), world.frame[:3], world.prices, "open", PolicyConfig())


def test_random_names_trade_as_much_and_as_often(world: SimpleNamespace) -> None:
    whole = world.prices
    filled = {
        name: np.where(np.isnan(getattr(whole, name)), 100.0, getattr(whole, name))
        for name in ("open", "high", "low", "close")
    }
    prices = type(whole)(whole.sessions, whole.instruments, **filled, settled=np.full_like(whole.open, np.nan))
    plan = plan_of(decided(world.frame), world.frame, prices, "open", PolicyConfig())
    own = trade(plan, prices, 1, "open", PolicyConfig(), FREE)
    draws = random_names(plan, prices, 1, "open", PolicyConfig(), FREE.model_copy(update={"random_draws": 30}), 0)
    assert draws.turnover.mean() == pytest.approx(own.turnover[0].mean(), rel=0.1)
    again = random_names(plan, prices, 1, "open", PolicyConfig(), FREE.model_copy(update={"random_draws": 30}), 0)
    assert (draws.equity == again.equity).all()
    assert len(np.unique(draws.equity[:, -1])) > 20


def test_buy_and_hold_buys_once_and_one_over_n_keeps_weights_equal(world: SimpleNamespace) -> None:
    held = hold(world.prices, 5, 40, "open", FREE)
    assert (held.traded[0, 1:-1] < 1e-6).all()
    equal = one_over_n(world.prices, 5, 40, "open", FREE)
    assert equal.turnover[0, 1:-1].max() < 0.5
    assert equal.exposure[0, :-1].max() == pytest.approx(1, abs=0.2)


def written(folder: Path, world: SimpleNamespace) -> Path:
    world.source.bars.write_parquet(folder / "bars.parquet")
    world.source.actions.write_parquet(folder / "actions.parquet")
    return folder


def info(mixtures: int = 0, **changes: Any) -> DatasetInfo:
    spec = {"name": "excess", "event": "open"} | changes
    for _ in range(mixtures):
        spec = {"name": "mixture", "sets": {}, "scored": spec}
    return DatasetInfo.model_construct(horizon=1, exchange="XNYS", label_spec=spec)


def test_the_study_tells_everything_and_loses_nothing(world: SimpleNamespace, tmp_path: Path) -> None:
    settings = EvalConfig.model_validate(
        {"resamples": 200, "account": {"random_draws": 20, "momentum_sessions": 10, "borrow_bps_year": 0}}
    )
    split = world.frame.filter(pl.col("split") == "test")
    predictions = {"base": decided(split), "sft": decided(split, 1)}
    found = study(predictions, split, info(), written(tmp_path, world), settings, "w", ["sft"], trials=7)
    found.write(tmp_path, settings)
    told = json.loads((tmp_path / "portfolio.json").read_text())
    assert told["trials"] == 7
    names = {row["checkpoint"] for row in told["account"]}
    assert names == {"base", "sft", "buy_and_hold", "one_over_n", "price_momentum", "random_as_sft"}
    rows = {(row["checkpoint"], row["metric"]): row["value"] for row in told["account"]}
    assert rows["sft", "sharpe_net"] < rows["sft", "sharpe_gross"]
    assert rows["sft", "deflated_sharpe"] < rows["sft", "probabilistic_sharpe"]
    series = pl.read_parquet(tmp_path / "accounts.parquet").filter(pl.col("checkpoint") == "sft")
    fills = pl.read_parquet(tmp_path / "fills.parquet").filter(pl.col("checkpoint") == "sft")
    cash = settings.account.capital - (fills["shares"] * fills["price"]).sum() - fills["charge"].sum()  # type: ignore[union-attr]
    assert series["cash"][-1] == pytest.approx(cash, rel=1e-12)
    once = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    study(predictions, split, info(), tmp_path, settings, "w", ["sft"], trials=7).write(tmp_path, settings)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == once


def test_without_an_account_the_book_alone_is_measured(world: SimpleNamespace, tmp_path: Path) -> None:
    split = world.frame.filter(pl.col("split") == "test")
    found = study({"sft": decided(split)}, split, info(), tmp_path, EvalConfig(resamples=200), "w", ["sft"])
    assert found.account == []
    assert {"sortino", "alpha", "deflated_sharpe", "cagr_net"} <= {row.metric for row in found.book}


def test_an_account_without_bars_says_what_to_do(world: SimpleNamespace, tmp_path: Path) -> None:
    split = world.frame.filter(pl.col("split") == "test")
    settings = EvalConfig.model_validate({"resamples": 200, "account": {}})
    with pytest.raises(TickerTuneError, match=r"holds no bars\.parquet"):
        study({"sft": decided(split)}, split, info(), tmp_path, settings, "w", ["sft"])


@pytest.mark.parametrize("mixtures", [0, 1, 2])
@pytest.mark.parametrize("changes", [{"exit_event": "close"}, {"span": "calendar_week"}, {"barriers": [1.0, 1.0]}])
def test_labels_that_the_account_cannot_fill_are_refused(changes: dict[str, Any], mixtures: int) -> None:
    with pytest.raises(TickerTuneError, match="Label excess does not exit at the open"):
        tradable_event(info(mixtures, **changes))
    assert tradable_event(info(mixtures, event="close")) == "close"
