"""What no reader can use: a document without a time, or without words."""

import polars as pl

from data_pipeline.curation.filters.verdict import VERDICT_SCHEMA
from data_pipeline.curation.filters.words import NOT_WORDS

HEAD = 200
"""Characters in which most texts show a word before the last piece, which may be a link cut short."""


def basic_filter(documents: pl.DataFrame, texts: pl.Series) -> pl.DataFrame:
    """Verdicts on documents by their time and words.

    - ``no_time``: ``available_at`` is unknown, so no one can say who could have read it when.
    - ``empty``: no word besides links, cashtags, hashtags and mentions; there is nothing to learn from.

    Args:
        documents: Schema ``Document``.
        texts: Title and body of each.
    """
    empty = ~_worded(texts.str.head(HEAD).str.replace(r"\S+$", ""))
    empty.scatter(empty.arg_true(), ~_worded(texts.filter(empty)))
    untimed = pl.col("available_at").is_null()
    said = documents.select(reason=pl.when(untimed).then(pl.lit("no_time")).when(empty).then(pl.lit("empty")))
    return said.with_columns(detail=pl.when(pl.col("reason").is_not_null()).then(pl.lit(""))).cast(VERDICT_SCHEMA)


def _worded(texts: pl.Series) -> pl.Series:
    return texts.str.replace_all(NOT_WORDS, " ").str.contains(r"\p{L}")
