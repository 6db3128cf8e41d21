"""Pictures of a data set, the same bytes for the same data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import polars as pl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from data_pipeline.dataset.info import DatasetInfo
from data_pipeline.dataset.months import MOST_LABELS, monthly_priors, prompt_lengths
from tickertune.core.files import atomic_file

STYLE: dict[Any, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that no font of the machine decides
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8A8A8A")
"""Okabe and Ito's colours, which colour-blind readers can tell apart; the last one is for the rest."""
MOST_SOURCES = 6
TICKS = 12


def draw_plots(frame: pl.DataFrame, info: DatasetInfo, folder: Path) -> dict[str, str]:
    """Draw what the data set has: class priors and documents by month, prompt lengths, drops by reason.

    Args:
        frame: ``Sample`` rows.
        info: What the data set says of itself.
        folder: Where the PNG files go.

    Returns:
        Caption of each file written, by its name.
    """
    priors = monthly_priors(frame, info.labels)
    wanted: list[tuple[str, str, bool, Callable[[Axes], None]]] = [
        (
            "class_priors.png",
            "Class shares by month",
            len(priors) > 0 and len(info.labels) <= MOST_LABELS,
            lambda axes: _priors(axes, priors, info.labels),
        ),
        (
            "documents.png",
            "Documents kept, by month of availability and source",
            bool(info.documents_by_month),
            lambda axes: _documents(axes, info.documents_by_month),
        ),
        ("prompt_length.png", "Prompt length in characters", len(frame) > 0, lambda axes: _lengths(axes, frame)),
        ("drops.png", "Documents dropped, by reason", bool(info.dropped), lambda axes: _drops(axes, info.dropped)),
    ]
    written = {}
    with matplotlib.rc_context(STYLE):
        for name, caption, present, draw in wanted:
            if present:
                figure = Figure(figsize=(7.2, 2.8), dpi=120, layout="constrained")
                axes = figure.add_subplot()
                axes.set_title(caption, loc="left", fontsize=10)
                draw(axes)
                with atomic_file(folder / name) as temporary:
                    figure.savefig(temporary, format="png", metadata={"Software": None})
                written[name] = caption
    return written


def _priors(axes: Axes, priors: pl.DataFrame, labels: list[str]) -> None:
    _stack(axes, priors["month"].to_list(), {label: priors[label].to_numpy() for label in labels})
    axes.set_ylim(0, 1)
    axes.set_ylabel("share")


def _documents(axes: Axes, by_source: dict[str, dict[str, int]]) -> None:
    months = sorted({month for counts in by_source.values() for month in counts})
    rows = {source: np.array([counts.get(month, 0) for month in months]) for source, counts in by_source.items()}
    largest = sorted(rows, key=lambda source: (-int(rows[source].sum()), source))
    shown = {source: rows[source] for source in largest[:MOST_SOURCES]}
    if rest := largest[MOST_SOURCES:]:
        shown[f"{len(rest)} others"] = np.sum([rows[source] for source in rest], axis=0)
    _stack(axes, months, shown)
    axes.set_ylabel("documents")


def _stack(axes: Axes, months: list[str], layers: dict[str, Any]) -> None:
    places, bottom = np.arange(len(months)), np.zeros(len(months))
    for number, (label, heights) in enumerate(layers.items()):
        colour = COLOURS[min(number, len(COLOURS) - 1)]
        axes.bar(places, heights, bottom=bottom, color=colour, width=0.8, label=label)
        bottom = bottom + heights
    every = max(1, -(-len(months) // TICKS))
    axes.set_xticks(places[::every], months[::every], rotation=30, ha="right", fontsize=8)
    axes.legend(frameon=False, fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))


def _lengths(axes: Axes, frame: pl.DataFrame) -> None:
    lengths = prompt_lengths(frame).to_numpy()
    axes.hist(lengths, bins=40, color=COLOURS[0])
    middle = float(np.median(lengths))
    axes.axvline(middle, color=COLOURS[5], linewidth=1.2, label=f"median {middle:.0f}")
    axes.set_xlabel("characters")
    axes.set_ylabel("samples")
    axes.legend(frameon=False, fontsize=8)


def _drops(axes: Axes, dropped: dict[str, int]) -> None:
    reasons = sorted(dropped, key=lambda reason: (dropped[reason], reason))
    bars = axes.barh(reasons, [dropped[reason] for reason in reasons], color=COLOURS[0])
    axes.bar_label(bars, fontsize=8, padding=2)
    axes.set_xlabel("documents")
