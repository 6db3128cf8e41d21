"""Fiscal period ends taken for the day on which the figures were filed."""

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "fiscal_period"
SOONEST = 10
"""Days from the end of a period before which hardly a company has published it; a filing may take 40 to 90."""
SOME = 0.02
QUARTER_ENDS = 0.3
"""Share of stamps on the last day of a quarter (1.1 % by chance) from which they are period ends."""
REMEDY = "Join fundamentals by the time of filing, not by the end of the period that they report"


def check(view: View) -> list[Finding]:
    """Compare period ends with filings and decisions."""
    found = []
    limit = next((role for role in ("as_of", "entry") if view.has(role)), None)
    if view.has("period_end") and view.has("filed"):
        found += _soon(view, "filed", "filed")
    elif view.has("period_end") and limit is not None:
        found += _soon(view, limit, "used")
    for role in ("filed", "published", "available"):
        if view.has(role):
            days = view.frame.drop_nulls(role).select("row", role, day=view.day(role))
            end = (pl.col("day") == pl.col("day").dt.month_end()) & (pl.col("day").dt.month() % 3 == 0)
            ends = days.filter(end)
            if ends.height >= max(QUARTER_ENDS * days.height, 10):
                found.append(
                    view.finding(
                        NAME, "error", ends.height, days.height,
                        f"{ends.height:,} {role} stamps are the last day of a quarter: period ends, not filing dates",
                        REMEDY, rows=ends.select("row", role),
                    )
                )  # fmt: skip
    if view.has("filed") and limit is not None:
        later = view.day("filed") > view.day(limit)
        unknown = view.frame.filter(later)
        if unknown.height:
            found.append(
                view.finding(
                    NAME, "error", unknown.height, view.frame.height,
                    f"{unknown.height:,} rows use figures filed after their decision", REMEDY,
                    rows=unknown.select("row", "filed", limit), times=("filed", limit),
                )
            )  # fmt: skip
    return found


def _soon(view: View, role: str, verb: str) -> list[Finding]:
    rows = view.frame.drop_nulls(["period_end", role])
    lag = (view.day(role) - view.day("period_end")).dt.total_days()
    soon = rows.filter(lag < SOONEST)
    if soon.height < max(SOME * rows.height, 2):
        return []
    before = soon.filter(lag < 0).height
    detail = f"{soon.height:,} rows have figures {verb} less than {SOONEST} days after their period's end"
    if before:
        detail += f", {before:,} of them before it: the target's own period is in the features"
    return [
        view.finding(
            NAME, "error", soon.height, rows.height, detail, REMEDY,
            rows=soon.select("row", "period_end", role), times=("period_end", role),
        )
    ]  # fmt: skip
