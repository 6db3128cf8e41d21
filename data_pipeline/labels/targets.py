"""Continuous targets of every instrument at every decision; classes are derived from them later."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_pipeline.labels.barriers import first_touch
from data_pipeline.labels.prices import Matrix, PricePanel
from data_pipeline.labels.returns import leave_one_out, trailing_beta, trailing_volatility, window_returns
from data_pipeline.labels.sessions import Event, Indices, Sessions, Times
from data_pipeline.labels.smoothing import average_change, smoothed_signal
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.labels.timeline import Timeline
from tickertune.core.errors import TickerTuneError

TARGETS = ("ret_raw", "ret_excess", "ret_beta", "ret_scaled", "volatility", "target")
"""Names of the continuous targets, as a ``Sample`` has them."""


@dataclass(frozen=True)
class Targets:
    """Matrices by instrument (rows of the panel) and decision; NaN where unknown. Returns are fractions."""

    ret_raw: Matrix
    """Total return from entry to exit, each action applied once."""
    ret_excess: Matrix
    """The same minus the market's over the same window."""
    ret_beta: Matrix
    """The same minus beta times the market's; beta is of returns that had ended by the decision."""
    ret_scaled: Matrix
    """What the label subtracts its benchmark to, over ``volatility``."""
    volatility: Matrix
    """Of the return that ``ret_scaled`` divides, over the horizon, from returns that had ended by the decision."""
    target: Matrix
    """What classes cut where that is none of the returns; else NaN."""
    exit: Indices
    """Session of the exit, by instrument and decision: that of the timeline, or an earlier touch of a barrier."""


def compute_targets(
    panel: PricePanel, spec: LabelSpec, timeline: Timeline, suspect: NDArray[np.bool_] | None = None
) -> Targets:
    """Targets by the label's entry, exit and horizon.

    The volatility of one session's return is scaled to the horizon by its square root, as if returns were
    uncorrelated.

    Args:
        panel: Prices.
        spec: The label.
        timeline: The decisions.
        suspect: Sessions by instrument whose prices are not to be believed: a return over one is unknown, also as a
            part of the market's. Volatility and beta do not look at them, for at the decision nobody knew.

    Raises:
        TickerTuneError: The label subtracts the market, and there is one instrument.
    """
    if spec.market_adjusted and len(panel.instruments) < 2:
        raise TickerTuneError(
            f"Label {spec.name} subtracts the market, the mean of the other instruments, and there are bars of "
            f"{panel.instruments[0]} alone",
            "Add instruments to the source, or choose a label of plain returns such as sep or fingpt_rlsp",
        )
    known = timeline.last_open if spec.event == "open" else timeline.last_close
    plain = window_returns(panel, spec.event, 1)
    market = leave_one_out(plain)
    daily = plain - market
    beta = trailing_beta(plain, market, spec.beta_sessions)
    if spec.volatility_of == "raw":
        scale = plain
    elif spec.benchmark == "beta":
        scale = plain - beta * market
    else:
        scale = daily
    one = _columns(trailing_volatility(scale, spec.volatility_sessions), known)
    volatility = one * np.sqrt(spec.horizon)
    exits = np.broadcast_to(timeline.exit, one.shape).astype(np.int64)
    target = np.full_like(one, np.nan)
    if spec.rule == "barriers":
        assert spec.barriers is not None
        exits, target = first_touch(panel, timeline, one, *spec.barriers)
    elif spec.rule == "smoothed":
        target = smoothed_signal(panel, spec, timeline, one)
    elif spec.rule == "moving_average":
        assert spec.average_window is not None
        target = average_change(panel, timeline, spec.average_window)
    raw, others = _trades(panel, spec, timeline, exits, suspect)
    excess = raw - others
    ret_beta = raw - _columns(beta, known) * others
    return Targets(
        ret_raw=raw,
        ret_excess=excess,
        ret_beta=ret_beta,
        ret_scaled=(ret_beta if spec.benchmark == "beta" else raw if spec.volatility_of == "raw" else excess)
        / volatility,
        volatility=volatility,
        target=target,
        exit=exits,
    )


def exit_times(exits: Indices, spec: LabelSpec, sessions: Sessions) -> Times:
    """UTC times of exits: the close or the open of their sessions."""
    return sessions.times(spec.out)[exits]


def trade_returns(panel: PricePanel, event: Event, out: Event, entry: Indices, exits: Indices) -> Matrix:
    """Total return of every instrument from the ``event`` of session ``entry`` to the ``out`` of session ``exits``.

    Args:
        panel: Prices.
        event: Whether the entry is at the open or at the close.
        out: The same of the exit, which may be the final value of a delisted stock.
        entry: Sessions, one a decision.
        exits: The same.

    Returns:
        Instrument x decision; NaN where a price is missing.
    """
    entries = panel.open if event == "open" else panel.close
    ends = panel.open if out == "open" else panel.close
    ends = np.where(np.isnan(ends), panel.settled, ends)
    # np.take keeps rows contiguous, so that sums over instruments add in one order whatever is selected.
    return np.asarray(np.take(ends, exits, axis=1) / np.take(entries, entry, axis=1) - 1)


def _trades(
    panel: PricePanel, spec: LabelSpec, timeline: Timeline, exits: Indices, suspect: NDArray[np.bool_] | None
) -> tuple[Matrix, Matrix]:
    """Returns from entry to exit, and those of the market over the same windows."""
    raw, market = np.full(exits.shape, np.nan), np.full(exits.shape, np.nan)
    ahead = exits - timeline.entry
    before = None
    if suspect is not None:
        before = np.concatenate([np.zeros((len(suspect), 1), dtype=np.int64), np.cumsum(suspect, axis=1)], axis=1)
    for sessions in np.unique(ahead):
        chosen = ahead == sessions
        at = np.flatnonzero(chosen.any(axis=0))
        entry, end = timeline.entry[at], timeline.entry[at] + sessions
        returns = trade_returns(panel, spec.event, spec.out, entry, end)
        if before is not None:
            touched = np.take(before, end + 1, axis=1) > np.take(before, entry, axis=1)
            returns = np.where(touched, np.nan, returns)
        others = leave_one_out(returns)
        mask = np.take(chosen, at, axis=1)
        raw[:, at] = np.where(mask, returns, raw[:, at])
        market[:, at] = np.where(mask, others, market[:, at])
    return raw, market


def _columns(values: Matrix, columns: Indices) -> Matrix:
    """Columns of ``values``; NaN for column -1, before the first session."""
    picked: Matrix = np.take(values, columns, axis=1)
    picked[:, columns < 0] = np.nan
    return picked
