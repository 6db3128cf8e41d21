"""Payouts that cannot be: as large as the price, or large without a fall of the price."""

from collections.abc import Iterator

import numpy as np

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.series import Series

LARGE = 0.2
"""Part of the price from which a payout must show in it; below, the day's own move may hide it."""
SHOWN = 0.4
"""Part of a large payout by which the price must fall at least."""


def payouts(series: Series) -> Iterator[Finding]:
    """Report payouts of the price or more, and large ones that the price takes no notice of."""
    if series.basis == "total_return":
        return
    without_split = series.jump + (np.log(series.split) if series.basis == "traded" else 0.0)
    for bar in np.flatnonzero(series.payout > 0):
        if bar == 0:
            continue
        # A payout is per share after that day's split: so is the price that it is measured by.
        before = series.close[bar - 1] / (series.split[bar] if series.basis == "traded" else 1.0)
        part = float(series.payout[bar] / before)
        fall = float(-np.expm1(without_split[bar]))
        if part >= 1:
            kind, detail = "dividend_exceeds_price", f"payout {series.payout[bar]:g} on a price of {before:g}"
        elif part >= LARGE and fall < SHOWN * part:
            kind = "dividend_without_drop"
            detail = f"payout of {part:.1%} of the price, which fell by {fall:.1%}"
        else:
            continue
        yield Finding(series.instrument_id, kind, series.day(bar), series.day(bar), "suspect", part, detail)
