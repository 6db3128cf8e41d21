"""All of curation, for documents in memory."""

import polars as pl

from data_pipeline.curation.deduplication import Past, remove_duplicates
from data_pipeline.curation.deduplication.past import require_incremental, require_later
from data_pipeline.curation.engine import prepare
from data_pipeline.curation.filters import fit_filters
from tickertune.core.recipe import CurationConfig


def curate(documents: pl.DataFrame, config: CurationConfig) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Filter row by row, then drop exact duplicates and near duplicates, in this order.

    Args:
        documents: Schema ``Document``; all revisions.
        config: The recipe's curation block.

    Returns:
        Kept documents sorted by (available_at, doc_id, revision), and drops (``DROPS_SCHEMA``) sorted by
        (doc_id, revision). What is decided about a document depends on earlier ones alone.
    """
    kept, drops, _ = curate_after(documents, config, None)
    return kept, drops


def curate_after(
    documents: pl.DataFrame, config: CurationConfig, past: Past | None
) -> tuple[pl.DataFrame, pl.DataFrame, Past]:
    """The same as ``curate`` for documents that all come after those of ``past``.

    Returns:
        Kept documents and drops of the new documents, as the full rebuild would have them, and the new past.

    Raises:
        TickerTuneError: A document is not after the past, or a filter learns from all documents.
    """
    if past is not None:
        require_incremental(config)
    prepared = prepare(documents, config, fit_filters(documents, config))
    if past is not None:
        require_later(prepared.kept, past)
    kept, repeats, past = remove_duplicates(prepared.kept, config.near_duplicate_threshold, past)
    return kept, pl.concat([prepared.drops, repeats]).sort("doc_id", "revision"), past
