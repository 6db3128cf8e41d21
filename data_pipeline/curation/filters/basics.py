"""What no reader can use: a document without a time, or without words."""

import polars as pl

from data_pipeline.curation.filters.verdict import VERDICT_SCHEMA
from data_pipeline.curation.filters.words import NOT_WORDS


def basic_filter(documents: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """Verdicts on documents by their time and words.

    - ``no_time``: ``available_at`` is unknown, so no one can say who could have read it when.
    - ``empty``: no word besides links, cashtags, hashtags and mentions; there is nothing to learn from.

    Args:
        documents: Schema ``Document``.
        texts: Title and body of each.
    """
    words = pl.col("text").str.replace_all(NOT_WORDS, " ").str.contains(r"\p{L}")
    reason = pl.when(pl.col("available_at").is_null()).then(pl.lit("no_time")).when(~words).then(pl.lit("empty"))
    table = documents.select("available_at", text=texts)
    said = table.select(reason=reason)
    return said.with_columns(detail=pl.when(pl.col("reason").is_not_null()).then(pl.lit(""))).cast(VERDICT_SCHEMA)
