"""The account that acts on a checkpoint's decisions, and the baselines beside it, all with the same fees."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import MINUTE, Event, Times
from eval.portfolio.account import simulate
from eval.portfolio.lots import Orders
from eval.portfolio.market import Market
from eval.portfolio.policies import decision_weights, limited_change
from eval.portfolio.statement import Statement
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import AccountConfig, PolicyConfig

Floats = NDArray[np.float64]
NET_AND_GROSS = np.array([1.0, 0.0])
"""Two accounts with the same orders: the first pays the fees, the second does not."""


@dataclass(frozen=True)
class Plan:
    """Target weights of each session of a market, and when they were decided."""

    weights: Floats
    """Shape (sessions, instruments), as fractions of a tranche's capital."""
    decided: Times
    """UTC; NaT for sessions without orders."""
    without_bars: int
    """Decisions on instruments of which the market has no bars: their share stays in cash."""

    @property
    def span(self) -> tuple[int, int]:
        """First and last session with orders."""
        asked = np.flatnonzero(~np.isnat(self.decided))
        return int(asked[0]), int(asked[-1])


def plan_of(
    predictions: pl.DataFrame, samples: pl.DataFrame, market: Market, event: Event, policy: PolicyConfig
) -> Plan:
    """Turn decisions into target weights of the sessions at which their labels enter.

    Args:
        predictions: ``Prediction`` rows of one predictor.
        samples: ``Sample`` rows that they are about, for the times of decision and entry.
        market: Prices.
        event: Whether the label enters at the open or at the close.
        policy: How decisions are weighed. The turnover limit is applied when the orders are given.

    Raises:
        TickerTuneError: A sample is missing, or enters at another time than its session's open (or close).
    """
    times = samples.select("sample_id", "as_of", "entry")
    rows = predictions.drop_nulls(["session", "instrument_id"]).join(
        times, on="sample_id", how="left", validate="1:1", maintain_order="left"
    )
    if rows.is_empty() or rows["entry"].null_count() or rows["as_of"].null_count():
        raise TickerTuneError(
            f"{rows['entry'].null_count()} of {len(rows)} dated predictions have no sample with a time of entry",
            "Give the predictions and the data set that they were scored on",
        )
    at = market.sessions.index_of(rows["session"].to_numpy())
    entry, as_of = (
        rows[name].dt.replace_time_zone(None).to_numpy().astype("datetime64[us]") for name in ("entry", "as_of")
    )
    wrong = np.flatnonzero((at < 0) | (market.sessions.times(event)[at] != entry))
    if len(wrong):
        row = rows.row(int(wrong[0]), named=True)
        raise TickerTuneError(
            f"Sample {row['sample_id']} enters at {row['entry']:%Y-%m-%d %H:%M} UTC, which is not the {event} of session "
            f"{row['session']} on {market.sessions.exchange} ({len(wrong)} such samples)",
            "Trade a label that enters and exits at session opens (or closes), such as excess or acl18",
        )
    of = market.columns(rows["instrument_id"].to_list())
    weight = decision_weights(rows, at, policy)
    here = of >= 0
    weights = np.zeros((len(market.sessions), len(market.instruments)))
    np.add.at(weights, (at[here], of[here]), weight[here])
    decided = np.full(len(market.sessions), np.datetime64("NaT", "us"))
    np.fmax.at(decided, at, as_of)
    return Plan(weights, decided, int((~here).sum()))


def trade(
    plan: Plan, market: Market, horizon: int, event: Event, policy: PolicyConfig, config: AccountConfig
) -> Statement:
    """Trade a plan with fees and, in the second account, without."""
    return simulate(market, *plan.span, plan.decided, _orders(plan, policy), config, horizon, event, NET_AND_GROSS)


def _orders(plan: Plan, policy: PolicyConfig) -> Orders:
    def orders(session: int, held: Floats, equity: Floats) -> Floats:
        target = np.broadcast_to(plan.weights[session], held.shape)
        return target if policy.max_turnover is None else limited_change(held, target, policy.max_turnover)

    return orders


