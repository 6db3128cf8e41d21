"""Plots of what was decided: the headline metric and confusion."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eval.metrics import MetricRow
from eval.protocols import PublishedNumber
from eval.report.collect import World
from eval.report.findings import headline
from eval.report.layout import MOST_SHOWN, group_of, metric_title, shown, title_of
from eval.report.plots.style import BLUE, GREEN, GREY, INK, ORANGE, colour_of, short, style, to_svg
from eval.report.protocol import beside_all


def forest(world: World) -> str | None:
    """Headline metric of every predictor with its interval; the ceiling and published numbers as lines."""
    metric = headline(world)
    rows = [row for name in world.rows.single() if (row := world.rows.get(name, metric)) and name != "ceiling"]
    if not rows:
        return None
    with style():
        figure, axes = _axes(rows, beside_all(world, metric), metric, world.rows.checkpoints())
        ceiling = world.rows.get("ceiling", metric)
        if ceiling is not None and ceiling.value > 0:
            axes.axvline(ceiling.value, color=GREEN, linewidth=1.4, linestyle=(0, (5, 3)))
            axes.annotate(
                "ceiling",
                (ceiling.value, 1.0),
                xycoords=("data", "axes fraction"),
                xytext=(-4, 3),
                textcoords="offset points",
                ha="right",
                color=GREEN,
                fontsize=8.5,
            )
        return to_svg(figure)


def published(rows: Sequence[MetricRow], numbers: Sequence[PublishedNumber], metric: str) -> str | None:
    """A metric of a protocol's part with what was published of it as lines; None where nothing was."""
    own = [row for row in rows if row.metric == metric]
    own.sort(key=lambda row: ("Checkpoints", "Baselines", "Best reachable").index(group_of(row.checkpoint)))
    told = [number for number in numbers if number.metric == metric]
    if not own or not told:
        return None
    with style():
        checkpoints = [row.checkpoint for row in own if group_of(row.checkpoint) == "Checkpoints"]
        return to_svg(_axes(own, told, metric, checkpoints)[0])


def _axes(
    rows: Sequence[MetricRow], numbers: Sequence[PublishedNumber], metric: str, checkpoints: Sequence[str]
) -> tuple[Figure, Axes]:
    """A line a predictor, with its interval, and below it one a published number, which has none."""
    shown_as = {row.checkpoint: _named(row.checkpoint, checkpoints) for row in rows}
    count = len(rows) + len(numbers)
    figure, axes = plt.subplots(figsize=(7.2, 0.8 + 0.3 * count))
    for place, row in enumerate(reversed(rows), start=len(numbers)):
        strong = group_of(row.checkpoint) == "Checkpoints"
        colour = shown_as[row.checkpoint]
        if row.low is not None and row.high is not None:
            axes.plot([row.low, row.high], [place, place], color=colour, linewidth=2.4 if strong else 1.3)
        axes.plot(row.value, place, "o", color=colour, markersize=6.5 if strong else 4.5)
    for place, number in enumerate(reversed(numbers)):
        axes.axvline(number.value, color=ORANGE, linewidth=0.9, linestyle=(0, (2, 2)), alpha=0.7, zorder=0.5)
        axes.plot(number.value, place, "D", color=ORANGE, markerfacecolor="white", markersize=5)
    names = [*(f"{short(number.model)}, published" for number in reversed(numbers))]
    names += [short(title_of(row.checkpoint)) for row in reversed(rows)]
    axes.set_yticks(range(count), names)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    axes.set_ylim(-0.7, count - 0.3)
    if numbers:
        axes.axhline(len(numbers) - 0.5, color="#BBBBBB", linewidth=0.8)
    if metric == "mcc":
        axes.axvline(0, color="#555555", linewidth=0.9)
    axes.grid(axis="y", visible=False)
    axes.set_xlabel(f"{metric_title(metric)}, 95% interval")
    return figure, axes


def _named(name: str, checkpoints: Sequence[str]) -> str:
    """Few checkpoints have a colour each, many one together; baselines are grey."""
    if group_of(name) != "Checkpoints":
        return "#777777"
    return colour_of(name, checkpoints) if len(checkpoints) <= MOST_SHOWN else GREY if name == "base" else BLUE


def confusion(world: World) -> str | None:
    """Outcome against decision for each checkpoint: counts, shaded by their share of the row."""
    names = [name for name in shown(world.rows.checkpoints()) if name in world.predictions]
    if not names or not world.labels:
        return None
    tables = {name: _confusion_counts(world.predictions[name], world.labels) for name in names}
    unparsed = any(table[:, -1].any() for table in tables.values())
    heads = [*world.labels, "none"] if unparsed else world.labels
    with style():
        wide = 0.75 * len(heads) + 1.2
        columns = min(len(names), 3)
        lines = -(-len(names) // columns)
        size = min(7.2, wide * columns), (0.55 * len(world.labels) + 1.2) * lines
        figure, grid = plt.subplots(lines, columns, figsize=size, squeeze=False)
        for axes in grid.flat[len(names) :]:
            axes.set_visible(False)
        for place, (axes, name) in enumerate(zip(grid.flat, names, strict=False)):
            counts = tables[name][:, : len(heads)]
            share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
            axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
            for (row, column), count in np.ndenumerate(counts):
                shade = "white" if share[row, column] > 0.6 else INK
                axes.text(column, row, f"{count}", ha="center", va="center", color=shade)
            axes.set_xticks(range(len(heads)), heads)
            axes.set_yticks(range(len(world.labels)), world.labels if place % columns == 0 else [])
            axes.tick_params(length=0)
            axes.grid(visible=False)
            axes.set_title(short(title_of(name)))
            if place + columns >= len(names):
                axes.set_xlabel("decision")
            if place % columns == 0:
                axes.set_ylabel("outcome")
        return to_svg(figure)


def _confusion_counts(predictions: pl.DataFrame, labels: Sequence[str]) -> NDArray[np.int64]:
    """Counts of shape (labels, labels + 1); the last column holds answers without a label."""
    place = {label: index for index, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels) + 1), dtype=np.int64)
    for gold, label in predictions.select("gold", "label").iter_rows():
        counts[place[gold], place.get(label, len(labels))] += 1
    return counts
