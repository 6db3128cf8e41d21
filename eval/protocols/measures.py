"""A protocol's measures as functions of sums over samples, so that a bootstrap draw only has to reweight them."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.metrics import MetricRow
from eval.metrics.confusion import ratio
from eval.protocols.features import CHOICES, questions_of
from eval.statistics import block_length, bootstrap_sums, interval, widened, widening
from tickertune.core.recipe import EvalConfig

Floats = NDArray[np.float64]
Sums = Mapping[str, Floats]
"""Sums by name, each with any leading axes."""


def _share(part: str, whole: str) -> Callable[[Sums], Floats]:
    return lambda sums: ratio(sums[part], sums[whole])


def _f1(hits: str, expected: str, given: str) -> Callable[[Sums], Floats]:
    return lambda sums: ratio(2 * sums[hits], sums[expected] + sums[given])


def _question_confusion(sums: Sums) -> Floats:
    """Counts [..., questions, 2 gold, 3 decisions]."""
    questions = questions_of(sums)
    cells = [[[sums[f"{q}|{gold}|{choice}"] for choice in CHOICES] for gold in ("no", "yes")] for q in questions]
    return np.moveaxis(np.asarray(cells), (0, 1, 2), (-3, -2, -1))


def question_f1(sums: Sums) -> Floats:
    """F1 of the answer yes to each question [..., questions]."""
    table = _question_confusion(sums)
    return ratio(2 * table[..., 1, 1], table[..., 1, :].sum(axis=-1) + table[..., :, 1].sum(axis=-1))


def question_weighted_f1(sums: Sums) -> Floats:
    """F1 of both answers to each question, weighted by how often each is right [..., questions]."""
    table = _question_confusion(sums)
    right = np.diagonal(table, axis1=-2, axis2=-1)
    support = table.sum(axis=-1)
    f1 = ratio(2 * right, support + table[..., :, :2].sum(axis=-2))
    return ratio((f1 * support).sum(axis=-1), support.sum(axis=-1))


MEASURES: dict[str, tuple[str, Callable[[Sums], Floats]]] = {
    "entity_f1": ("samples", _f1("hits", "expected", "given")),
    "entity_precision": ("samples", _share("hits", "given")),
    "entity_recall": ("samples", _share("hits", "expected")),
    "relation_f1": ("samples", _f1("hits", "expected", "given")),
    "relation_precision": ("samples", _share("hits", "given")),
    "relation_recall": ("samples", _share("hits", "expected")),
    "relation_only_f1": ("samples", _f1("kind_hits", "kind_expected", "kind_given")),
    "exact_match": ("samples", _share("exact", "samples")),
    "binary_accuracy": ("samples", _share("right_side", "samples")),
    "binary_accuracy_on_parsed": ("read", _share("right_side", "read")),
    "magnitude_mse": ("read", _share("squared_error", "read")),
    "rouge1": ("sections", _share("rouge1", "sections")),
    "rouge2": ("sections", _share("rouge2", "sections")),
    "rougeL": ("sections", _share("rougeL", "sections")),
    "mean_question_f1": ("", lambda sums: np.asarray(question_f1(sums).mean(axis=-1))),
    "mean_question_weighted_f1": ("", lambda sums: np.asarray(question_weighted_f1(sums).mean(axis=-1))),
}
"""By metric: the sum that counts what it rests on (empty: all samples), and its value."""


def measured(
    features: pl.DataFrame, clusters: Sequence[str], metrics: Sequence[str], config: EvalConfig, part: str, checkpoint: str,
    horizon: int = 1,
) -> list[MetricRow]:  # fmt: skip
    """Rows of those metrics that rest on something, with 95% intervals over whole clusters.

    Args:
        features: One row a sample, numbers only.
        clusters: Cluster of each sample: its session, or itself.
        metrics: Names in ``MEASURES``; others are left out.
        config: Draws, block length and seed.
        part: Name of the part, which the rows carry as their world.
        checkpoint: Name of the predictor.
        horizon: Sessions from entry to exit.
    """
    names = features.columns
    by_cluster = (
        features.with_columns(cluster=pl.Series(clusters, dtype=pl.String)).group_by("cluster").sum().sort("cluster")
    )
    table = by_cluster.select(names).to_numpy().astype(np.float64)
    total = _sums(names, table.sum(axis=0))
    block = block_length(config.block_sessions, horizon)
    drawn = bootstrap_sums(table, block, config.resamples, config.seed)
    factor = widening(len(table), block, horizon)
    rows = []
    for metric in metrics:
        if metric not in MEASURES:
            continue
        base, value_of = MEASURES[metric]
        count = int(total[base]) if base else features.height
        if count == 0:
            continue
        value = float(value_of(total))
        low, high = (None, None)
        if drawn is not None:
            low, high = interval(widened(value_of(_sums(names, drawn)), value, factor))
            low, high = max(low, 0.0), high if metric == "magnitude_mse" else min(high, 1.0)
        rows.append(
            MetricRow(
                world=part,
                checkpoint=checkpoint,
                metric=metric,
                value=value,
                low=low,
                high=high,
                n=count,
                days=len(table),
            )
        )
    return rows


def question_rows(features: pl.DataFrame, part: str, checkpoint: str) -> list[MetricRow]:
    """F1 of the answer yes to each question, without an interval: a row a question, named ``question_f1: QUESTION``."""
    names = features.columns
    total = _sums(names, features.to_numpy().astype(np.float64).sum(axis=0))
    questions = questions_of(names)
    counts = _question_confusion(total).sum(axis=(-2, -1))
    return [
        MetricRow(
            world=part,
            checkpoint=checkpoint,
            metric=f"question_f1: {question}",
            value=float(value),
            n=int(n),
            days=int(n),
        )
        for question, value, n in zip(questions, question_f1(total), counts, strict=True)
    ]


def _sums(names: Sequence[str], table: Floats) -> dict[str, Floats]:
    return {name: table[..., place] for place, name in enumerate(names)}
