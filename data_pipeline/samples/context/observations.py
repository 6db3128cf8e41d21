"""Fundamentals and macro figures as known at a decision: the newest period, in the newest vintage published by then.

The end of a period is no time at which anybody knew its figure; ``available_at`` is.
"""

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from data_pipeline.samples.context.moment import Moment


class Observations:
    """Figures by series and instrument, to be asked what was known when.

    Args:
        table: Schema ``Observation``.
        series: Series to keep.
        latency_minutes: Time from availability to use.
    """

    def __init__(self, table: pl.DataFrame, series: list[str], latency_minutes: int) -> None:
        self._latency = timedelta(minutes=latency_minutes)
        self._rows: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
        kept = table.filter(pl.col("series_id").is_in(series)).sort(
            "available_at", "period_end", "period_start", "value", "detail", nulls_last=False
        )
        for row in kept.iter_rows(named=True):
            self._rows.setdefault((row["series_id"], row["instrument_id"]), []).append(row)

    def known(self, series: str, instrument_id: str | None, as_of: datetime) -> dict[str, Any] | None:
        """The row of the newest period, in its last vintage available by ``as_of``; None before the first.

        Where a filing gives a period's end several lengths (a quarter, the year to date), the shortest is meant.
        """
        ready = [
            row for row in self._rows.get((series, instrument_id), ()) if row["available_at"] + self._latency <= as_of
        ]
        if not ready:
            return None
        newest = max(row["period_end"] for row in ready)
        same = [row for row in ready if row["period_end"] == newest]
        shortest = max((row["period_start"] or row["period_end"]) for row in same)
        return [row for row in same if (row["period_start"] or row["period_end"]) == shortest][-1]


def figure_lines(known: Observations, series: list[str], instrument_id: str | None, moment: Moment) -> list[str]:
    """A line for each series that is known: value, unit, period, and the day since which it was known."""
    rows = [(name, known.known(name, instrument_id, moment.as_of)) for name in series]
    return [
        f"{name.split(':', 1)[-1]} {number(row['value'])} {row['unit']}, {_period(row)}, "
        f"known since {row['available_at']:%Y-%m-%d}"
        for name, row in rows
        if row is not None
    ]


def number(value: float) -> str:
    """A number as a reader wants it: whole and grouped when large, four digits when small."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _period(row: dict[str, Any]) -> str:
    return f"{row['period_start']} to {row['period_end']}" if row["period_start"] else f"of {row['period_end']}"
