"""What stands beside metrics.json: the book's extended measures, and the account with its baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl

from data_pipeline.dataset import DatasetInfo
from data_pipeline.labels.sessions import Event
from eval.metrics import MetricRow
from eval.portfolio import measures
from eval.portfolio.accounting import backtest, buy_and_hold
from eval.portfolio.market import Market, read_market
from eval.portfolio.performance import (
    MOMENTUM,
    ONE_OVER_N,
    RANDOM_AS,
    Setting,
    account_rows,
    performance_rows,
    random_rows,
)
from eval.portfolio.rows import BUY_AND_HOLD, sessions_of
from eval.portfolio.statement import Statement
from eval.portfolio.trading import hold, momentum, one_over_n, plan_of, random_names, trade
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file, write_json
from tickertune.core.recipe import EvalConfig

SERIES = {
    "checkpoint": pl.String, "session": pl.Date, "equity": pl.Float64, "equity_gross": pl.Float64, "cash": pl.Float64,
    "exposure": pl.Float64,
}  # fmt: skip
"""Columns of accounts.parquet: at each close, in the bars' currency; ``exposure`` is a fraction of equity."""


@dataclass
class Study:
    """Rows of the book and of the account, and what the account could not do as ordered."""

    trials: int
    book: list[MetricRow] = field(default_factory=list)
    account: list[MetricRow] = field(default_factory=list)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    series: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=SERIES))
    fills: pl.DataFrame = field(default_factory=pl.DataFrame)

    def write(self, folder: Path, config: EvalConfig) -> None:
        """Write portfolio.json, and accounts.parquet and fills.parquet where there is an account."""
        if not self.series.is_empty():
            for name, table in (("accounts.parquet", self.series), ("fills.parquet", self.fills)):
                with atomic_file(folder / name) as temporary:
                    table.write_parquet(temporary, compression="zstd")
        write_json(folder / "portfolio.json", self.facts(config))

    def facts(self, config: EvalConfig) -> dict[str, Any]:
        """The contents of portfolio.json."""
        return {
            "trials": self.trials,
            "policy": config.policy.model_dump(mode="json"),
            "account_settings": None if config.account is None else config.account.model_dump(mode="json"),
            "book": [row.model_dump(mode="json") for row in self.book],
            "account": [row.model_dump(mode="json") for row in self.account],
            "counts": self.counts,
        }


def study(
    predictions: Mapping[str, pl.DataFrame],
    samples: pl.DataFrame,
    info: DatasetInfo,
    data: Path,
    config: EvalConfig,
    world: str,
    checkpoints: Sequence[str],
    trials: int | None = None,
) -> Study:
    """Measure the market-neutral book further and, where the recipe has an account, trade on the data stage's bars.

    Args:
        predictions: ``Prediction`` rows by checkpoint or baseline, all over the same samples.
        samples: Those ``Sample`` rows.
        info: What the data set says of itself.
        data: Folder of the data stage, which holds the bars.
        config: Policy, account, costs, draws and seed.
        world: Name that the rows carry.
        checkpoints: Predictors beside which random portfolios of the same turnover are put.
        trials: Strategies tried on this split, for the deflated Sharpe ratio; None: the checkpoints here.

    Raises:
        TickerTuneError: The account cannot trade this label, or there are no bars.
    """
    horizon = info.horizon or 1
    sessions = sessions_of(predictions.values(), info.exchange)
    found = Study(max(1, len(checkpoints) if trials is None else trials))
    if not sessions:
        return found
    years = measures.sessions_per_year(sessions, info.exchange)
    setting = Setting(world, config, years, found.trials, horizon, samples.height)
    benchmark = buy_and_hold(next(iter(predictions.values())), horizon, sessions)
    for name, frame in predictions.items():
        ledger = backtest(frame, horizon, sessions, policy=config.policy)
        found.book += performance_rows(
            setting, name, ledger.gross, ledger.net(config.cost_bps), ledger.turnover, benchmark.gross,
            overlapping=horizon > 1,
        )  # fmt: skip
    if config.account is not None:
        event = tradable_event(info)
        assert info.exchange is not None
        back, ahead = 2 * config.account.momentum_sessions + 30, 2 * horizon + 15
        market = read_market(
            data, info.exchange, sessions[0] - timedelta(days=back), sessions[-1] + timedelta(days=ahead)
        )
        _trade_all(found, setting, predictions, samples, market, event, checkpoints)
    return found


def tradable_event(info: DatasetInfo) -> Event:
    """Whether the label enters and exits at opens or at closes, a fixed number of sessions apart.

    Raises:
        TickerTuneError: It does neither, so that the account's fills would not be the label's.
    """
    spec = info.scored_label
    event: Event = "close" if spec.get("event") == "close" else "open"
    out = spec.get("exit_event") or event
    if out != event or spec.get("span", "sessions") != "sessions" or spec.get("barriers"):
        raise TickerTuneError(
            f"Label {spec.get('name')} does not exit at the {event} a fixed number of sessions after its entry",
            "Take the account block out of the recipe, or use a label that does, such as excess or acl18",
        )
    return event


def _trade_all(
    found: Study,
    setting: Setting,
    predictions: Mapping[str, pl.DataFrame],
    samples: pl.DataFrame,
    market: Market,
    event: Event,
    checkpoints: Sequence[str],
) -> None:
    config, horizon = setting.config, setting.horizon
    assert config.account is not None
    plans = {name: plan_of(frame, samples, market, event, config.policy) for name, frame in predictions.items()}
    statements = {
        name: trade(plan, market, horizon, event, config.policy, config.account) for name, plan in plans.items()
    }
    first, last = next(iter(plans.values())).span
    last_held = last + horizon - 1
    prices = {
        BUY_AND_HOLD: hold(market, first, last_held, event, config.account),
        ONE_OVER_N: one_over_n(market, first, last_held, event, config.account),
        MOMENTUM: momentum(market, first, last, horizon, event, config.policy, config.account),
    }
    series, fills = [], []
    for name, statement in {**statements, **prices}.items():
        found.account += account_rows(setting, name, statement, prices[BUY_AND_HOLD])
        counts = statement.counts | ({"decisions_without_bars": plans[name].without_bars} if name in plans else {})
        found.counts[name] = {what: number for what, number in sorted(counts.items()) if number}
        series.append(series_of(name, statement, market))
        fills.append(statement.fills.insert_column(0, pl.lit(name).alias("checkpoint")))
    for name in checkpoints:
        drawn = random_names(plans[name], market, horizon, event, config.policy, config.account, config.seed)
        found.account += random_rows(setting, f"{RANDOM_AS}{name}", drawn)
    found.series, found.fills = pl.concat(series), pl.concat(fills)


def series_of(name: str, statement: Statement, market: Market) -> pl.DataFrame:
    """An account's rows of accounts.parquet."""
    days = market.sessions.dates[statement.first : statement.first + statement.equity.shape[1]]
    return pl.DataFrame(
        {
            "checkpoint": [name] * len(days),
            "session": days,
            "equity": statement.equity[0],
            "equity_gross": statement.equity[1],
            "cash": statement.cash[0],
            "exposure": statement.exposure[0],
        },
        schema=SERIES,
    )
