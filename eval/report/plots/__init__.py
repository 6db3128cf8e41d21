"""The report's plots: each a function of one world to SVG text, or None where there is nothing to draw.

Colours are those of Okabe and Ito, which colour-blind readers can tell apart; bytes depend on the numbers alone.
"""

from collections.abc import Callable

from eval.report.collect import World
from eval.report.plots.account import account
from eval.report.plots.confidence import coverage, reliability
from eval.report.plots.parts import by_part
from eval.report.plots.paths import equity, training
from eval.report.plots.scores import confusion, forest, published
from eval.report.plots.steps import steps
from eval.report.plots.votes import votes

WORLD_PLOTS: dict[str, tuple[Callable[[World], str | None], str]] = {
    "forest": (forest, "Every predictor's headline metric with its 95% interval"),
    "confusion": (confusion, "Confusion matrices of the checkpoints"),
    "reliability": (reliability, "Stated confidence against the share right"),
    "coverage": (coverage, "Share right among the most confident decisions, by the share of decisions taken"),
    "votes": (votes, "Every checkpoint's headline metric over the number of replies that vote"),
    "account": (account, "Value of the cash account after costs, and its fall below its earlier peak"),
    "equity": (equity, "Summed returns of the market-neutral book before and after costs"),
}
"""Plots of a world, each with the words that stand for it where it cannot be seen."""

__all__ = ["WORLD_PLOTS", "by_part", "published", "steps", "training"]
