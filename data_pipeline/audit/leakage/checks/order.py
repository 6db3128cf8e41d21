"""Times that cannot be in this order: a decision after its entry, an exit before it."""

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "order_of_times"


def check(view: View) -> list[Finding]:
    """Compare decision, entry and exit of each row."""
    found = []
    if view.has("as_of") and view.has("entry"):
        if view.dates("as_of", "entry"):
            wrong = view.frame.filter(view.day("as_of") > view.day("entry"))
        else:
            wrong = view.frame.filter(pl.col("as_of") >= pl.col("entry"))
        if wrong.height:
            found.append(
                view.finding(
                    NAME, "error", wrong.height, view.frame.height,
                    f"{wrong.height:,} rows are decided at or after the entry, when its price is known",
                    "Enter at the first price after the decision",
                    rows=wrong.select("row", "as_of", "entry"), times=("as_of", "entry"),
                )
            )  # fmt: skip
    if view.has("entry") and view.has("exit"):
        wrong = view.frame.filter(pl.col("exit") <= pl.col("entry"))
        if wrong.height:
            found.append(
                view.finding(
                    NAME, "error", wrong.height, view.frame.height,
                    f"{wrong.height:,} rows exit at or before their entry, so their return is over before it starts",
                    "Give each return the later price as its exit: a shift in the wrong direction looks back",
                    rows=wrong.select("row", "entry", "exit"), times=("entry", "exit"),
                )
            )  # fmt: skip
    return found
