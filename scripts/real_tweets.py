"""StockNet's tweets: repeats, clusters, and days of files that are not the days of the tweets."""

from collections import Counter
from typing import Any

import polars as pl

from data_pipeline.splits import clusters_of

SIZES = ((2, 2), (3, 5), (6, 10), (11, 1_000_000))


def tweet_table(rows: pl.DataFrame, documents: pl.DataFrame, drops: pl.DataFrame) -> dict[str, Any]:
    """Count repeats.

    Args:
        rows: One row a tweet and ticker folder: ``id``, ``ticker``.
        documents: The tweets as documents, before curation.
        drops: What curation dropped.
    """
    folders = rows.group_by("id").agg(pl.col("ticker").n_unique())["ticker"]
    reasons = Counter(drops["reason"])
    survivor = clusters_of(drops)
    members: dict[str, set[str]] = {}
    for document, end in survivor.items():
        members.setdefault(end, {end}).add(document)
    sizes = Counter(len(cluster) for cluster in members.values())
    tagged = {
        doc_id: {entry["symbol"] for entry in symbols} for doc_id, symbols in documents["doc_id", "symbols"].rows()
    }
    several = sum(len(set().union(*(tagged[name] for name in cluster))) > 1 for cluster in members.values())
    return {
        "tweet rows": len(rows),
        "documents (by id)": len(documents),
        "documents in several ticker folders": int((folders > 1).sum()),
        "most folders of one document": int(folders.max() or 0),  # type: ignore[call-overload]
        **{f"dropped, {reason}": count for reason, count in sorted(reasons.items())},
        "clusters of repeats": len(members),
        "documents in clusters": sum(map(len, members.values())),
        "largest cluster": max(sizes, default=0),
        **{
            f"clusters of {low}"
            + (f" to {high}" if low < high < 1_000_000 else " and more" if high > low else ""): sum(
                count for size, count in sizes.items() if low <= size <= high
            )
            for low, high in SIZES
        },
        "clusters over several tickers": several,
    }


def day_table(rows: pl.DataFrame) -> dict[str, int]:
    """Rows whose file's day is another than the day of ``created_at`` in UTC, and in New York."""
    own = pl.col("day")
    local = pl.col("created_at").dt.convert_time_zone("America/New_York").dt.date()
    return {
        "file day is not the UTC day": int((rows["created_at"].dt.date() != rows["day"]).sum()),
        "file day is not the New York day": int(rows.select((local != own).sum()).item()),
    }
