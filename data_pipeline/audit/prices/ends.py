"""Series that begin or end apart from the others: listed or delisted then, or bars lost."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from data_pipeline.audit.prices.findings import Finding
from data_pipeline.labels.sessions import Sessions


def ends(bars: pl.DataFrame, sessions: Sessions) -> Iterator[Finding]:
    """Report the sessions that a series lacks before its first or after its last bar, as notes.

    The others' ends are the measure: the median first and last session of all series.

    Args:
        bars: Bars of one market.
        sessions: Its sessions.
    """
    on = bars.filter(pl.Series(sessions.index_of(bars["session"].to_numpy()) >= 0))
    spans = on.group_by("instrument_id").agg(first=pl.col("session").min(), last=pl.col("session").max())
    if spans.is_empty():
        return
    at = spans.sort("instrument_id")
    first, last = (sessions.index_of(at[name].to_numpy()) for name in ("first", "last"))
    # A session of the table, so the lower median of the starts and the upper one of the ends: no series is cut for one.
    start, end = int(np.quantile(first, 0.5, method="lower")), int(np.quantile(last, 0.5, method="higher"))
    for name, begins, stops in zip(at["instrument_id"], first.tolist(), last.tolist(), strict=True):
        for kind, low, high in (("starts_late", start, begins - 1), ("ends_early", stops + 1, end)):
            if (lost := high - low + 1) > 0:
                days = sessions.dates[low].item(), sessions.dates[high].item()
                what = "first" if kind == "starts_late" else "last"
                yield Finding(name, kind, *days, "note", float(lost), f"{lost} session(s) beyond its {what} bar")
