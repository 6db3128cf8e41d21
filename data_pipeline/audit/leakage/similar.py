"""The one place that asks curation which texts are nearly the same."""

from datetime import UTC, datetime

import polars as pl

from data_pipeline.curation.deduplication import remove_duplicates
from tickertune.core.document import Document
from tickertune.core.table import schema_of

THRESHOLD = 0.8
"""Jaccard similarity of word pairs, as curation's default."""
MAX_NEAR = 20_000
"""Texts that are compared at most, so that the time stays bounded."""
_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def near_copies(texts: pl.DataFrame, against: pl.DataFrame) -> pl.DataFrame:
    """Rows of ``texts`` that are nearly the same as one of ``against``.

    Args:
        texts: ``row`` and ``text``.
        against: The same of the split that is trained on.

    Returns:
        ``row`` and ``train_row``, one line for each row of ``texts`` that has a near copy.
    """
    # Ids in order, all at one time: what curation keeps as the survivor is then the one of ``against``.
    both = pl.concat([against.select(pl.lit("a").alias("side"), "row", "text"),
                      texts.select(pl.lit("b").alias("side"), "row", "text")])  # fmt: skip
    both = both.with_columns(doc_id=pl.format("{}{}", "side", pl.col("row").cast(pl.String).str.zfill(10)))
    fixed = {
        "revision": 0, "source": "audit", "category": "news", "market": "", "licence": "", "redistributable": False,
        "body": "", "time_quality": "exact", "raw_sha256": "", "parser_version": "", "availability": "lag",
        "published_at": _MOMENT, "available_at": _MOMENT,
    }  # fmt: skip
    schema = schema_of(Document)
    columns = {name: pl.lit(value) for name, value in fixed.items()}
    columns |= {name: pl.lit(None) for name in schema if name not in (*fixed, "doc_id", "title", "symbols")}
    symbols = pl.lit(pl.Series([[]], dtype=schema["symbols"])).first()
    documents = both.select("doc_id", title="text", symbols=symbols, **columns).select(
        [pl.col(name).cast(dtype) for name, dtype in schema.items()]
    )
    drops = remove_duplicates(documents, THRESHOLD).drops
    crossing = drops.filter(pl.col("doc_id").str.starts_with("b") & pl.col("survivor").str.starts_with("a"))
    return crossing.select(
        row=pl.col("doc_id").str.slice(1).cast(pl.UInt32), train_row=pl.col("survivor").str.slice(1).cast(pl.UInt32)
    )
