"""Where faults of prices are planted: drawn session by session, so that a longer window moves none of them."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from data_pipeline.sources.simulated.draws import generator
from tickertune.core.recipe.source import PriceDirtConfig

APART = 25
"""Sessions between two faults of one series, so that neither stands in the other's surroundings."""
START, END = 15, 6
"""Sessions at either end of a series without faults: a fault there has no surroundings to stand out from."""
CLEAR = 6
"""Sessions to each side of a fault without a corporate action; a split's date is looked for as far."""
RATIOS = (1.5, 2.0, 3.0, 4.0, 7.0, 10.0, 0.5, 0.2, 0.1)
ON_DIVIDENDS = ("dividend_missing", "dividend_doubled")
ON_ADJUSTED = ("split_not_applied",)
"""Faults of bars that are called split-adjusted alone."""
ON_TRADED = ("split_unrecorded", "split_phantom", "splice_basis")
"""Faults of bars as traded alone."""
ANYWHERE = (
    "split_twice",
    "splice_symbol",
    "stale",
    "spike",
    "zero_volume",
    "off_session",
    "doubled_bar",
    "honest_jump",
)
SPIKES = (10.0, 100.0, 0.1, 0.01)


@dataclass(frozen=True)
class Spot:
    """One fault: what, and from which session to which, as indices."""

    kind: str
    first: int
    last: int
    value: float
    """Ratio of a split, factor of a spike or a jump, sessions of a stale run; 1 for the others."""
    rng: np.random.Generator
    """Draws whatever else the fault needs."""


def plan_faults(
    seed: int,
    index: int,
    sessions: list[date],
    present: NDArray[np.bool_],
    acted: dict[int, str],
    adjusted: bool,
    config: PriceDirtConfig,
) -> list[Spot]:
    """Draw the faults of one company.

    Args:
        seed: Seed of the world.
        index: Number of the company.
        sessions: All sessions.
        present: Sessions that have a bar.
        acted: Session index -> kind of its corporate action.
        adjusted: Whether its bars come split-adjusted.
        config: Chances of the faults.
    """
    spots: list[Spot] = []
    free_from = START
    for t in range(START, len(sessions) - END):
        rng = generator(seed, "price-dirt", sessions[t], index)
        kinds = _possible(acted, t, adjusted)
        draws = rng.random(len(kinds))
        hit = [kind for kind, draw in zip(kinds, draws, strict=True) if draw < getattr(config, kind)]
        if t < free_from or not hit:
            continue
        spot = _spot(str(rng.choice(hit)), t, rng)
        around = slice(spot.first - 2, spot.last + 3)
        ends = spot.last >= len(sessions) - END
        if ends or not present[around].all() or _meets_action(spot, acted):
            continue
        spots.append(spot)
        free_from = spot.last + APART
        if spot.kind == "splice_symbol":
            break
    return spots


def _possible(acted: dict[int, str], t: int, adjusted: bool) -> tuple[str, ...]:
    if acted.get(t) == "cash_dividend":
        return ON_DIVIDENDS
    return (*ANYWHERE, *(ON_ADJUSTED if adjusted else ON_TRADED))


def _spot(kind: str, t: int, rng: np.random.Generator) -> Spot:
    value, last = 1.0, t
    if kind.startswith("split_"):
        value = float(rng.choice(RATIOS))
    elif kind == "splice_basis":
        value, last = float(rng.choice(RATIOS)), t + int(rng.integers(10, 40))
    elif kind == "stale":
        value = float(rng.integers(3, 7))
        last = t + int(value) - 1
    elif kind == "spike":
        value = float(rng.choice(SPIKES))
    elif kind == "honest_jump":
        value = float(rng.uniform(0.5, 0.67) if rng.random() < 0.6 else rng.uniform(1.5, 2.0))
    return Spot(kind, t, last, value, rng)


def _meets_action(spot: Spot, acted: dict[int, str]) -> bool:
    if spot.kind in ON_DIVIDENDS:
        return any(t != spot.first and abs(t - spot.first) <= CLEAR for t in acted)
    return any(spot.first - CLEAR <= t <= spot.last + CLEAR for t in acted)
