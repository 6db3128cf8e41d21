"""Samples by month of their decision."""

import polars as pl

MOST_LABELS = 9
"""Labels up to which shares by month can be read; an open label space is not shown so."""


def monthly_priors(frame: pl.DataFrame, labels: list[str]) -> pl.DataFrame:
    """Number of samples and share of each label by month.

    Args:
        frame: ``Sample`` rows; those without a session are left out.
        labels: Columns wanted, in order.

    Returns:
        ``month`` (``2023-05``), ``samples`` and a column a label, by month; no rows where nothing has a date.
    """
    dated = frame.filter(pl.col("session").is_not_null()).with_columns(month=pl.col("session").dt.strftime("%Y-%m"))
    shares = [(pl.col("label") == label).mean().alias(label) for label in labels]
    return dated.group_by("month").agg(pl.len().alias("samples"), *shares).sort("month")


def prompt_lengths(frame: pl.DataFrame) -> pl.Series:
    """Characters of each prompt, all turns together."""
    turns = pl.col("messages").list.eval(pl.element().struct.field("content").str.len_chars()).list.sum()
    return frame.select(turns.alias("characters"))["characters"]
