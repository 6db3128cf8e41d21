"""Continuous targets of every instrument at every decision; classes are derived from them later."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from data_pipeline.labels.prices import Matrix, PricePanel
from data_pipeline.labels.registry import LabelSpec
from data_pipeline.labels.returns import excess_returns, trailing_volatility, window_returns
from data_pipeline.labels.sessions import Indices
from data_pipeline.labels.timeline import Timeline


@dataclass(frozen=True)
class Targets:
    """Matrices by instrument (rows of the panel) and decision; NaN where unknown. Returns are fractions."""

    ret_raw: Matrix
    ret_excess: Matrix
    ret_scaled: Matrix
    volatility: Matrix
    """Of the excess return over the horizon, from returns that had ended by the decision."""


def compute_targets(
    panel: PricePanel, spec: LabelSpec, timeline: Timeline, suspect: NDArray[np.bool_] | None = None
) -> Targets:
    """Targets by the label's entry, exit and horizon.

    The volatility of one session's excess return is scaled to the horizon by its square root, as if returns
    were uncorrelated.

    Args:
        panel: Prices.
        spec: The label.
        timeline: The decisions.
        suspect: Sessions by instrument whose prices are not to be believed: a return over one is unknown, also as a
            part of the market's. The volatility does not look at them, for at the decision nobody knew.
    """
    raw = window_returns(panel, spec.event, spec.horizon)
    excess = excess_returns(raw)
    daily = excess if spec.horizon == 1 else excess_returns(window_returns(panel, spec.event, 1))
    known = timeline.last_open if spec.event == "open" else timeline.last_close
    volatility = _columns(trailing_volatility(daily, spec.volatility_sessions), known) * np.sqrt(spec.horizon)
    if suspect is not None:
        raw = np.where(_touched(suspect, spec.horizon), np.nan, raw)
        excess = excess_returns(raw)
    ret_excess = _columns(excess, timeline.entry)
    return Targets(
        ret_raw=_columns(raw, timeline.entry),
        ret_excess=ret_excess,
        ret_scaled=ret_excess / volatility,
        volatility=volatility,
    )


def _touched(suspect: NDArray[np.bool_], horizon: int) -> NDArray[np.bool_]:
    """Whether a suspect session lies in the window that starts in each session and ends ``horizon`` later."""
    padded = np.pad(suspect, ((0, 0), (0, horizon)))
    return np.asarray(sliding_window_view(padded, horizon + 1, axis=1).any(axis=2))


def _columns(values: Matrix, columns: Indices) -> Matrix:
    """Columns of ``values``; NaN for column -1, before the first session."""
    picked: Matrix = values[:, columns]
    picked[:, columns < 0] = np.nan
    return picked
