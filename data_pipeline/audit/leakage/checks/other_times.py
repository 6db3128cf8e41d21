"""Other columns of times that lie after the decision."""

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "later_columns"
SOME = 0.01


def check(view: View) -> list[Finding]:
    """Report columns without a role whose times are later than the decision: what they date was not known."""
    limit = next((role for role in ("as_of", "entry") if view.has(role)), None)
    if limit is None:
        return []
    found = []
    for name, column in view.other_times.items():
        rows = view.frame.select("row", limit).with_columns(column.utc.alias(name)).drop_nulls()
        by_day = column.date_only or view.dates(limit)
        later = rows.filter(view.day(name) > view.day(limit) if by_day else pl.col(name) > pl.col(limit))
        if later.height >= max(SOME * rows.height, 2):
            found.append(
                view.finding(
                    NAME, "warning", later.height, rows.height,
                    f"column {name} is later than {limit} in {later.height:,} rows: what it dates was not known then",
                    f"Use nothing that {name} dates as a feature, or name its role with --column ROLE={name}",
                    rows=later, times=(limit,),
                )
            )  # fmt: skip
    return found
