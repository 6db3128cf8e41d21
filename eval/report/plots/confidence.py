"""Plots of how sure a checkpoint is: calibration, and what it gains by staying silent where it is not."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.figure import Figure
from numpy.typing import NDArray

from eval.metrics.calibration import BINS, bins_of
from eval.report.collect import World
from eval.report.layout import shown, title_of
from eval.report.plots.style import colour_of, short, style, to_svg

Floats = NDArray[np.float64]
MIN_IN_BIN = 5
FEWEST = 20
"""Decisions from which on a share is drawn."""


LEGEND_COLUMNS = 2


def _legend(figure: Figure, names: int) -> None:
    """Below the plot, where no line runs."""
    figure.legend(loc="outside lower center", ncols=min(names, LEGEND_COLUMNS))


def _stated(world: World) -> Iterator[tuple[str, pl.DataFrame]]:
    """Each shown checkpoint's decisions that have a label and a confidence."""
    for name in shown(world.rows.checkpoints()):
        if name in world.predictions:
            stated = world.predictions[name].filter(pl.col("label").is_not_null() & pl.col("confidence").is_not_null())
            if not stated.is_empty():
                yield name, stated


def reliability(world: World) -> str | None:
    """Stated confidence against the share that was right, in bins of equal mass."""
    curves = [(name, *reliability_bins(stated)) for name, stated in _stated(world)]
    if not curves:
        return None
    lowest = 1 / max(len(world.labels), 1)
    with style():
        figure, axes = plt.subplots(figsize=(3.6, 3.3 + 0.18 * -(-len(curves) // LEGEND_COLUMNS)))
        axes.plot([lowest, 1], [lowest, 1], color="#999999", linewidth=1, linestyle=(0, (4, 3)))
        for name, stated_mean, right, count in curves:
            colour = colour_of(name, world.rows.checkpoints())
            axes.plot(stated_mean, right, color=colour, linewidth=1.4, label=short(title_of(name)))
            axes.scatter(stated_mean, right, s=8 + 70 * count / max(count.sum(), 1), color=colour)
        axes.set_xlim(lowest - 0.03, 1.03)
        axes.set_ylim(-0.03, 1.03)
        axes.set_xlabel("stated confidence")
        axes.set_ylabel("share right")
        _legend(figure, len(curves))
        return to_svg(figure)


def reliability_bins(stated: pl.DataFrame) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Mean confidence, share right and count of each bin that holds at least ``MIN_IN_BIN`` samples."""
    confidence = stated["confidence"].to_numpy()
    right = (stated["label"] == stated["gold"]).to_numpy().astype(float)
    bins = bins_of(confidence)
    count = np.bincount(bins, minlength=BINS)
    keep = count >= MIN_IN_BIN
    size = count[keep]
    mean, share = (np.bincount(bins, weights=values, minlength=BINS)[keep] / size for values in (confidence, right))
    return mean, share, size


def coverage(world: World) -> str | None:
    """Share right among the most confident decisions, by the share of decisions taken."""
    curves = [(name, *accuracy_by_coverage(stated)) for name, stated in _stated(world) if len(stated) >= FEWEST]
    if not curves:
        return None
    with style():
        figure, axes = plt.subplots(figsize=(3.6, 3.3 + 0.18 * -(-len(curves) // LEGEND_COLUMNS)))
        for name, taken, right in curves:
            axes.plot(
                taken,
                right,
                color=colour_of(name, world.rows.checkpoints()),
                linewidth=1.4,
                label=short(title_of(name)),
            )
        axes.set_xlim(0, 1.03)
        axes.set_xlabel("share of decisions taken, surest first")
        axes.set_ylabel("share right")
        _legend(figure, len(curves))
        return to_svg(figure)


def accuracy_by_coverage(stated: pl.DataFrame) -> tuple[Floats, Floats]:
    """Share of decisions taken and share right among them, from ``FEWEST`` on; equal confidences are taken together."""
    ordered = stated.select("confidence", right=pl.col("label") == pl.col("gold")).sort("confidence", descending=True)
    last = ordered.with_row_index("taken", offset=1).with_columns(pl.col("right").cum_sum())
    last = last.group_by("confidence", maintain_order=True).last().filter(pl.col("taken") >= FEWEST)
    taken, right = last["taken"].to_numpy().astype(float), last["right"].to_numpy().astype(float)
    return taken / len(stated), right / taken
