"""Errors to read, with their prompts, and how many there are of each kind."""

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from eval.report.collect import World
from eval.report.examples import Example, example_of
from eval.report.layout import shown, title_of

MOST = 5
"""Errors of a kind whose prompts the page shows."""


@dataclass(frozen=True)
class ErrorGroup:
    """Errors of one kind of the last checkpoint."""

    title: str
    count: int
    shown: list[Example]


@dataclass(frozen=True)
class ErrorCount:
    """How a checkpoint errs beside the base model; None where there is no base model to compare with."""

    checkpoint: str
    wrong: int
    unparsed: int
    mended: int | None
    """Right where the base model is wrong."""
    broken: int | None
    """Wrong where the base model is right."""


def error_groups(world: World, told: Collection[str] = ()) -> list[ErrorGroup]:
    """Errors of the last checkpoint; each stands in one group only.

    Args:
        world: The world.
        told: Ids of samples that the page shows elsewhere.
    """
    names = _scored(world)
    if not names or world.samples.is_empty():
        return []
    last = names[-1]
    frame = world.predictions[last].with_columns(right=_right())
    if "base" in names and last != "base":
        base = world.predictions["base"].select("sample_id", before=_right())
        frame = frame.join(base, on="sample_id", how="left")
    else:
        frame = frame.with_columns(before=pl.lit(value=False))
    wrong = frame.filter(~pl.col("right")).sort(["confidence", "sample_id"], descending=[True, False], nulls_last=True)
    kinds = (
        (f"{title_of(last)}: no answer could be read", pl.col("label").is_null()),
        (
            f"{title_of(last)}: wrong where {title_of('base')} was right",
            pl.col("before") & pl.col("label").is_not_null(),
        ),
        (f"{title_of(last)}: wrong, the surest first", pl.col("label").is_not_null()),
    )
    seen, groups = set(told), []
    for title, condition in kinds:
        found = wrong.filter(condition)
        chosen = [sample for sample in found["sample_id"] if sample not in seen][:MOST]
        seen |= set(chosen)
        if chosen:
            groups.append(ErrorGroup(title, found.height, [example_of(world, sample, "", names) for sample in chosen]))
    return groups


def error_counts(world: World) -> list[ErrorCount]:
    """Errors of every checkpoint."""
    counts = []
    base = world.predictions["base"].select("sample_id", before=_right()) if "base" in world.predictions else None
    for name in world.rows.checkpoints():
        if name not in world.predictions:
            continue
        frame = world.predictions[name].with_columns(right=_right())
        mended = broken = None
        if base is not None and name != "base":
            both = frame.join(base, on="sample_id")
            mended = both.filter(pl.col("right") & ~pl.col("before")).height
            broken = both.filter(~pl.col("right") & pl.col("before")).height
        wrong, unparsed = frame.filter(~pl.col("right")).height, frame.filter(pl.col("label").is_null()).height
        counts.append(ErrorCount(name, wrong, unparsed, mended, broken))
    return counts


def error_table(world: World) -> pl.DataFrame:
    """Every error of the shown checkpoints, without texts: one row an error."""
    columns = ["sample_id", "session", "symbol", "gold", "outcome", "label", "confidence", "ret_excess"]
    tables = [
        world.predictions[name].filter(~_right()).select(pl.lit(name).alias("checkpoint"), *columns)
        for name in shown(_scored(world))
    ]
    return pl.concat(tables) if tables else pl.DataFrame()


def _right() -> pl.Expr:
    return (pl.col("label") == pl.col("gold")).fill_null(value=False)


def _scored(world: World) -> list[str]:
    return [name for name in world.rows.checkpoints() if name in world.predictions]
