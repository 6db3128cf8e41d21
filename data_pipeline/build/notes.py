"""Sentences for the data card."""

import polars as pl

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
