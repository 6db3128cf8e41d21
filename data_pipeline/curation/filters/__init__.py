"""Filters: rules that look at one document at a time, so that no decision depends on later ones."""

import polars as pl

from data_pipeline.curation.filters.normalise import normalise_documents
from data_pipeline.curation.quality import quality
from tickertune.core.recipe import CurationConfig

__all__ = ["apply_filters"]


def apply_filters(documents: pl.DataFrame, config: CurationConfig) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, int]]:
    """Rewrite texts and drop what is not worth reading.

    Args:
        documents: Schema ``Document``; all revisions.
        config: The recipe's curation block.

    Returns:
        Kept documents in the order given, drops (``DROPS_SCHEMA``), and counts of what was rewritten.
    """
    kept, drops = quality(normalise_documents(documents))
    return kept, drops, {}
