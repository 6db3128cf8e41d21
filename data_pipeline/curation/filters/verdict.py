"""What a rule says of each document of a batch: keep it, or drop it for a reason."""

import polars as pl

from data_pipeline.curation.drops import DROPS_SCHEMA, split_by_reason

VERDICT_SCHEMA = pl.Schema({"reason": pl.String, "detail": pl.String})
"""One row a document, in the documents' order; a null reason keeps it."""


def verdicts(reason: str, detail: pl.Series) -> pl.DataFrame:
    """Verdicts of a rule with one reason: documents with a detail are dropped."""
    reasons = pl.select(pl.when(detail.is_not_null()).then(pl.lit(reason))).to_series()
    return pl.DataFrame({"reason": reasons, "detail": detail}, schema=VERDICT_SCHEMA)


def first(said: list[pl.DataFrame]) -> pl.DataFrame:
    """The first reason of several rules, by document."""
    tables = [table.rename({name: f"{name}{number}" for name in table.columns}) for number, table in enumerate(said)]
    return pl.concat(tables, how="horizontal").select(
        pl.coalesce(f"{name}{number}" for number in range(len(said))).alias(name) for name in VERDICT_SCHEMA
    )


def part(documents: pl.DataFrame, said: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part documents into those kept and the drops of the others."""
    if documents.is_empty():
        return documents, pl.DataFrame(schema=DROPS_SCHEMA)
    judged = documents.with_columns(_why=said["reason"], _detail=said["detail"])
    kept, drops = split_by_reason(judged, pl.col("_why"), pl.col("_detail").fill_null(""))
    return kept.select(documents.columns), drops
