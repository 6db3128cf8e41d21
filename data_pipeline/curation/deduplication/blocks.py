"""Documents in blocks: memory holds one block and the window before it."""

from functools import partial
from typing import NamedTuple

import numpy as np
import polars as pl

from data_pipeline.curation.deduplication.sketch import SKETCH_SCHEMA, sketch
from data_pipeline.curation.deduplication.survivors import Past, no_past, survivors
from data_pipeline.curation.deduplication.words import word_parts
from data_pipeline.curation.drops import DROPS_SCHEMA, ORDER
from data_pipeline.curation.parts import map_parts

BLOCK = 50_000
"""Documents of a block, at least; it grows with the window, so that the window is looked at a bounded number of times."""


class Judged(NamedTuple):
    """What became of documents."""

    kept: pl.DataFrame
    drops: pl.DataFrame
    past: Past


def remove_duplicates(
    documents: pl.DataFrame, threshold: float, past: Past | None = None, block: int = BLOCK
) -> Judged:
    """Drop exact and near duplicates.

    Args:
        documents: Schema ``Document`` with ``available_at`` set; with the columns of their sketch, or without.
        threshold: Jaccard similarity in (0, 1] from which two documents are near duplicates.
        past: What is left of documents before all of these; none.
        block: Documents judged at a time; changes no decision.

    Returns:
        Kept documents in ``ORDER``, drops with reason ``exact_duplicate`` or ``near_duplicate``, and what is
        left for later documents.
    """
    columns = [name for name in documents.columns if name not in SKETCH_SCHEMA]
    ordered = documents.sort(ORDER, maintain_order=True)
    past = past or no_past(ordered)
    kept, drops, first = [np.zeros(0, dtype=bool)], [DROPS_SCHEMA.to_frame()], 0
    while first < len(ordered):
        part = ordered[first : first + max(block, len(past.live))]
        first += len(part)
        words = None
        if "_bands" not in part.columns:
            pieces = map_parts(partial(_sketched, threshold=threshold), part)
            part = part.with_columns(pl.concat([found for found, _ in pieces]))
            words = pl.concat([found for _, found in pieces])
        keep, gone, past = survivors(part, past, threshold, words)
        kept.append(keep)
        drops.append(gone)
    return Judged(ordered.select(columns).filter(pl.Series(np.concatenate(kept))), pl.concat(drops), past)


def _sketched(documents: pl.DataFrame, threshold: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    words = word_parts(documents)
    return sketch(documents, threshold, words), words
