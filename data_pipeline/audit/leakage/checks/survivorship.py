"""A universe in which nothing ever ends."""

from datetime import datetime

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "survivorship"
FEWEST_SYMBOLS = 10
SHORTEST_DAYS = 365
"""Span from which some of many companies should have gone: of US listings a few per cent a year do."""
END = 0.1
"""Last part of the span in which a symbol that lives must still appear."""


def check(view: View) -> list[Finding]:
    """Warn where every symbol is there to the end of the span."""
    clock = view.clock
    if clock is None:
        return []
    lives = view.frame.drop_nulls([clock, "symbol"]).group_by("symbol").agg(last=pl.col(clock).max(), n=pl.len())
    start, end = view.frame[clock].min(), view.frame[clock].max()
    if lives.height < FEWEST_SYMBOLS or not (isinstance(start, datetime) and isinstance(end, datetime)):
        return []
    span = end - start
    if span.days < SHORTEST_DAYS:
        return []
    # A symbol seen a few times only says nothing by its absence.
    known = lives.filter(pl.col("n") >= 10)
    gone = known.filter(pl.col("last") < pl.lit(end - span * END))
    if known.height < FEWEST_SYMBOLS or gone.height:
        return []
    return [
        view.finding(
            NAME, "warning", known.height, known.height,
            f"all {known.height} symbols are there to the end of {span.days / 365.25:.1f} years: no delisting, merger or "
            "failure among them",
            "Take the universe as it was at each date, delisted companies with their final value included",
            unit="symbols",
        )
    ]  # fmt: skip
