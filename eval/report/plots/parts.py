"""The headline metric by part of the split: months, in their order."""

import matplotlib.pyplot as plt
import numpy as np

from eval.report.collect import World
from eval.report.findings import headline
from eval.report.layout import metric_title, shown, title_of
from eval.report.plots.style import colour_of, short, style, to_svg
from eval.report.views import View, on_the_page


def by_part(world: World, view: View) -> str | None:
    """Each shown checkpoint's metric in each part, with its interval; a part with too few samples is a gap."""
    parts = on_the_page(view)
    if sum(bool(part.rows) for part in parts) < 2:
        return None
    names = [name for name in shown(world.rows.checkpoints()) if name in world.predictions]
    with style():
        figure, axes = plt.subplots(figsize=(7.2, 2.9))
        for at, name in enumerate(names):
            colour = colour_of(name, world.rows.checkpoints())
            found = [next((row for row in part.rows if row.checkpoint == name), None) for part in parts]
            places = np.arange(len(parts)) + 0.5 * ((at + 0.5) / len(names) - 0.5)
            values = np.array([np.nan if row is None else row.value for row in found])
            low, high = (
                np.array([np.nan if row is None or (end := getattr(row, side)) is None else end for row in found])
                for side in ("low", "high")
            )
            axes.vlines(places, low, high, color=colour, linewidth=1.1, alpha=0.6)
            axes.plot(
                places, values, color=colour, linewidth=1.2, marker="o", markersize=3.5, label=short(title_of(name))
            )
        if headline(world) == "mcc":
            axes.axhline(0, color="#555555", linewidth=0.8)
        step = -(-len(parts) // 8)
        axes.set_xticks(range(0, len(parts), step), [part.name for part in parts[::step]])
        axes.set_ylabel(f"{metric_title(headline(world))}, 95% interval")
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(names), 3))
        return to_svg(figure)
