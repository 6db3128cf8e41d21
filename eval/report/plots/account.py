"""Plot of the cash account: its value, and its fall below its earlier peak."""

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from eval.report.collect import World
from eval.report.layout import shown, title_of
from eval.report.plots.style import ORANGE, colour_of, short, style, to_svg

HELD = {"buy_and_hold": "--", "one_over_n": ":"}


def account(world: World) -> str | None:
    """Net value of each checkpoint's account in % of its capital, beside buy and hold and 1/N."""
    series = world.portfolio.series
    present = set() if series.is_empty() else set(series["checkpoint"].to_list())
    names = [name for name in [*shown(world.rows.checkpoints()), *HELD] if name in present]
    if not names:
        return None
    with style():
        figure, (upper, lower) = plt.subplots(2, 1, figsize=(7.2, 4.4), sharex=True, height_ratios=(2, 1))
        for name in names:
            path = series.filter(pl.col("checkpoint") == name).sort("session")
            value = path["equity"].to_numpy()
            capital = world.portfolio.capital
            colour = ORANGE if name == "one_over_n" else colour_of(name, world.rows.checkpoints())
            days, share = path["session"].to_numpy(), 100 * (value / capital - 1)
            peak = np.maximum(np.maximum.accumulate(value), capital)
            line = {"color": colour, "linewidth": 1.5, "linestyle": HELD.get(name, "-")}
            upper.plot(days, share, label=short(title_of(name)), **line)
            lower.plot(days, 100 * (value / peak - 1), **line)
        upper.axhline(0, color="#555555", linewidth=0.8)
        upper.set_ylabel("gain, % of capital")
        lower.set_ylabel("below peak, %")
        ticks = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
        lower.xaxis.set_major_locator(ticks)
        lower.xaxis.set_major_formatter(ConciseDateFormatter(ticks))  # type: ignore[no-untyped-call]
        handles, labels = upper.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(names), 5))
        return to_svg(figure)
