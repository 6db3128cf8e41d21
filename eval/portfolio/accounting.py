"""The account of a book: what each session's purchases earn, what they trade and what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.portfolio.policies import EQUAL, limited_weights
from eval.portfolio.weights import Book, book_of
from tickertune.core.recipe import PolicyConfig

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ledger:
    """One portfolio, a value per session; returns, turnover and exposure are fractions of its capital.

    With a horizon of h sessions the capital is split into h tranches, and each session renews one of them. What a
    tranche earns until its exit is booked at its entry, so that ``gross`` of a session is the return of that
    session's decisions times 1/h.
    """

    sessions: tuple[date, ...]
    horizon: int
    gross: Floats
    turnover: Floats
    """Sum of the absolute changes of weight: a purchase of the whole capital is 1, its sale another 1."""
    exposure: Floats
    """Sum of the absolute stock weights bought, before the division into tranches."""
    hits: NDArray[np.int64]
    """Positions that earned money before costs."""
    taken: NDArray[np.int64]
    """Positions other than 0."""
    samples: NDArray[np.int64]

    def costs(self, cost_bps: float) -> Floats:
        """Cost of each session's trades at ``cost_bps`` basis points a side."""
        return cost_bps / 1e4 * self.turnover

    def net(self, cost_bps: float) -> Floats:
        """Return of each session after costs."""
        return self.gross - self.costs(cost_bps)

    def equity(self, cost_bps: float) -> pl.DataFrame:
        """Table of ``session, gross, net, turnover``."""
        return pl.DataFrame(
            {
                "session": list(self.sessions),
                "gross": self.gross,
                "net": self.net(cost_bps),
                "turnover": self.turnover,
            },
            schema={"session": pl.Date, "gross": pl.Float64, "net": pl.Float64, "turnover": pl.Float64},
        )


def turnover_of(weights: Floats, horizon: int) -> Floats:
    """Sum of absolute weight changes at each session.

    A session's tranche replaces the one bought ``horizon`` sessions before; the last ones are sold, which is booked
    at their entry. Drift of the weights while a tranche is held is not rebalanced and not counted.

    Args:
        weights: Shape (sessions, instruments), of a whole tranche.
        horizon: Sessions that a tranche is held.
    """
    replaced = np.zeros_like(weights)
    replaced[horizon:] = weights[:-horizon]
    traded = np.abs(weights - replaced).sum(axis=1)
    traded[-horizon:] += np.abs(weights[-horizon:]).sum(axis=1)
    return np.asarray(traded / horizon, dtype=np.float64)


def _ledger(book: Book, horizon: int, turnover: Floats) -> Ledger:
    earned = book.weights * book.returns
    return Ledger(
        sessions=book.sessions,
        horizon=horizon,
        gross=earned.sum(axis=1) / horizon,
        turnover=turnover,
        exposure=np.abs(book.weights).sum(axis=1),
        hits=(earned > 0).sum(axis=1),
        taken=(book.weights != 0).sum(axis=1),
        samples=book.samples,
    )


def backtest(
    predictions: pl.DataFrame,
    horizon: int = 1,
    sessions: Sequence[date] = (),
    *,
    hedged: bool = True,
    policy: PolicyConfig = EQUAL,
) -> Ledger:
    """Trade the decisions of one checkpoint.

    Args:
        predictions: ``Prediction`` rows of one checkpoint.
        horizon: Sessions from entry to exit of the label.
        sessions: See ``book_of``.
        hedged: Whether each position is hedged with the label's market, and the hedge's trades are counted;
            without the hedge a position earns the raw return.
        policy: How decisions are weighed; its turnover limit counts the stocks and not the hedge.
    """
    book = book_of(predictions, "ret_excess" if hedged else "ret_raw", sessions, policy)
    if policy.max_turnover is not None:
        book = replace(book, weights=limited_weights(book.weights, book.known, horizon, policy.max_turnover))
    legs = np.column_stack([book.weights, -book.weights.sum(axis=1)]) if hedged else book.weights
    return _ledger(book, horizon, turnover_of(legs, horizon))


def buy_and_hold(predictions: pl.DataFrame, horizon: int = 1, sessions: Sequence[date] = ()) -> Ledger:
    """Hold 1/N of all names that have a sample in the session, unhedged, whatever was decided.

    Bought once and sold once: the changes of the session's names are not charged, which flatters this benchmark.
    """
    everything = predictions.with_columns(position=pl.lit(1.0), outcome=pl.lit("label"))
    book = book_of(everything, "ret_raw", sessions)
    turnover = np.zeros(len(book.sessions))
    turnover[:1] += 1.0
    turnover[-1:] += 1.0
    return _ledger(book, horizon, turnover)
