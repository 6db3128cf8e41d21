"""As-of violations: text that became available after the decision, or after the price that the return starts from."""

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.times import end_of_day
from data_pipeline.audit.leakage.view import View

NAME = "as_of"
REMEDY = "Take only texts available by the decision, and decide before the entry: a date alone is available at the end of its day"


def check(view: View) -> list[Finding]:
    """Compare each row's text (every single one, where they are told) with its decision and with its entry."""
    limits = [role for role in ("as_of", "entry") if view.has(role)]
    found = []
    for limit in limits:
        late = late_texts(view, limit)
        if late.height:
            what = "the decision" if limit == "as_of" else "the price that the return starts from"
            of = view.frame.filter(pl.col(limit).is_not_null()).height
            found.append(
                view.finding(
                    NAME, "error", late["row"].n_unique(), of,
                    f"text of {late['row'].n_unique():,} rows came out after {what} ({limit})", REMEDY,
                    rows=late, times=("published", "available", limit),
                )
            )  # fmt: skip
    return found


def late_texts(view: View, limit: str) -> pl.DataFrame:
    """Rows, with the time of their text and the limit that it passes."""
    text = view.items if view.has("items") else _row_items(view)
    both = text.join(view.frame.select("row", limit), on="row", how="inner").drop_nulls(limit)
    known = pl.col("available").fill_null(
        pl.when("date_only").then(end_of_day(view.day("published"), view.zone)).otherwise("published")
    )
    if view.dates(limit):
        # Of a day without a clock time only a later day is surely later.
        stamp = pl.coalesce("available", "published")
        ended = pl.col("available").is_not_null() & (stamp.dt.convert_time_zone(view.zone).dt.time() == pl.time(0))
        day = stamp.dt.convert_time_zone(view.zone).dt.date() - pl.when(ended).then(pl.duration(days=1)).otherwise(
            pl.duration(days=0)
        )
        late = day > view.day(limit)
    else:
        late = (known > pl.col(limit)) if limit == "as_of" else (known >= pl.col(limit))
    return both.filter(late).select("row", "item", "published", "available", limit)


def _row_items(view: View) -> pl.DataFrame:
    """One item a row, from its own columns; a date alone is available at the end of its day."""
    columns = {role: pl.col(role) if view.has(role) else pl.lit(None, dtype=pl.Datetime("us", "UTC"))
               for role in ("published", "available")}  # fmt: skip
    rows = view.frame.select("row", item=pl.lit(None, dtype=pl.String), **columns)
    if view.dates("available"):
        rows = rows.with_columns(available=end_of_day(view.day("available"), view.zone))
    return rows.with_columns(date_only=pl.lit(view.dates("published"))).filter(
        pl.col("published").is_not_null() | pl.col("available").is_not_null()
    )