def every_session(market: Market, first: int, last: int, event: Event) -> Times:
    """Decision times of policies that look at prices alone: a minute after the close (or open) before the fill."""
    times = market.sessions.times(event)
    decided = np.full(len(times), np.datetime64("NaT", "us"))
    before = market.sessions.closes[first - 1 : last] if event == "open" else market.sessions.opens[first : last + 1]
    decided[first : last + 1] = before + MINUTE
    return decided


def hold(market: Market, first: int, last: int, event: Event, config: AccountConfig) -> Statement:
    """Buy equal amounts of all names that traded in the session before, once, and keep them."""
    bought = _equal(market, first)

    def orders(session: int, held: Floats, equity: Floats) -> Floats:
        return np.broadcast_to(bought, held.shape) if session == first else np.full(held.shape, np.nan)

    return _alone(market, first, last, event, orders, config)


def one_over_n(market: Market, first: int, last: int, event: Event, config: AccountConfig) -> Statement:
    """Equal weights of all names that traded in the session before, set again every session."""

    def orders(session: int, held: Floats, equity: Floats) -> Floats:
        return np.broadcast_to(_equal(market, session), held.shape)

    return _alone(market, first, last, event, orders, config)


def momentum(
    market: Market, first: int, last: int, horizon: int, event: Event, policy: PolicyConfig, config: AccountConfig
) -> Statement:
    """Follow the sign of each name's trailing return, at equal weights and on the policy's side and budget."""
    back = config.momentum_sessions
    if first - 1 - back < 0:
        raise TickerTuneError(
            f"The momentum baseline looks back {back} sessions from {market.sessions.dates[first]}, and the market starts "
            f"at {market.sessions.dates[0]}",
            "Give bars from further back, or lower account.momentum_sessions",
        )
    low, high = {"both": (-1.0, 1.0), "long": (0.0, 1.0), "short": (-1.0, 0.0)}[policy.side]

    def orders(session: int, held: Floats, equity: Floats) -> Floats:
        move = market.close[session - 1] / market.close[session - 1 - back] - 1
        told = ~np.isnan(move)
        sign = np.clip(np.sign(np.where(told, move, 0.0)), low, high)
        target = policy.gross * sign / max(int(told.sum()), 1)
        target = np.broadcast_to(target, held.shape)
        return target if policy.max_turnover is None else limited_change(held, target, policy.max_turnover)

    decided = every_session(market, first, last, event)
    return simulate(market, first, last, decided, orders, config, horizon, event, NET_AND_GROSS)


def random_names(
    plan: Plan, market: Market, horizon: int, event: Event, policy: PolicyConfig, config: AccountConfig, seed: int
) -> Statement:
    """Trade the plan in names drawn at random: the same sizes at the same times, so the same turnover.

    Each draw is one permutation of the names for the whole period. An account is a draw; all pay the fees.
    """
    generator = np.random.default_rng(seed)
    names = np.stack([generator.permutation(len(market.instruments)) for _ in range(config.random_draws)])

    def orders(session: int, held: Floats, equity: Floats) -> Floats:
        target = plan.weights[session][names]
        return target if policy.max_turnover is None else limited_change(held, target, policy.max_turnover)

    return simulate(market, *plan.span, plan.decided, orders, config, horizon, event, np.ones(config.random_draws))


def _equal(market: Market, session: int) -> Floats:
    """Equal weights of the names with a close in the session before, the last one known when orders are decided."""
    traded = ~np.isnan(market.close[session - 1])
    return np.where(traded, 1.0 / max(int(traded.sum()), 1), 0.0)


def _alone(
    market: Market, first: int, last: int, event: Event, orders: Callable[..., Floats], config: AccountConfig
) -> Statement:
    """Fees and no fees; stops are for decisions, a benchmark has none."""
    plain = config.model_copy(update={"stop_loss": None, "take_profit": None})
    decided = every_session(market, first, last, event)
    return simulate(market, first, last, decided, orders, plain, 1, event, NET_AND_GROSS)
