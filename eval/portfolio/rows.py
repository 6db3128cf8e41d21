"""The portfolio's numbers with intervals: one set of rows for each predictor and for buy and hold."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import load_sessions
from eval.metrics import MetricRow
from eval.portfolio import measures
from eval.portfolio.accounting import Ledger, backtest, buy_and_hold
from eval.statistics import block_length, holm, interval, p_above_zero, widened, widening
from tickertune.core.recipe import EvalConfig

BUY_AND_HOLD = "buy_and_hold"
P_VALUE = "sharpe_gross_p_above_zero"
BOUNDS = {
    "volatility": (0.0, np.inf), "max_drawdown": (-1.0, 0.0), "turnover": (0.0, np.inf), "exposure": (0.0, np.inf),
    "hit_rate": (0.0, 1.0), "sharpe_costs_only": (-np.inf, 0.0), "cost_drag": (-np.inf, 0.0),
}  # fmt: skip
"""Least and largest possible value of a measure, where there are any."""
Pick = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def block_draws(sessions: int, block: int, resamples: int, seed: int) -> NDArray[np.int64] | None:
    """Session indices of circular block-bootstrap draws (Politis and Romano 1992), shape (resamples, sessions).

    ``eval.statistics`` draws day weights; a drawdown needs the drawn path itself. None where there are no two distinct
    blocks to draw from.

    Args:
        sessions: Length of the series.
        block: Consecutive sessions drawn together; 1 is the plain bootstrap.
        resamples: Number of draws.
        seed: Makes the draws repeatable; the same for all portfolios, so that these are paired.
    """
    if sessions < 2 or sessions <= block:
        return None
    starts = np.random.default_rng(seed).integers(sessions, size=(resamples, -(-sessions // block)))
    indices = (starts[:, :, None] + np.arange(block)) % sessions
    return indices.reshape(resamples, -1)[:, :sessions]


def sessions_of(frames: Iterable[pl.DataFrame], exchange: str | None) -> tuple[date, ...]:
    """Every session of ``exchange`` from the first to the last that has a prediction.

    A session without a sample is one in cash: a book that skipped it would hold its position across the gap.

    Args:
        frames: ``Prediction`` rows.
        exchange: As in ``load_sessions``; None where the calendar is unknown.

    Returns:
        Dates in order; for an unknown calendar those that have a prediction, and none for undated predictions.
    """
    seen = sorted({session for frame in frames for session in frame["session"].drop_nulls().unique()})
    if exchange is None or not seen:
        return tuple(seen)
    return tuple(load_sessions(exchange, seen[0], seen[-1]).dates.tolist())


def _estimates(ledger: Ledger, cost_bps: float, per_year: float, take: Pick) -> dict[str, NDArray[np.float64]]:
    """All measures of the series that ``take`` makes of each column: the series itself, or its draws."""
    gross, turnover = take(ledger.gross), take(ledger.turnover)
    costs = cost_bps / 1e4 * turnover
    net = gross - costs
    horizon = ledger.horizon
    hits, taken = take(ledger.hits.astype(float)), take(ledger.taken.astype(float))
    return {
        "sharpe_gross": measures.annualised_sharpe(gross, per_year, horizon),
        "sharpe_net": measures.annualised_sharpe(net, per_year, horizon),
        "sharpe_costs_only": measures.sharpe_of_costs(gross, costs, per_year, horizon),
        "mean_return_gross": gross.mean(axis=-1),
        "mean_return_net": net.mean(axis=-1),
        "cost_drag": -costs.mean(axis=-1),
        "volatility": measures.annualised_volatility(gross, per_year, horizon),
        "max_drawdown": measures.max_drawdown(net),
        "turnover": turnover.mean(axis=-1),
        "exposure": take(ledger.exposure).mean(axis=-1),
        "break_even_cost_bps": measures.break_even_cost_bps(gross, turnover),
        "hit_rate": measures.hit_rate(hits, taken),
    }


def _rows(
    world: str,
    name: str,
    ledger: Ledger,
    draws: NDArray[np.int64] | None,
    cost_bps: float,
    per_year: float,
    factor: float,
) -> Iterator[MetricRow]:
    point = _estimates(ledger, cost_bps, per_year, lambda column: column)
    drawn = {} if draws is None else _estimates(ledger, cost_bps, per_year, lambda column: column[draws])
    undefined = {"break_even_cost_bps"} if name == BUY_AND_HOLD or not ledger.turnover.any() else set()
    undefined |= {"hit_rate"} if not ledger.taken.any() else set()
    row = partial(MetricRow, world=world, checkpoint=name, n=int(ledger.samples.sum()), days=len(ledger.sessions))
    for metric, value in point.items():
        if metric not in undefined:
            low, high = None, None
            if drawn:
                spread = widened(drawn[metric], float(value), factor)
                low, high = interval(np.clip(spread, *BOUNDS.get(metric, (-np.inf, np.inf))))
            yield row(metric=metric, value=float(value), low=low, high=high)
    if drawn:
        chance = p_above_zero(widened(drawn["sharpe_gross"], float(point["sharpe_gross"]), factor))
        yield row(metric=P_VALUE, value=chance, low=chance, high=chance)


def _holm_rows(rows: Sequence[MetricRow], trained: Sequence[str]) -> list[MetricRow]:
    tested = {row.checkpoint: row for row in rows if row.metric == P_VALUE and row.checkpoint in trained}
    adjusted = holm({name: tested[name].value for name in trained if name in tested})
    return [
        tested[name].model_copy(update={"metric": f"{P_VALUE}_holm", "value": value, "low": value, "high": value})
        for name, value in adjusted.items()
    ]


def portfolio_rows(
    predictions_by_name: Mapping[str, pl.DataFrame],
    config: EvalConfig,
    world: str,
    horizon: int,
    trained: Sequence[str],
    exchange: str | None,
) -> tuple[list[MetricRow], pl.DataFrame]:
    """Trade every predictor's decisions, and hold 1/N beside them.

    Returns are per session unless the name says otherwise: ``mean_return_*``, ``cost_drag`` (minus the mean cost,
    what a placebo's net return is compared with), ``turnover`` and ``exposure`` are means over sessions, as fractions
    of capital; Sharpe ratios and ``volatility`` are annualised; ``max_drawdown`` is of the net equity.
    ``sharpe_costs_only`` is the net Sharpe ratio expected of decisions that are worth nothing. Intervals
    come from a circular block bootstrap over sessions, whose blocks span two horizons where holding periods overlap,
    so that the overlap survives inside a block. The p-value is the share of draws whose gross Sharpe ratio is
    not above 0.

    Args:
        predictions_by_name: ``Prediction`` rows by checkpoint or baseline, all over the same samples.
        config: Costs, draws, block length and seed.
        world: Name that the rows carry.
        horizon: Sessions from entry to exit of the label.
        trained: Checkpoints over which the p-values are Holm-adjusted.
        exchange: Whose sessions are traded, also those without a sample; None: those with a sample only.

    Returns:
        The rows, and the equity table ``checkpoint, session, gross, net, turnover``; both empty for a task without
        returns.

    Raises:
        TickerTuneError: The exchange is unknown, or a sample's session is none of its sessions.
    """
    sessions = sessions_of(predictions_by_name.values(), exchange)
    per_year = measures.sessions_per_year(sessions, exchange)
    ledgers = {
        name: backtest(frame, horizon, sessions, policy=config.policy) for name, frame in predictions_by_name.items()
    }
    if ledgers:
        ledgers[BUY_AND_HOLD] = buy_and_hold(next(iter(predictions_by_name.values())), horizon, sessions)
    ledgers = {name: ledger for name, ledger in ledgers.items() if ledger.samples.any()}
    rows: list[MetricRow] = []
    tables = []
    for name, ledger in ledgers.items():
        block = block_length(config.block_sessions, horizon)
        draws = block_draws(len(ledger.sessions), block, config.resamples, config.seed)
        factor = widening(len(ledger.sessions), block, horizon)
        rows += _rows(world, name, ledger, draws, config.cost_bps, per_year, factor)
        tables.append(ledger.equity(config.cost_bps).insert_column(0, pl.lit(name).alias("checkpoint")))
    return rows + _holm_rows(rows, trained), pl.concat(tables) if tables else _no_equity()


def _no_equity() -> pl.DataFrame:
    columns = {"checkpoint": pl.String, "session": pl.Date}
    return pl.DataFrame(schema={**columns, **dict.fromkeys(("gross", "net", "turnover"), pl.Float64)})
