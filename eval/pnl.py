"""What a position earns, in units of the stock's volatility: shared by the pnl reward and the evaluation."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

CLIP = 3.0
SIDES = 2
"""A position is bought and sold: the cost of a side is paid twice."""


def pnl(
    position: float | None,
    ret_scaled: float | None,
    volatility: float | None,
    cost_bps: float,
    clip: float = CLIP,
    loss_aversion: float = 1.0,
) -> float | None:
    """Return the reward of one decision; see ``pnl_array``.

    Args:
        position: Size in [-1, 1]; None where the answer could not be read.
        ret_scaled: Forward return over the horizon's volatility; None where the outcome is missing.
        volatility: Volatility of the return over the horizon, as a fraction; None where the outcome is missing.
        cost_bps: Cost of each side, in basis points of the position.
        clip: Bound on the scaled return and on the result.
        loss_aversion: Factor on a negative result.

    Returns:
        The reward, or None where the outcome is missing.
    """
    values = [np.nan if value is None else value for value in (position, ret_scaled, volatility)]
    reward = float(pnl_array(*values, cost_bps=cost_bps, clip=clip, loss_aversion=loss_aversion))
    return None if np.isnan(reward) else reward


def pnl_array(
    position: ArrayLike,
    ret_scaled: ArrayLike,
    volatility: ArrayLike,
    *,
    cost_bps: float,
    clip: float = CLIP,
    loss_aversion: float = 1.0,
) -> NDArray[np.float64]:
    """Return ``position * clip(ret_scaled) - |position| * cost`` of many decisions, never below ``-clip``.

    The cost is in the return's unit: twice ``cost_bps``, over the volatility. A negative result is multiplied by
    ``loss_aversion``. An unreadable answer (position NaN) gets the worst result there is, so that silence never beats
    a loss. A missing outcome (scaled return or volatility NaN) gives NaN whatever the answer.

    Args:
        position: Sizes in [-1, 1], shape [...].
        ret_scaled: Forward returns over the horizon's volatility, shape [...].
        volatility: Volatility over the horizon as a fraction, shape [...].
        cost_bps: Cost of each side, in basis points of the position.
        clip: Bound on the scaled return and on the result before loss aversion.
        loss_aversion: Factor on losses, at least 1.
    """
    size = np.asarray(position, dtype=np.float64)
    scaled = np.asarray(ret_scaled, dtype=np.float64)
    cost = SIDES * cost_bps / 1e4 / np.asarray(volatility, dtype=np.float64)
    net = np.clip(size * np.clip(scaled, -clip, clip) - np.abs(size) * cost, -clip, clip)
    outcome: NDArray[Any] = np.isfinite(scaled) & np.isfinite(cost)
    net = np.where(np.isnan(size), -clip, net)
    return np.where(outcome, np.where(net < 0, loss_aversion * net, net), np.nan)
