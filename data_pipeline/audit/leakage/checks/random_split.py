"""Training rows from the time of the test: a split that was drawn at random, not by time."""

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "random_split"
MANY = 0.05
"""Share of training rows later than the start of the test from which the split is not by time."""
START = 0.01
"""Quantile of the test's times that counts as its start: a single misplaced row moves nothing."""


def check(view: View) -> list[Finding]:
    """Compare the times of train with the start of every other split."""
    clock = view.clock
    if clock is None:
        return []
    frame = view.frame.drop_nulls(clock)
    train = frame.filter(pl.col("split") == "train")
    found = []
    for name in frame["split"].drop_nulls().unique(maintain_order=True):
        rows = frame.filter(pl.col("split") == name)
        if name == "train" or train.is_empty() or rows.is_empty():
            continue
        start = rows[clock].quantile(START, "nearest")
        later = train.filter(pl.col(clock) > start)
        if later.is_empty():
            continue
        share = later.height / train.height
        other_stocks = _other_stocks(train, rows)
        note = "; no stock is in both, but the market's moves are" if other_stocks else ""
        found.append(
            view.finding(
                NAME, "error" if share >= MANY and not other_stocks else "warning", later.height, train.height,
                f"{later.height:,} train rows are later than the start of {name} ({start:%Y-%m-%d}){note}",
                "Split by time: all of train before validation, and that before test",
                rows=later.select("row", clock), times=(clock,),
            )
        )  # fmt: skip
    return found


def _other_stocks(train: pl.DataFrame, rows: pl.DataFrame) -> bool:
    return "symbol" in train.columns and not set(train["symbol"].drop_nulls()) & set(rows["symbol"].drop_nulls())
