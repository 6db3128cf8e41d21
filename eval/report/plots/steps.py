"""The headline metric over the steps of training."""

import matplotlib.pyplot as plt
import numpy as np

from eval.metrics import MetricRow
from eval.report.layout import metric_title, title_of
from eval.report.plots.style import GREY, colour_of, style, to_svg
from eval.report.sweep import Sweep


def steps(sweep: Sweep) -> str | None:
    """A panel a stage: the metric of each checkpoint with its 95% interval, the base model's as a dashed line."""
    found = {stage: _points(sweep, stage) for stage in sweep.steps}
    found = {stage: points for stage, points in found.items() if points}
    if not found:
        return None
    base = sweep.rows.get("base", sweep.headline)
    with style():
        figure, panels = plt.subplots(1, len(found), figsize=(7.2, 2.8), sharey=True, squeeze=False)
        for axes, (stage, points) in zip(panels[0], found.items(), strict=True):
            places = np.array([step for step, _ in points])
            colour = colour_of(stage, [stage])
            low, high = (
                np.array([np.nan if (end := getattr(row, side)) is None else end for _, row in points])
                for side in ("low", "high")
            )
            axes.fill_between(places, low, high, color=colour, alpha=0.18, linewidth=0)
            axes.vlines(places, low, high, color=colour, linewidth=0.9, alpha=0.5)
            axes.plot(places, [row.value for _, row in points], color=colour, linewidth=1.5, marker="o", markersize=3.5)
            if base is not None:
                axes.axhline(base.value, color=GREY, linewidth=1.2, linestyle=(0, (4, 3)))
            axes.set_title(title_of(stage))
            axes.set_xlabel("step")
            axes.xaxis.get_major_locator().set_params(integer=True, nbins=6)
        panels[0][0].set_ylabel(f"{metric_title(sweep.headline)}, 95% interval")
        return to_svg(figure)


def _points(sweep: Sweep, stage: str) -> list[tuple[int, MetricRow]]:
    rows = [(step, sweep.rows.get(name, sweep.headline)) for step, name in sweep.steps[stage]]
    return [(step, row) for step, row in rows if row is not None]
