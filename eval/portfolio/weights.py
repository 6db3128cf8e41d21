"""From predictions to a book: the weight and the return of each instrument at each session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.portfolio.policies import EQUAL, decision_weights
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import PolicyConfig

Returns = Literal["ret_excess", "ret_raw"]


@dataclass(frozen=True)
class Book:
    """Target weights and what each of them earns until its exit; arrays have shape (sessions, instruments).

    A row is what is bought at that session's open. Returns are simple returns over the label's whole horizon, as
    fractions. ``samples`` (sessions,) counts the samples that shared the capital.
    """

    sessions: tuple[date, ...]
    weights: NDArray[np.float64]
    returns: NDArray[np.float64]
    samples: NDArray[np.int64]
    known: NDArray[np.bool_]
    """Where there is a sample, and so a return."""


def book_of(
    predictions: pl.DataFrame,
    returns: Returns = "ret_excess",
    sessions: Sequence[date] = (),
    policy: PolicyConfig = EQUAL,
) -> Book:
    """Give each decided sample its share of the session's capital; the turnover limit is not applied here.

    Args:
        predictions: ``Prediction`` rows. Those without a session or without the return are left out.
        returns: ``ret_excess`` for the hedged book, ``ret_raw`` for the plain one.
        sessions: All exchange sessions of the period, so that one without a sample counts as a session in cash;
            by default those that have a sample.
        policy: How decisions are weighed.

    Raises:
        TickerTuneError: A sample's session is not among ``sessions``.
    """
    known = predictions.drop_nulls(["session", "instrument_id", returns])
    axis = tuple(sorted(set(sessions) or set(known["session"].to_list())))
    rows = {session: row for row, session in enumerate(axis)}
    strangers = sorted(set(known["session"].to_list()) - rows.keys())
    if strangers:
        raise TickerTuneError(
            f"Samples enter at {strangers[0]}, which is not among the {len(axis)} sessions given",
            "Give the exchange sessions of the whole scored period",
        )
    columns = {name: column for column, name in enumerate(sorted(set(known["instrument_id"].to_list())))}
    at = np.array([rows[session] for session in known["session"]], dtype=np.int64)
    of = np.array([columns[name] for name in known["instrument_id"]], dtype=np.int64)
    samples = np.bincount(at, minlength=len(axis))
    weights = np.zeros((len(axis), len(columns)))
    np.add.at(weights, (at, of), decision_weights(known, at, policy))
    earned, seen = np.zeros_like(weights), np.zeros(weights.shape, dtype=bool)
    earned[at, of] = known[returns].to_numpy()
    seen[at, of] = True
    return Book(axis, weights, earned, samples, seen)
