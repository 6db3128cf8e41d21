"""Bars on days on which the exchange was closed."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.series import Series

SHIFTED = 0.1
"""Share of bars off session, and of sessions without a bar, from which the dates themselves are in doubt: a series
whose dates are a day late has a fifth of its bars on Saturdays, one with bars on holidays under a twentieth."""


def off_session(series: Series) -> Iterator[Finding]:
    """Report bars that the calendar has no session for, and series whose dates seem shifted as a whole."""
    days = series.bars["session"].unique().sort()
    if days.is_empty():
        return
    off = days.filter(pl.Series(series.sessions.index_of(days.to_numpy()) < 0))
    first, last = days[0], days[-1]
    span = series.sessions.at_or_after(last) - series.sessions.at_or_after(first) + 1
    lost = 1 - len(series) / max(span, 1)
    share = len(off) / len(days)
    if share >= SHIFTED and lost >= SHIFTED:
        yield Finding(
            series.instrument_id, "shifted_dates", first, last, "suspect", share,
            f"{share:.0%} of the bars stand on closed days and {lost:.0%} of the sessions have none",
        )  # fmt: skip
    for day in off:
        name = "holiday" if np.is_busday(np.datetime64(day)) else "weekend day"
        yield Finding(
            series.instrument_id, "off_session", day, day, "suspect", 1.0,
            f"{day:%A} is a {name} of {series.sessions.exchange}; labels do not use the bar",
        )  # fmt: skip
