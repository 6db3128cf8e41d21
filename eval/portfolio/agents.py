"""Day by day: a policy sees what was known before each open, with its own holdings and history, and orders target weights.

Weights are a long-only simplex: at least 0, and with cash they sum to one. An answer that is none is refused with its reason and
the holdings are kept; nothing is repaired. The prices that a day shows are closes before its decision: the open at which the
orders are filled is not among them.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import MINUTE
from data_pipeline.samples.view import DocumentIndex
from eval.portfolio.account import simulate
from eval.portfolio.market import Market
from eval.portfolio.statement import Statement
from tickertune.core.recipe import AccountConfig

CASH = "CASH"
TOLERANCE = 1e-6
Weights = Mapping[str, float]
UNTRADED = "a name that is not traded"
RECENT = 10
"""Sessions since the last close after which a stock that is not held is listed no more."""


@dataclass(frozen=True)
class Past:
    """A day that was: what was ordered (None: refused), and the gain on the capital at the day's decision."""

    session: date
    ordered: Weights | None
    gain: float


@dataclass(frozen=True)
class Day:
    """All that a policy may know. Fractions are of the account's value at the last closes."""

    as_of: datetime
    """Decision time, aware UTC."""
    session: date
    """Session at whose open the orders are filled."""
    moves: Mapping[str, float]
    """Total return of the last session, close to close, by instrument that traded in it."""
    listed: tuple[str, ...]
    """Instruments with a close in the last ten sessions before the decision, and those that are held."""
    news: Mapping[str, list[str]]
    held: Mapping[str, float]
    cash: float
    gain: float
    """Value of the account over its capital, minus one."""
    history: tuple[Past, ...]
    """The days before, oldest first."""


class Policy(Protocol):
    """Decides a day's target weights by instrument; CASH may be among them."""

    def decide(self, day: Day) -> Weights | str:
        """Weights, or a sentence that says why there are none."""


@dataclass(frozen=True)
class AgentRun:
    """The account (net, gross), and how often an order was refused and why."""

    statement: Statement
    refused: dict[str, int]
    history: tuple[Past, ...]


def fault_of(ordered: Weights, names: Collection[str]) -> str | None:
    """Why weights are no long-only simplex over the names and cash; None where they are one."""
    if ordered.keys() - {*names, CASH}:
        return UNTRADED
    values = [float(value) for value in ordered.values()]
    if not np.isfinite(values).all() or min(values, default=0.0) < 0:
        return "a weight below 0 or not finite"
    return None if abs(sum(values) - 1) <= TOLERANCE else "weights that do not sum to one"


def run_agent(
    policy: Policy,
    market: Market,
    documents: pl.DataFrame,
    superseded: pl.DataFrame,
    first: int,
    last: int,
    config: AccountConfig,
    minutes_before: int = 30,
    lookback_days: int = 2,
    max_chars: int = 300,
    latency_minutes: int = 0,
) -> AgentRun:
    """Let a policy trade from session ``first`` to ``last``; what it holds then is sold at the next open.

    Args:
        policy: Who decides.
        market: Prices.
        documents: Curated documents with links.
        superseded: When revisions were followed by others, as ``DocumentIndex``.
        first: Number of the first session, at least 1.
        last: Number of the last.
        config: Capital and fees.
        minutes_before: How long before the open a decision is made.
        lookback_days: Age of the oldest news shown.
        max_chars: Most characters of a document.
        latency_minutes: Time from a document's availability to its use, as the data stage has it.
    """
    opens = market.sessions.opens
    decided = np.full(len(opens), np.datetime64("NaT", "us"))
    decided[first : last + 1] = opens[first : last + 1] - minutes_before * MINUTE
    closes = _carried(market.close)
    index = DocumentIndex(documents, superseded, latency_minutes, max_chars)
    oldest = decided - np.timedelta64(lookback_days, "D")
    news: dict[int, dict[str, list[str]]] = {}
    for name in sorted(set(index.instruments) & set(market.instruments)):
        for at, known in index.known(name, oldest[first : last + 1], decided[first : last + 1]):
            news.setdefault(first + at, {})[name] = [document.text for document in known]
    history: list[Past] = []
    refused: Counter[str] = Counter()
    answers: dict[int, NDArray[np.float64]] = {}

    def orders(session: int, held: NDArray[np.float64], equity: NDArray[np.float64]) -> NDArray[np.float64]:
        if session not in answers:
            day = _day(
                market, closes, session, held[0], float(equity[0]), config.capital, decided[session], news, history
            )
            answer = policy.decide(day)
            fault = answer if isinstance(answer, str) else fault_of(answer, day.listed)
            told = None if isinstance(answer, str) or fault is not None else answer
            if fault is not None:
                refused[fault] += 1
            history.append(Past(day.session, told, day.gain))
            answers[session] = (
                np.full(len(market.instruments), np.nan)
                if told is None
                else np.array([told.get(name, 0.0) for name in market.instruments])
            )
        return np.broadcast_to(answers[session], held.shape)

    statement = simulate(market, first, last, decided, orders, config, 1, "open", np.array([1.0, 0.0]))
    return AgentRun(statement, dict(sorted(refused.items())), tuple(history))


def _carried(closes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Last known close by session and instrument; 0 before the first."""
    filled = np.zeros_like(closes)
    last = np.zeros(closes.shape[1])
    for session, row in enumerate(closes):
        last = np.where(np.isnan(row), last, row)
        filled[session] = last
    return filled


def _day(
    market: Market,
    closes: NDArray[np.float64],
    session: int,
    held: NDArray[np.float64],
    equity: float,
    capital: float,
    as_of: np.datetime64,
    news: Mapping[int, dict[str, list[str]]],
    history: list[Past],
) -> Day:
    """The day as it was before its open: the account, which is valued at that open, is valued back to the closes before."""
    before, opens = closes[session - 1], market.open[session]
    mark = np.where(np.isnan(opens), before, opens)
    value = held * equity
    then = value * np.divide(before, mark, out=np.ones_like(mark), where=mark > 0)
    cash = equity - float(value.sum())
    worth = cash + float(then.sum())
    share = then / worth if worth > 0 else np.zeros_like(then)
    move = market.close[session - 1] / market.close[session - 2] - 1 if session > 1 else np.full(len(before), np.nan)
    names = market.instruments
    known = np.isfinite(market.close[max(session - RECENT, 0) : session]).any(axis=0) | (held != 0)
    return Day(
        as_of=as_of.astype("datetime64[us]").item().replace(tzinfo=UTC),
        session=market.sessions.dates[session].item(),
        moves={name: float(value) for name, value in zip(names, move, strict=True) if np.isfinite(value)},
        listed=tuple(name for name, of_day in zip(names, known, strict=True) if of_day),
        news=news.get(session, {}),
        held={name: float(value) for name, value in zip(names, share, strict=True) if value != 0},
        cash=cash / worth if worth > 0 else 0.0,
        gain=worth / capital - 1,
        history=tuple(history),
    )


@dataclass(frozen=True)
class ScriptedPolicy:
    """A policy that is a function: for tests and baselines."""

    choose: Callable[[Day], Weights | str]

    def decide(self, day: Day) -> Weights | str:
        """See ``Policy``."""
        return self.choose(day)
