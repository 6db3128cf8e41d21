"""Pictures of a report: label shares by month, and stamps by hour of the day."""

import io
from typing import Any

import matplotlib
from matplotlib.figure import Figure

STYLE: dict[Any, Any] = {"svg.hashsalt": "tickertune", "svg.fonttype": "path", "font.size": 9,
                         "axes.spines.top": False, "axes.spines.right": False}  # fmt: skip
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8A8A8A", "#222222", "#F0E442", "#6A3D9A")


def label_months(months: list[dict[str, Any]]) -> str:
    """Draw the share of each label by month as lines; SVG text, the same for the same numbers."""
    labels = sorted({entry["label"] for entry in months})
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.6), layout="constrained")
        axes = figure.add_subplot()
        for colour, label in zip(COLOURS, labels, strict=False):
            own = [(entry["month"][:7], entry["share"]) for entry in months if entry["label"] == label]
            axes.plot([month for month, _ in own], [share for _, share in own], color=colour, marker=".", label=label)
        axes.set_ylim(0, None)
        axes.set_ylabel("share of rows")
        ticks = sorted({entry["month"][:7] for entry in months})
        step = max(len(ticks) // 12, 1)
        axes.set_xticks(ticks[::step], ticks[::step], rotation=45, ha="right")
        axes.legend(frameon=False, ncols=min(len(labels), 5), loc="lower left", bbox_to_anchor=(0, 1))
        return _svg(figure)


def hours(counts: list[int], zone: str) -> str:
    """Draw stamps by hour of the day in ``zone``; SVG text."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.2), layout="constrained")
        axes = figure.add_subplot()
        axes.bar(range(24), counts, color=COLOURS[0], width=0.85)
        axes.set_xticks(range(0, 24, 2))
        axes.set_xlabel(f"hour in {zone}")
        axes.set_ylabel("stamps")
        return _svg(figure)


def _svg(figure: Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()
