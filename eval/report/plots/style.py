"""Colours, type and the way out to SVG, for all plots."""

import io
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, VERMILION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#AA4499"
GREY, INK = "#8A8A8A", "#222222"
_COLOURS = {"base": GREY, "sft": BLUE, "dpo": PURPLE, "grpo": VERMILION, "oracle": GREEN, "buy_and_hold": INK}
_SPARE = (PURPLE, ORANGE, "#56B4E9", "#117733", BLUE, VERMILION)
_STYLE: dict[Any, Any] = {
    "svg.hashsalt": "tickertune",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": "#999999",
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.grid": True,
    "grid.color": "#E8E8E8",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.constrained_layout.use": True,
}


def style() -> AbstractContextManager[None]:
    """The look of all plots, as a context."""
    return matplotlib.rc_context(_STYLE)


def to_svg(figure: Figure) -> str:
    """Finish a figure: its SVG text, without a time stamp."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)
    return buffer.getvalue()


def colour_of(name: str, names: Sequence[str]) -> str:
    """A checkpoint's colour, the same in all plots of the world, and no other checkpoint's among those shown."""
    if name in _COLOURS:
        return _COLOURS[name]
    taken = {_COLOURS[other] for other in names if other in _COLOURS}
    spare = [colour for colour in _SPARE if colour not in taken]
    others = [other for other in names if other not in _COLOURS]
    return spare[(len(others) - 1 - others.index(name)) % len(spare)]


LONGEST = 28
"""Characters of a name that a plot has room for."""


def short(name: str) -> str:
    """A name cut to what a plot has room for."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"
