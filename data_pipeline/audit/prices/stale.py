"""Stale closes: runs of equal closes, longer than chance makes them."""

from collections.abc import Iterator

import numpy as np

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.missing import runs
from data_pipeline.audit.prices.series import Series

FEWEST = 3
"""Repeats of a close (four equal closes) from which a run is looked at."""
SURPRISE = 0.01
"""Most expected number of such runs in a series of its length, were it repeating closes independently."""
REACH = 125
"""Bars on each side from which the rate of repeats around a run is taken: a stock under a cash offer, or one whose
prices are coarsely rounded, repeats its close often for a while and is not stale."""


def stale_closes(series: Series) -> Iterator[Finding]:
    """Report runs of equal closes that the series' own rate of repeats does not explain."""
    same = np.concatenate([[False], series.close[1:] == series.close[:-1]])[: len(series)]
    for first, last in runs(same):
        repeats = last - first + 1
        if repeats < FEWEST:
            continue
        others = np.concatenate([same[max(0, first - REACH) : first], same[last + 1 : last + 1 + REACH]])
        rest = len(same) - repeats
        # One repeat more than seen (Laplace), so that a run in a series without repeats is not called impossible.
        chance = max((others.sum() + 1) / (len(others) + 2), (same.sum() - repeats + 1) / (rest + 2))
        expected = len(same) * chance**repeats
        if expected <= SURPRISE:
            yield Finding(
                series.instrument_id, "stale_close", series.day(first), series.day(last), "suspect", float(repeats),
                f"close {series.close[last]:g} repeats {repeats} times; {chance:.1%} of the closes around repeat",
            )  # fmt: skip
