"""The recipe's curriculum laid out: from what is known of each training prompt to the rows of all steps."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from data_pipeline.labels.regimes import Regimes
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import GrpoConfig
from tickertune.core.recipe.curriculum import CurriculumConfig, DifficultyConfig, NoiseConfig
from training.curriculum.order import Cell, Stretch, laid_out, seats, stretches_of

ALWAYS_RIGHT, ALWAYS_WRONG, NO_MOVE = "always_right", "always_wrong", "no_move"
"""Reasons for which a curriculum leaves a prompt out."""


@dataclass(frozen=True)
class Plan:
    """Rows of all steps, one after the other, how many prompts were left out by reason, and what was counted."""

    order: list[int]
    dropped: dict[str, int]
    facts: dict[str, Any]


def plan_of(
    samples: pl.DataFrame, config: GrpoConfig, shares: Sequence[float] | None = None, regimes: Regimes | None = None
) -> Plan:
    """Lay out the curriculum; the same samples, recipe and seed give the same plan.

    Args:
        samples: ``Sample`` rows of the train split that can be trained on [n].
        config: The recipe.
        shares: How often the starting checkpoint is right on each [n]; for ``difficulty``.
        regimes: Of each sample; for ``regimes``.

    Raises:
        TickerTuneError: A part of the curriculum has fewer prompts than one of its steps takes.
    """
    curriculum = config.curriculum
    facts: dict[str, Any] = {}
    buckets: list[list[int]] | None = None
    least: list[tuple[int, list[int]]] | None = None
    kept = list(range(len(samples)))
    dropped: dict[str, int] = {}
    if curriculum.difficulty is not None and shares is not None:
        buckets, dropped, facts["difficulty"] = _buckets(shares, curriculum.difficulty)
        kept = sorted(row for bucket in buckets for row in bucket)
    if curriculum.noise is not None:
        least, dropped, facts["noise"] = _sizes(samples, curriculum.noise, config.num_iterations)
        kept = sorted({row for _, rows in least for row in rows})
    if not kept:
        raise TickerTuneError(
            f"The curriculum leaves none of {len(samples)} prompts ({_said(dropped)})",
            "Set always_right and always_wrong to last or keep, or a smaller least",
        )
    if regimes is not None and curriculum.regimes is not None:
        counts = Counter(regimes.names[row] for row in kept)
        bounds = [round(bound, 6) for bound in regimes.bounds]
        facts["regimes"] = {"by": curriculum.regimes.by, "bounds": bounds, **dict(sorted(counts.items()))}
    labels = samples["label"].to_list()
    if curriculum.balance:
        facts["classes"] = dict(sorted(Counter(labels[row] for row in kept).items()))
    cells, merged = [], 0
    for name, rows, places in _cells(kept, labels, curriculum, regimes, config):
        stretches = _stretches(set(rows), buckets, least, config.generations, max(places))
        merged += _occupied(set(rows), buckets) - len(stretches) if buckets is not None else 0
        cells.append(Cell(name, places, stretches))
    if buckets is not None:
        facts["difficulty"]["merged_buckets"] = merged
    return Plan(laid_out(cells, config.generations, config.seed), dropped, facts)


def _buckets(
    shares: Sequence[float], config: DifficultyConfig
) -> tuple[list[list[int]], dict[str, int], dict[str, Any]]:
    """Rows by bucket, the easiest first; those left out, and counts."""
    live: list[int] = []
    last: list[int] = []
    settled: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for row, share in enumerate(shares):
        always = ALWAYS_RIGHT if share >= config.right_from else ALWAYS_WRONG if share <= config.wrong_to else None
        fate = "keep" if always is None else getattr(config, always)
        if always is not None:
            settled[always] += 1
        if fate == "keep":
            live.append(row)
        elif fate == "last":
            last.append(row)
        elif always is not None:
            left_out[always] += 1
    hardness = np.round(1 - np.array([shares[row] for row in live]), 9)
    inner = np.arange(1, config.buckets) / config.buckets
    if config.by == "rollouts" or not live:
        first = 0.0 if config.always_right == "keep" else 1 - config.right_from
        end = 1.0 if config.always_wrong == "keep" else 1 - config.wrong_to
        edges = [round(float(first + (end - first) * share), 9) for share in inner]
    else:
        edges = [float(edge) for edge in np.quantile(hardness, np.round(inner, 9))]
    places = np.searchsorted(edges, hardness, side="left")
    buckets = [[row for row, at in zip(live, places, strict=True) if at == place] for place in range(config.buckets)]
    facts = {
        "by": config.by,
        "mean_right": round(float(np.mean(shares)), 4),
        ALWAYS_RIGHT: settled[ALWAYS_RIGHT],
        ALWAYS_WRONG: settled[ALWAYS_WRONG],
        **{f"bucket_{number}": len(rows) for number, rows in enumerate(buckets, 1)},
        "last": len(last),
    }
    return [*buckets, last], {name: left_out[name] for name in (ALWAYS_RIGHT, ALWAYS_WRONG)}, facts


def _sizes(
    samples: pl.DataFrame, config: NoiseConfig, num_iterations: int
) -> tuple[list[tuple[int, list[int]]], dict[str, int], dict[str, Any]]:
    """Last generation and rows of each stage; those without a return or with too small a one, and counts."""
    moves = samples["ret_scaled"].cast(pl.Float64).fill_null(np.nan).abs().to_numpy()
    if not np.isfinite(moves).any():
        raise TickerTuneError(
            "curriculum.noise orders by ret_scaled, and no training sample has one",
            "Remove the block, or train on a movement data set",
        )
    ends = np.cumsum([stage.steps for stage in config.stages]) // num_iterations
    pools = [
        (int(end), [int(row) for row in np.flatnonzero(moves >= stage.least)])
        for end, stage in zip(ends, config.stages, strict=True)
    ]
    missing = int(np.isnan(moves).sum())
    facts = {f"least_{stage.least:g}": len(rows) for stage, (_, rows) in zip(config.stages, pools, strict=True)}
    return pools, {NO_MOVE: missing, "small_move": len(samples) - missing - len(pools[-1][1])}, facts


def _cells(
    kept: list[int], labels: list[str], curriculum: CurriculumConfig, regimes: Regimes | None, config: GrpoConfig
) -> list[tuple[str, list[int], list[int]]]:
    """Name, rows and seats by step of each class, and within it of each regime."""
    groups = _grouped(kept, labels) if curriculum.balance else {"": kept}
    if curriculum.balance and len(groups) < 2:
        raise TickerTuneError(
            f"curriculum.balance needs two classes, and all {len(kept)} prompts are '{next(iter(groups))}'",
            "Set balance to false, or look at the data set's classes",
        )
    by_class = seats([1 / len(groups)] * len(groups), [config.prompts_per_step] * config.generations)
    cells = []
    for place, (label, rows) in enumerate(groups.items()):
        own = [step[place] for step in by_class]
        parts = {"": rows} if regimes is None else _grouped(rows, regimes.names)
        by_regime = seats([len(part) / len(rows) for part in parts.values()], own)
        for number, (regime, part) in enumerate(parts.items()):
            said = [f"class '{label}'"] * bool(label) + [f"regime '{regime}'"] * bool(regime)
            cells.append((" in ".join(said) or "the data set", part, [step[number] for step in by_regime]))
    return cells


def _grouped(rows: list[int], names: list[str]) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = {name: [] for name in sorted({names[row] for row in rows})}
    for row in rows:
        groups[names[row]].append(row)
    return groups


def _stretches(
    rows: set[int],
    buckets: list[list[int]] | None,
    least: list[tuple[int, list[int]]] | None,
    steps: int,
    most: int,
) -> list[Stretch]:
    if buckets is not None:
        return stretches_of([[row for row in bucket if row in rows] for bucket in buckets], steps, most)
    if least is not None:
        return [Stretch(until, [row for row in pool if row in rows]) for until, pool in least]
    return [Stretch(steps, sorted(rows))]


def _occupied(rows: set[int], buckets: list[list[int]]) -> int:
    return sum(not rows.isdisjoint(bucket) for bucket in buckets)


def _said(dropped: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in dropped.items())
