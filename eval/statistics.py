"""Bootstrap over blocks of days, and what is read off its draws.

Every metric here is a function of sums over samples, so a draw only has to reweight each day's sums: all draws are
one matrix product, thousands of times faster than drawing rows. Predictors that are put side by side in one table of
sums share each draw's days, which pairs them.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Floats = NDArray[np.float64]

LEVEL = 0.95
_NORMAL, _POWER = 1.96, 0.8416
"""Quantiles of the normal distribution at 97.5% and 80%."""
_CHUNK_CELLS = 8_000_000
"""Most cells of the table of day weights held at once."""


def block_length(block_sessions: int, horizon: int) -> int:
    """Sessions in a block: at least two horizons where the windows of neighbouring sessions overlap."""
    return max(block_sessions, 1 if horizon == 1 else 2 * horizon)


def bootstrap_sums(day_sums: Floats, block: int, draws: int, seed: int) -> Floats | None:
    """Draw days in circular blocks (Politis and Romano, 1992) and sum over each draw.

    With a block of 1 this is the multinomial bootstrap over days. Each draw has as many days as the data.

    Args:
        day_sums: Sums over each day's samples [..., days, features], days in order of time. Tables that are stacked are drawn
            alike and summed one by one, so that equal ones have equal sums to the last digit.
        block: Consecutive days that are drawn together.
        draws: Number of draws.
        seed: Same seed, same days.

    Returns:
        Sums over each draw [..., draws, features]; None where there are no two distinct blocks to draw from.
    """
    *tables, days, features = day_sums.shape
    if days < 2 or days <= block:
        return None
    generator = np.random.default_rng(seed)
    result = np.empty((*tables, draws, features))
    step = max(1, _CHUNK_CELLS // days)
    for start in range(0, draws, step):
        count = min(step, draws - start)
        result[..., start : start + count, :] = _day_weights(generator, count, days, block) @ day_sums
    return result


def _day_weights(generator: np.random.Generator, count: int, days: int, block: int) -> Floats:
    """How often each day is in each draw, [count, days]."""
    starts = generator.integers(days, size=(count, -(-days // block)))
    drawn = (starts[:, :, None] + np.arange(block)).reshape(count, -1)[:, :days] % days
    flat = (drawn + days * np.arange(count)[:, None]).ravel()
    return np.bincount(flat, minlength=count * days).reshape(count, days).astype(np.float64)


def widening(sessions: int, block: int, horizon: int) -> float:
    """By how much a block bootstrap's draws spread too little about the value.

    Two known reasons. Returns of windows that overlap are correlated as long as they share sessions, by the share of
    sessions; circular blocks of length l see a correlation at lag k as (1 - k/l) of what it is, so that of the long-run
    variance ``horizon`` (in units of the variance) ``(horizon**2 - 1) / (3 l)`` is lost. And few blocks estimate a
    variance badly: the fixed-b critical value for Bartlett weights (Kiefer and Vogelsang 2005) stands for the
    normal one. ``scripts/interval_coverage.py`` measures what it is good for.

    Args:
        sessions: Length of the series.
        block: Sessions in a block.
        horizon: Sessions from entry to exit; 1 where windows don't overlap.

    Returns:
        A factor of at least 1.
    """
    lost = (horizon**2 - 1) / (3 * horizon * block)
    b = block / sessions
    critical = _NORMAL + 2.9694 * b + 0.4160 * b**2 - 0.5324 * b**3
    return float(critical / _NORMAL / np.sqrt(1 - lost))


def widened(draws: Floats, value: float, factor: float) -> Floats:
    """Draws of one metric spread about its value by a factor."""
    return value + factor * (draws - value)


def interval(draws: Floats) -> tuple[float, float]:
    """Percentile interval at 95% of the draws of one metric."""
    low, high = np.quantile(draws, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def days_needed(value: float, low: float, high: float, days: int) -> float:
    """Days after which a difference of this size would lie outside of its 95% interval in 4 of 5 periods.

    The interval shrinks with the root of the days; power 80%, two-sided test at 5%.

    Args:
        value: The difference seen; infinity is returned for 0.
        low: Lower end of its 95% interval.
        high: Upper end.
        days: Days that the interval rests on.
    """
    error = (high - low) / (2 * _NORMAL)
    return days * ((_NORMAL + _POWER) * error / value) ** 2 if value else float("inf")


def p_above_zero(draws: Floats) -> float:
    """One-sided p-value of "not above 0": the share of draws at or below 0, never exactly 0 (Davison and Hinkley 1997).

    It is the percentile interval read the other way round: below 0.025 where the 95% interval lies above 0.
    """
    return float((1 + np.count_nonzero(draws <= 0)) / (1 + draws.size))


def p_of_interval(value: float, low: float, high: float, clusters: float) -> float:
    """Two-sided p-value of "no difference", read off a 95% interval: below 0.05 only where the interval leaves 0 out.

    The end that is nearer to 0 is taken for the 2.5% point of Student's t with ``clusters - 1`` degrees of freedom. Its
    tails are what a correction for many comparisons asks about; counting draws can tell nothing below 1 in their number.

    Args:
        value: The difference.
        low: Lower end of its interval, already widened where windows overlap.
        high: Upper end.
        clusters: Independent blocks of days (or texts) that the interval rests on.
    """
    if low == high:
        return 0.0 if value != 0 and clusters > 1 else 1.0
    toward = value - low if value > 0 else high - value
    if toward <= 0:
        toward = (high - low) / 2
    freedom = max(clusters - 1, 1.0)
    return float(2 * student.sf(student.ppf((1 + LEVEL) / 2, freedom) * abs(value) / toward, freedom))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjust p-values for their number by Holm's step-down method (1979); names keep their order."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for rank, (name, value) in enumerate(sorted(p_values.items(), key=lambda item: item[1])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * value))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}
