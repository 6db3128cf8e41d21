"""How many rows of each set a mixture takes, and in which order."""

import math
from collections.abc import Sequence

import polars as pl


def quotas(available: Sequence[int], weights: Sequence[float | None]) -> list[int]:
    """Rows of each set: all without weights; else in their proportion, as many as the scarcest set allows.

    Args:
        available: Rows of each set.
        weights: Relative share of each set, or None for all.
    """
    shares = [weight for weight in weights if weight is not None]
    if len(shares) < len(available):
        return list(available)
    total = min(rows / share for rows, share in zip(available, shares, strict=True))
    # A product such as 0.1 * 30 may come out just below 3.
    return [min(rows, math.floor(total * share + 1e-9)) for rows, share in zip(available, shares, strict=True)]


def interleave(sets: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Put the rows of all sets in one order in which every stretch holds them in proportion.

    The k-th of n rows of a set stands at (k + 1/2) / n; sets that meet there stand in the order given. So at any point of
    the mixture each set is less than one row away from its share.
    """
    placed = [
        rows.with_columns(
            _at=(pl.int_range(pl.len()).cast(pl.Float64) + 0.5) / max(len(rows), 1), _set=pl.lit(number, pl.Int64)
        )
        for number, rows in enumerate(sets)
    ]
    return pl.concat(placed).sort("_at", "_set", maintain_order=True).drop("_at", "_set")
