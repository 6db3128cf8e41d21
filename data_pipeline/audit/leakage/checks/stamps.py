"""Stamps that are not what they look like: weekly resampling on Sundays, dates taken for midnight."""

from datetime import time

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

WEEKLY, MIDNIGHT = "weekend_stamps", "dates_as_midnight"
FEWEST = 20
ALL = 0.9
SOME = 0.02
NEVER_CLOSED = "24/7"


def weekend(view: View) -> list[Finding]:
    """Report decisions, entries and exits on days without a session."""
    if view.exchange == NEVER_CLOSED:
        return []
    found = []
    for role in ("entry", "exit", "as_of"):
        if not view.has(role):
            continue
        days = view.frame.select("row", role, weekday=view.day(role).dt.weekday()).drop_nulls("weekday")
        closed = days.filter(pl.col("weekday") >= 6)
        share = closed.height / max(days.height, 1)
        if days.height < FEWEST or share < SOME or (role == "as_of" and share < ALL):
            continue
        sunday = closed.filter(pl.col("weekday") == 7).height
        detail = f"{closed.height:,} {role} stamps ({share:.0%}) are on a weekend, {sunday:,} of them on a Sunday"
        if share >= ALL:
            detail += (
                ": a weekly resampling stamps Friday's price two days late, and text of the weekend passes for earlier"
            )
        found.append(
            view.finding(
                WEEKLY, "error", closed.height, days.height, detail,
                "Stamp each price with the session it was made in, such as a resampling that ends on Friday",
                rows=closed.select("row", role), times=(role,),
            )
        )  # fmt: skip
    return found


def midnight(view: View) -> list[Finding]:
    """Report dates among clock times, and dates used before their day was over."""
    found = []
    if view.has("items"):
        dates = view.items.filter(pl.col("date_only") & (pl.col("available") <= pl.col("published")))
        if dates.height:
            found.append(
                view.finding(
                    MIDNIGHT, "error", dates.height, view.items.height,
                    f"{dates.height:,} texts known by their date alone count as available at the start of that day",
                    "Take a date as available at the end of its day in the source's zone",
                    rows=dates.select("row", "item", "published"), unit="texts",
                )
            )  # fmt: skip
    if not view.has("published") or view.dates("published") or view.has("items"):
        return found
    rows = view.frame.drop_nulls("published")
    zones = dict.fromkeys((view.zone, "UTC"))
    shares = {zone: rows.filter(pl.col("published").dt.convert_time_zone(zone).dt.time() == time()) for zone in zones}
    zone, stamps = max(shares.items(), key=lambda pair: pair[1].height)
    if stamps.height < max(SOME / 2 * rows.height, 3):
        return found
    limit = next((role for role in ("as_of", "entry") if view.has(role) and not view.dates(role)), None)
    used = pl.DataFrame() if limit is None or view.has("available") else stamps.filter(_used_that_day(zone, limit))
    detail = f"{stamps.height:,} stamps ({stamps.height / rows.height:.1%}) are midnight in {zone}: they are dates"
    if used.height:
        detail += f", and {used.height:,} of them are used before that day is over"
    found.append(
        view.finding(
            MIDNIGHT, "error" if used.height else "warning", used.height or stamps.height, rows.height, detail,
            "Take a date as available at the end of its day in the source's zone",
            rows=(used if used.height else stamps).select("row", "published", *([limit] if limit else [])),
            times=("published",),
        )
    )  # fmt: skip
    return found


def _used_that_day(zone: str, limit: str) -> pl.Expr:
    stamp, decision = (pl.col(name).dt.convert_time_zone(zone) for name in ("published", limit))
    return (decision >= stamp) & (decision.dt.date() == stamp.dt.date())
