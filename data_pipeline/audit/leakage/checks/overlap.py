"""Label windows of a training split that overlap those of a later one, and the gap between them."""

import numpy as np
import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "overlapping_windows"
REMEDY = "Purge training rows whose window reaches into a later split, and keep an embargo after them"


def check(view: View) -> list[Finding]:
    """Purging and embargo: [decision or first text, exit) of train against those of the other splits."""
    windows = _windows(view)
    names = [name for name in windows["split"].unique(maintain_order=True) if name is not None]
    pairs = [(a, b) for a in ("train", "validation") for b in names if a in names and b not in ("train", a)]
    found = []
    for earlier, later in pairs:
        one, other = windows.filter(pl.col("split") == earlier), windows.filter(pl.col("split") == later)
        if one.is_empty() or other.is_empty():
            continue
        hit = one.filter(_overlaps(one, other))
        if hit.height:
            found.append(
                view.finding(
                    NAME, "error", hit.height, one.height,
                    f"windows of {hit.height:,} {earlier} rows overlap windows of {later}, so that one move is in both",
                    REMEDY, rows=hit.select("row", "start", "exit"), times=("as_of", "entry", "exit"),
                )
            )  # fmt: skip
        else:
            found += _embargo(view, one, other, earlier, later)
    return found


def _windows(view: View) -> pl.DataFrame:
    starts = [role for role in ("as_of", "entry") if view.has(role)]
    rows = view.frame.select("row", "split", "exit", start=pl.coalesce(starts)).drop_nulls(["start", "exit"])
    if view.has("items"):
        stamps = pl.min_horizontal("published", "available")
        first = view.items.group_by("row").agg(first=stamps.min())
        rows = rows.join(first, on="row", how="left").with_columns(start=pl.min_horizontal("start", "first"))
    return rows


def _overlaps(one: pl.DataFrame, other: pl.DataFrame) -> pl.Series:
    """Whether each window of ``one`` shares time with any of ``other``; touching is no overlap."""
    ordered = other.sort("start")
    starts = ordered["start"].dt.timestamp().to_numpy()
    furthest = np.maximum.accumulate(ordered["exit"].dt.timestamp().to_numpy())
    last = np.searchsorted(starts, one["exit"].dt.timestamp().to_numpy(), side="left") - 1
    return pl.Series((last >= 0) & (furthest[last.clip(min=0)] > one["start"].dt.timestamp().to_numpy()))


def _embargo(view: View, one: pl.DataFrame, other: pl.DataFrame, earlier: str, later: str) -> list[Finding]:
    ends, starts = one["exit"].max(), other["start"].min()
    close = one.filter(pl.col("exit") > pl.lit(starts) - pl.duration(hours=1))
    if ends is None or starts is None or ends > starts or close.is_empty():  # type: ignore[operator]
        return []
    return [
        view.finding(
            NAME, "note", close.height, one.height,
            f"no embargo: {later} starts where {earlier} ends", "Leave a session or more between the splits",
            rows=close.select("row", "start", "exit"),
        )
    ]  # fmt: skip
