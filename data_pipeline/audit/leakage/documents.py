"""The documents behind the samples of our own data sets."""

from datetime import timedelta

import polars as pl

from data_pipeline.audit.leakage.view import ITEMS


def items_of_documents(rows: pl.DataFrame, column: str, documents: pl.DataFrame, latency_minutes: int) -> pl.DataFrame:
    """One line for each document of each row, with the times of its first revision.

    Args:
        rows: ``row`` and the ids of the documents shown.
        column: The column of ids.
        documents: Schema ``Document``.
        latency_minutes: Time from availability to use, which is added.
    """
    first = (
        documents.sort("doc_id", "revision")
        .group_by("doc_id", maintain_order=True)
        .agg(
            pl.col("published_at").first(),
            pl.col("available_at").min() + timedelta(minutes=latency_minutes),
            (pl.col("time_quality").first() == "day").alias("date_only"),
        )
    )
    shown = rows.select("row", item=column).explode("item").drop_nulls("item")
    found = shown.join(first, left_on="item", right_on="doc_id", how="left", maintain_order="left")
    return found.select(
        "row",
        "item",
        published="published_at",
        available="available_at",
        date_only=pl.col("date_only").fill_null(False),
    ).cast(ITEMS)
