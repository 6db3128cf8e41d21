"""Windows that count their last day, or their last instant, on both sides."""

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "inclusive_ends"
SOME = 0.01
"""Share of rows from which texts stamped at the very end of a window are no chance."""
REMEDY = (
    "Use half-open windows: start < stamp <= end for text, and no text of the day, or the instant, of the entry price"
)


def check(view: View) -> list[Finding]:
    """Look for texts at the boundary of two windows, and for texts dated on the day of the entry."""
    return [*_shared(view), *_same_day(view)]


def _shared(view: View) -> list[Finding]:
    """Texts in two windows of a symbol that lie at the end of the earlier one."""
    if not view.has("items") or not view.has("symbol"):
        return []
    limit = next((role for role in ("as_of", "entry") if view.has(role)), None)
    if limit is None:
        return []
    rows = view.items.join(view.frame.select("row", "symbol", limit), on="row").drop_nulls([limit, "published"])
    rows = rows.sort("symbol", "item", limit)
    same = pl.col("item") == pl.col("item").shift(1).over("symbol")
    earlier = pl.col(limit).shift(1).over("symbol")
    at_end = (view.day("published") == earlier.dt.convert_time_zone(view.zone).dt.date()) if view.dates(
        limit, "published"
    ) else (pl.col("published") == earlier)  # fmt: skip
    twice = rows.filter(same & (pl.col(limit) > earlier) & at_end)
    if twice.height < max(SOME * view.frame.height, 2):
        return []
    return [
        view.finding(
            NAME, "error", twice.height, rows.height,
            f"{twice.height:,} texts stamped at the end of one window are in the next one of the same symbol too",
            REMEDY, rows=twice.select("row", "symbol", "published", limit), times=("published", limit), unit="texts",
        )
    ]  # fmt: skip


def _same_day(view: View) -> list[Finding]:
    """Texts known by their date whose date is that of an entry known by its date: which came first is not told."""
    if not (view.dates("published") and view.dates("entry") and view.has("published") and view.has("entry")):
        return []
    same = view.frame.filter(view.day("published") == view.day("entry"))
    of = view.frame.filter(pl.col("published").is_not_null() & pl.col("entry").is_not_null()).height
    if same.height < max(SOME * of, 2):
        return []
    return [
        view.finding(
            NAME, "error", same.height, of,
            f"{same.height:,} rows use text of the very day that their return starts on; a date alone may be after the price",
            REMEDY, rows=same.select("row", "published", "entry"), times=("published", "entry"),
        )
    ]  # fmt: skip
