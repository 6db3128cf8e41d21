"""Revisions: documents are append-only, and a view shows the newest revision that was known."""

from datetime import datetime

import polars as pl


def newest_at(documents: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Return each document's newest revision among those with ``available_at`` <= ``as_of``.

    Args:
        documents: Schema ``Document``, all revisions.
        as_of: Aware decision time, with the latency already taken off.

    Returns:
        One row a doc_id, sorted by (available_at, doc_id).
    """
    known = documents.filter(pl.col("available_at") <= as_of)
    return known.sort("doc_id", "revision").unique("doc_id", keep="last").sort("available_at", "doc_id")
