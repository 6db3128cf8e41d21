"""The record of what was dropped, why, and in whose favour."""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

DROPS_SCHEMA = pl.Schema(
    {"doc_id": pl.String, "revision": pl.Int64, "reason": pl.String, "survivor": pl.String, "detail": pl.String}
)
"""One row a dropped document; ``survivor`` is the doc_id that stays in its place, where there is one."""

ORDER = ("available_at", "doc_id", "revision")
"""The order in which documents became known, ties broken by id: the order of every greedy choice."""


class Drop(NamedTuple):
    """One dropped revision of a document."""

    doc_id: str
    revision: int
    reason: str
    survivor: str | None
    detail: str


def drops_frame(drops: Iterable[Drop]) -> pl.DataFrame:
    """Return drops as a table of ``DROPS_SCHEMA``, in the order given."""
    return pl.DataFrame(list(drops), schema=DROPS_SCHEMA, orient="row")


def split_by_reason(documents: pl.DataFrame, reason: pl.Expr, detail: pl.Expr) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part documents into those kept (``reason`` is null) and the drops of the others.

    Args:
        documents: Schema ``Document``.
        reason: String expression; null keeps the row.
        detail: String expression, read for dropped rows only.
    """
    judged = documents.with_columns(_reason=reason)
    drops = judged.filter(pl.col("_reason").is_not_null()).select(
        "doc_id", "revision", reason="_reason", survivor=pl.lit(None, dtype=pl.String), detail=detail
    )
    return judged.filter(pl.col("_reason").is_null()).drop("_reason"), drops.cast(DROPS_SCHEMA)
