"""Day by day: a policy sees what was known before each open, with its own holdings and history, and orders target weights.

Weights are a long-only simplex: at least 0, and with cash they sum to one. An answer that is none is refused with its reason and
the holdings are kept; nothing is repaired. The prices that a day shows are closes before its decision: the open at which the
orders are filled is not among them.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import MINUTE
from data_pipeline.samples.view import DocumentIndex
from eval.backends.base import Completion, Tokens
from eval.portfolio.account import simulate
from eval.portfolio.market import Market
from eval.portfolio.statement import Statement
from tickertune.core.recipe import AccountConfig
from tickertune.core.tasks.fencing import fenced

CASH = "CASH"
TOLERANCE = 1e-6
Weights = Mapping[str, float]
_OBJECT = re.compile(r"\{[^{}]*\}")


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


def fault_of(ordered: Weights, names: list[str]) -> str | None:
    """Why weights are no long-only simplex over the names and cash; None where they are one."""
    if ordered.keys() - {*names, CASH}:
        return "a name that is not traded"
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
    """
    opens = market.sessions.opens
    decided = np.full(len(opens), np.datetime64("NaT", "us"))
    decided[first : last + 1] = opens[first : last + 1] - minutes_before * MINUTE
    closes = _carried(market.close)
    index = DocumentIndex(documents, superseded, 0, max_chars)
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
            fault = answer if isinstance(answer, str) else fault_of(answer, market.instruments)
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
    return Day(
        as_of=as_of.astype("datetime64[us]").item().replace(tzinfo=UTC),
        session=market.sessions.dates[session].item(),
        moves={name: float(value) for name, value in zip(names, move, strict=True) if np.isfinite(value)},
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


class Answering(Protocol):
    """What answers a prompt: any backend."""

    def generate(self, prompts: Sequence[Tokens], max_tokens: int) -> list[list[Completion]]:
        """One greedy reply of at most ``max_tokens`` tokens for each prompt."""


@dataclass(frozen=True)
class ModelPolicy:
    """A language model that is shown the day and asked for target weights as one JSON object."""

    backend: Answering
    encode: Callable[[str], Tokens]
    """From the prompt's text to token ids, by the model's chat template."""
    names: tuple[str, ...]
    max_tokens: int = 256
    days_shown: int = 5

    def decide(self, day: Day) -> Weights | str:
        """See ``Policy``; the last object in the reply counts, and a reply that was cut off none."""
        reply = self.backend.generate([self.encode(self.prompt(day))], self.max_tokens)[0][0]
        if not reply.finished:
            return "a reply that was cut off"
        return read_weights(reply.text)

    def prompt(self, day: Day) -> str:
        """What the model reads."""
        lines = [
            f"It is {day.as_of:%Y-%m-%d %H:%M} UTC, before the open of {day.session}. You manage a long-only portfolio."
        ]
        lines.append(f"Gain so far {day.gain:+.2%}. Held: {_listed(day.held)}; {CASH} {day.cash:.1%}.")
        lines += [
            f"{past.session}: {'refused' if past.ordered is None else _listed(past.ordered)}, gain {past.gain:+.2%}"
            for past in day.history[-self.days_shown :]
        ]
        for name in self.names:
            moved = f" {day.moves[name]:+.2%} in the last session." if name in day.moves else ""
            told = " ".join(f"<news>{fenced(text)}</news>" for text in day.news.get(name, []))
            lines.append(f"{name}:{moved} {told}".strip())
        lines.append(
            f"Reply with one JSON object of weights for {', '.join(self.names)} and {CASH}, none below 0, that sum to 1."
        )
        return "\n".join(lines)


def read_weights(text: str) -> Weights | str:
    """The last flat JSON object of numbers in a reply, or why there is none."""
    found = _OBJECT.findall(text)
    if not found:
        return "a reply without a JSON object"
    try:
        values = json.loads(found[-1], parse_int=float)  # a number of any length; one that is too large is infinite
    except json.JSONDecodeError:
        return "a reply whose JSON is broken"
    if not all(isinstance(value, float) for value in values.values()):
        return "a weight that is no number"
    return dict(values)


def _listed(weights: Weights) -> str:
    return ", ".join(f"{name} {value:.1%}" for name, value in sorted(weights.items())) or "nothing"
