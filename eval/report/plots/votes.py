"""The headline metric over the number of replies that vote."""

import matplotlib.pyplot as plt
import numpy as np

from eval.report.collect import World
from eval.report.findings import headline
from eval.report.layout import metric_title, shown, title_of
from eval.report.plots.style import colour_of, style, to_svg

LINES = ("-", (0, (4, 2)), (0, (1, 1.5)))
"""Of a checkpoint's rules, in their order."""


def votes(world: World) -> str | None:
    """Each checkpoint's score by the number of its replies: the mean over subsets as a line, all replies with their interval."""
    metric = headline(world)
    drawn = shown(list(dict.fromkeys(point.checkpoint for point in world.votes)))
    curves = {
        (name, rule): [
            point for point in world.votes if (point.checkpoint, point.rule, point.metric) == (name, rule, metric)
        ]
        for name, rule in dict.fromkeys((point.checkpoint, point.rule) for point in world.votes)
        if name in drawn
    }
    if not any(curves.values()):
        return None
    names, rules = (list(dict.fromkeys(key[at] for key in curves)) for at in (0, 1))
    with style():
        figure, axes = plt.subplots(figsize=(7.2, 3.0))
        for at, ((name, rule), points) in enumerate(curves.items()):
            colour = colour_of(name, names)
            label = title_of(name) + (f", {rule}" if len(rules) > 1 else "")
            counts = [point.replies for point in points]
            line = LINES[rules.index(rule) % len(LINES)]
            axes.plot(
                counts, [point.expected for point in points], color=colour, linewidth=1.5, linestyle=line, label=label
            )
            axes.plot(counts, [point.value for point in points], "o", color=colour, markersize=3, alpha=0.6)
            last = points[-1]
            if last.low is not None and last.high is not None:
                place = last.replies + 0.12 * (at + 1)
                axes.plot([place, place], [last.low, last.high], color=colour, linewidth=1.6, linestyle=line)
        most = max(point.replies for point in world.votes)
        axes.set_xticks(np.unique(np.linspace(1, most, min(most, 8)).round().astype(int)))
        axes.set_xlabel("replies a prompt")
        axes.set_ylabel(metric_title(metric))
        axes.legend(loc="best")
        return to_svg(figure)
