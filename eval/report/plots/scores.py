"""Plots of what was decided: the headline metric and confusion."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.report.collect import World
from eval.report.findings import headline
from eval.report.layout import group_of, metric_title, title_of
from eval.report.plots.style import GREEN, INK, colour_of, style, to_svg


def forest(world: World) -> str | None:
    """Headline metric of every predictor with its interval; the ceiling as a line."""
    metric = headline(world)
    rows = [row for name in world.rows.single() if (row := world.rows.get(name, metric)) and name != "ceiling"]
    if not rows:
        return None
    with style():
        figure, axes = plt.subplots(figsize=(7.2, 0.7 + 0.3 * len(rows)))
        for place, row in enumerate(reversed(rows)):
            strong = group_of(row.checkpoint) == "Checkpoints"
            colour = colour_of(row.checkpoint, world.rows.checkpoints()) if strong else "#777777"
            if row.low is not None and row.high is not None:
                axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.4 if strong else 1.3)
            axes.plot(row.value, place, "o", color=colour, markersize=6.5 if strong else 4.5)
        axes.set_yticks(range(len(rows)), [title_of(row.checkpoint) for row in reversed(rows)])
        axes.tick_params(axis="y", length=0, labelcolor=INK)
        axes.set_ylim(-0.7, len(rows) - 0.3)
        if metric == "mcc":
            axes.axvline(0, color="#555555", linewidth=0.9)
        ceiling = world.rows.get("ceiling", metric)
        if ceiling is not None and ceiling.value > 0:
            axes.axvline(ceiling.value, color=GREEN, linewidth=1.4, linestyle=(0, (5, 3)))
            axes.annotate(
                "ceiling",
                (ceiling.value, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(4, -9),
                textcoords="offset points",
                color=GREEN,
                fontsize=8.5,
            )
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(f"{metric_title(metric)}, 95% interval")
        return to_svg(figure)


def confusion(world: World) -> str | None:
    """Outcome against decision for each checkpoint: counts, shaded by their share of the row."""
    names = [name for name in world.rows.checkpoints() if name in world.predictions]
    if not names or not world.labels:
        return None
    tables = {name: _confusion_counts(world.predictions[name], world.labels) for name in names}
    unparsed = any(table[:, -1].any() for table in tables.values())
    heads = [*world.labels, "none"] if unparsed else world.labels
    with style():
        wide = 0.75 * len(heads) + 1.2
        figure, grid = plt.subplots(
            1, len(names), figsize=(min(7.2, wide * len(names)), 0.55 * len(world.labels) + 1.2), squeeze=False
        )
        for axes, name in zip(grid[0], names, strict=True):
            counts = tables[name][:, : len(heads)]
            share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
            axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            for (row, column), count in np.ndenumerate(counts):
                shade = "white" if share[row, column] > 0.6 else INK
                axes.text(column, row, f"{count}", ha="center", va="center", color=shade)
            axes.set_xticks(range(len(heads)), heads)
            axes.set_yticks(range(len(world.labels)), world.labels if axes is grid[0][0] else [])
            axes.tick_params(length=0)
            axes.grid(visible=False)
            axes.set_title(title_of(name))
            axes.set_xlabel("decision")
        grid[0][0].set_ylabel("outcome")
        return to_svg(figure)


def _confusion_counts(predictions: pl.DataFrame, labels: Sequence[str]) -> NDArray[np.int64]:
    """Counts of shape (labels, labels + 1); the last column holds answers without a label."""
    place = {label: index for index, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    for gold, label in predictions.select("gold", "label").iter_rows():
        counts[place[gold], place.get(label, len(labels))] += 1
    return counts
