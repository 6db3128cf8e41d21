"""Doubled bars: two for one session, one bar copied to the next session, or two bases in one series."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.audit.prices.series import VALUES, Series


def duplicates(series: Series) -> Iterator[Finding]:
    """Report sessions with two bars, bars equal to the one before, and a change of basis."""
    counted = series.bars.group_by("session").agg(rows=pl.len(), ways=pl.struct(*VALUES, "basis").n_unique())
    for session, rows, ways in counted.filter(pl.col("rows") > 1).sort("session").iter_rows():
        detail = f"{rows} bars for one session, {'all equal' if ways == 1 else f'{ways} of them different'}"
        yield Finding(series.instrument_id, "duplicated_session", session, session, "suspect", float(rows), detail)
    bases = sorted(series.bars["basis"].unique())
    if len(bases) > 1:
        days = series.bars["session"]
        yield Finding(
            series.instrument_id, "mixed_basis", days[0], days[-1], "suspect", float(len(bases)),
            f"bars are {' and '.join(bases)}",
        )  # fmt: skip
    # A flat bar, or one without volume, is equal to its neighbour in a dull market: see stale closes and zero volume.
    same = (series.volume > 0) & (series.high > series.low)
    same[:1] = False
    for name in ("open", "high", "low", "close", "volume"):
        values = getattr(series, name)
        same[1:] &= values[1:] == values[:-1]
    for bar in np.flatnonzero(same):
        yield Finding(
            series.instrument_id, "repeated_bar", series.day(bar), series.day(bar), "suspect", 1.0,
            f"equal to the bar of {series.day(bar - 1)} in all five values",
        )  # fmt: skip


def duplicated_actions(series: Series) -> Iterator[Finding]:
    """Report ex-dates with two actions of one kind: each would be applied."""
    inside = series.actions.filter(
        pl.col("ex_date").is_between(pl.lit(series.sessions.dates[0]), pl.lit(series.sessions.dates[-1]))
    )
    counted = inside.group_by("ex_date", "kind").agg(pl.len(), pl.col("value").sort())
    for day, kind, rows, values in counted.filter(pl.col("len") > 1).sort("ex_date", "kind").iter_rows():
        stated = ", ".join(f"{value:g}" for value in values)
        detail = f"{rows} actions of kind {kind} on one ex-date: {stated}"
        yield Finding(series.instrument_id, "duplicated_action", day, day, "suspect", float(rows), detail)
