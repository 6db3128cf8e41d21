"""Sentences for the data card."""

from collections.abc import Mapping

import polars as pl

from data_pipeline.samples.sentiment import LEFT_IN

CUTOFF_NOTE = (
    "Base model cutoff: this data set knows no base model. A model may have read about outcomes of sessions before "
    "its training cutoff, so a score there may be memory."
)


def withheld_note(withheld: pl.DataFrame) -> list[str]:
    """Say how many samples the price audit withheld and why, where it withheld any."""
    if withheld.is_empty():
        return []
    kinds = withheld.group_by("kind").agg(samples=pl.col("sample_id").n_unique()).sort("kind").rows()
    reasons = ", ".join(f"{kind} {samples}" for kind, samples in kinds)
    return [
        f"Price audit: {withheld['sample_id'].n_unique()} samples of {withheld['instrument_id'].n_unique()} "
        f"instruments are withheld, since a price that they use is suspect ({reasons}). The audit looks at prices "
        "after the decision too; withheld.parquet lists the samples, findings.parquet the prices."
    ]


def overlap_notes(counts: Mapping[str, int]) -> list[str]:
    """Say how many training texts nearly repeat a test text and were left in, where some were."""
    left = sum(count for name, count in counts.items() if name.startswith(LEFT_IN))
    if not left:
        return []
    return [
        f"Overlap: {left} training texts share a run of words or nearly all word pairs with a test text and are left in, as "
        "published; a decontamination block in the recipe drops them."
    ]
