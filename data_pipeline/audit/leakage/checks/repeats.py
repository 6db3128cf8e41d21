"""The same text with other labels."""

import polars as pl

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "text_with_other_labels"
MANY = 0.01


def check(view: View) -> list[Finding]:
    """Count rows whose text stands elsewhere with another label, and rows that repeat text and label."""
    if "text_hash" not in view.frame.columns:
        return []
    rows = view.frame.select("row", "text_hash", "label").drop_nulls()
    repeated = rows.with_columns(
        labels=pl.col("label").n_unique().over("text_hash"), copies=pl.len().over("text_hash")
    ).filter(pl.col("copies") > 1)
    contrary = repeated.filter(pl.col("labels") > 1)
    found = []
    if contrary.height:
        shown = view.texts.join(contrary, on="row").sort("text_hash").select("row", "label", "text")
        found.append(
            view.finding(
                NAME, "warning" if contrary.height >= MANY * rows.height else "note", contrary.height, rows.height,
                f"{contrary.height:,} rows share their text with a row of another label ({contrary['text_hash'].n_unique():,} texts)",
                "Drop such texts, or tell the prompt what sets the rows apart (the symbol, the day)", rows=shown,
            )
        )  # fmt: skip
    same = repeated.height - contrary.height
    if same >= MANY * rows.height:
        found.append(
            view.finding(
                NAME, "note", same, rows.height, f"{same:,} rows repeat a text with the same label",
                "Weigh or drop repeats, or they count twice",
            )
        )  # fmt: skip
    return found
