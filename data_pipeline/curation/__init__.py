"""Curation: one form for the text, then drop what is no news, each drop with its reason and survivor."""

import polars as pl

from data_pipeline.curation.drops import DROPS_SCHEMA, Drop, drops_frame
from data_pipeline.curation.duplicates import exact_duplicates, near_duplicates
from data_pipeline.curation.filters import apply_filters
from data_pipeline.curation.revisions import newest_at, superseded_at
from tickertune.core.recipe import CurationConfig

__all__ = ["DROPS_SCHEMA", "Drop", "curate", "drops_frame", "newest_at", "superseded_at"]


def curate(documents: pl.DataFrame, config: CurationConfig) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Filter row by row, then drop exact duplicates and near duplicates, in this order.

    Args:
        documents: Schema ``Document``; all revisions.
        config: The recipe's curation block.

    Returns:
        Kept documents sorted by (available_at, doc_id, revision), and drops (``DROPS_SCHEMA``) sorted by
        (doc_id, revision). What is decided about a document depends on earlier ones alone.
    """
    kept, filtered, _ = apply_filters(documents, config)
    kept, exact = exact_duplicates(kept)
    kept, near = near_duplicates(kept, config.near_duplicate_threshold)
    # The survivor of an exact duplicate may itself have gone as a near duplicate: name the one that stayed.
    last = near.sort("doc_id", "revision").unique("doc_id", keep="first").select(survivor="doc_id", stays="survivor")
    exact = exact.join(last, on="survivor", how="left", maintain_order="left")
    exact = exact.with_columns(survivor=pl.coalesce("stays", "survivor")).drop("stays")
    return kept, pl.concat([filtered, exact, near]).sort("doc_id", "revision")
