"""Curation as the data stage runs it: near-duplicate removal alone, and whole."""

import polars as pl

from data_pipeline.curation import curate
from data_pipeline.curation.deduplication import remove_duplicates
from tickertune.core.recipe import CurationConfig

CONFIG = CurationConfig.model_validate({"quality": {}, "mask": ["email", "phone", "card"]})


def survivors(documents: pl.DataFrame) -> set[str]:
    """Return the ids that stay after exact and near duplicates went."""
    return set(remove_duplicates(documents, CONFIG.near_duplicate_threshold).kept["doc_id"])


def curated(documents: pl.DataFrame) -> set[str]:
    """Return the ids that stay after all of curation: normalisation, language, spam, quality, PII, duplicates."""
    return set(curate(documents, CONFIG)[0]["doc_id"])
