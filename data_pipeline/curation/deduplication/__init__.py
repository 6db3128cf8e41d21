"""Exact and near duplicates: the earliest survives, each drop is recorded with its survivor.

Documents are judged in the order (available_at, doc_id, revision), each by those before it alone, so that cutting
the input at a time T leaves every decision up to T as it was (prefix invariance). Two documents are compared only
while the text was last seen at most ``WINDOW`` before: a repost follows within days, while the same words a month
later ("declares its quarterly dividend") are new news. Each repeat renews the window, so that a text repeated
every day is kept once.

Short texts are compared by runs of characters, articles by pairs of words. MinHash with locality-sensitive hashing
proposes pairs; so do equal words but for an attribution ("X", "X | Harbor Post") and, of short texts, equal words
but for synonyms. The exact Jaccard similarity and then the differing words decide (``same``): short texts of
different companies often share a template, so cashtags, numbers and payload symbols must be the same but for what
a repost loses at its end, and "raises" is not "cuts".

A later revision of a kept document is always kept: it supersedes the earlier one, and dropping it would leave
the outdated text in view.

All but the last pass works on whole columns. The pass itself goes through documents that may be duplicates, block
after block; what is left of a block for the next ones is a ``Past``, which can be stored (``past``), so that a new
day is judged without the old ones. Where blocks are cut changes no decision.
"""

from data_pipeline.curation.deduplication.blocks import BLOCK, Judged, remove_duplicates
from data_pipeline.curation.deduplication.hashing import MISS, PERMUTATIONS, bands_and_rows
from data_pipeline.curation.deduplication.sketch import SKETCH_SCHEMA, sketch
from data_pipeline.curation.deduplication.survivors import WINDOW, Past, no_past, survivors

__all__ = [
    "BLOCK", "MISS", "PERMUTATIONS", "SKETCH_SCHEMA", "WINDOW", "Judged", "Past", "bands_and_rows", "no_past",
    "remove_duplicates", "sketch", "survivors",
]  # fmt: skip
