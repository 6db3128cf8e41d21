"""Revisions: documents are append-only, and a view shows the newest revision that was known."""

from datetime import datetime

import polars as pl


def superseded_at(documents: pl.DataFrame) -> pl.DataFrame:
    """Return when each revision was first followed by a higher one of the same document.

    Ask this of the documents as the source gave them: a revision that curation or linking drops, such as one
    that withdraws the text, still ends the life of the text before it.

    Args:
        documents: Schema ``Document``, all revisions; those without ``available_at`` never supersede.

    Returns:
        ``doc_id``, ``revision`` and ``superseded_at``, one row for each revision that a higher one followed. A
        later revision is in force from its own ``available_at`` on and no sooner, so that what came after a
        time changes nothing known by then.
    """
    known = documents.filter(pl.col("available_at").is_not_null())
    return (
        known.group_by("doc_id", "revision")
        .agg(pl.col("available_at").min())
        .sort("doc_id", "revision", descending=[False, True])
        .select("doc_id", "revision", superseded_at=pl.col("available_at").cum_min().shift(1).over("doc_id"))
        .drop_nulls("superseded_at")
        .sort("doc_id", "revision")
    )


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
