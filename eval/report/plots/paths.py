"""Plots of what went on over time: the portfolio's returns and the training logs."""

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

from eval.report.collect import Stage, World
from eval.report.layout import shown, title_of
from eval.report.plots.style import colour_of, short, style, to_svg


def equity(world: World) -> str | None:
    """Sum of each checkpoint's returns before and after costs, and of buy and hold: capital is kept constant."""
    held = ["buy_and_hold", "oracle"]
    present = set() if world.equity.is_empty() else set(world.equity["checkpoint"].to_list())
    names = [name for name in [*shown(world.rows.checkpoints()), *held] if name in present]
    if not names:
        return None
    with style():
        figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.2), sharey=True)
        for axes, column in zip(panels, ("gross", "net"), strict=True):
            for name in names:
                path = world.equity.filter(pl.col("checkpoint") == name).sort("session")
                earned = 100 * np.cumsum(path[column].to_numpy())
                line = (0, (4, 2)) if name in held else "-"
                colour = colour_of(name, world.rows.checkpoints())
                axes.plot(
                    path["session"].to_numpy(),
                    earned,
                    color=colour,
                    linewidth=1.5,
                    linestyle=line,
                    label=short(title_of(name)),
                )
            axes.axhline(0, color="#555555", linewidth=0.8)
            axes.set_title("before costs" if column == "gross" else "after costs")
            ticks = AutoDateLocator(minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
            axes.xaxis.set_major_locator(ticks)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(ticks))  # type: ignore[no-untyped-call]
        panels[0].set_ylabel("% of capital")
        handles, labels = panels[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=min(len(names), 5))
        return to_svg(figure)


def training(stage: Stage) -> str | None:
    """Each logged quantity that matters against the step, in small panels."""
    shown = [key for key in _curves(stage) if sum(_is_number(line.get(key)) for line in stage.log) > 1]
    if not shown:
        return None
    with style():
        columns = min(3, len(shown))
        rows = -(-len(shown) // columns)
        figure, grid = plt.subplots(rows, columns, figsize=(2.4 * columns, 1.75 * rows), squeeze=False)
        for axes, key in zip(grid.flat, shown, strict=False):
            points = [(line["step"], line[key]) for line in stage.log if _is_number(line.get(key)) and "step" in line]
            steps, values = zip(*points, strict=True)
            colour = colour_of(stage.name, [stage.name])
            axes.plot(steps, values, color=colour, linewidth=1.4, marker="o", markersize=2.6 if len(steps) < 40 else 0)
            axes.set_title(_curve_title(key), fontsize=9)
            axes.xaxis.get_major_locator().set_params(integer=True, nbins=5)
        for axes in list(grid.flat)[len(shown) :]:
            axes.set_visible(False)
        figure.supxlabel("step", fontsize=9)
        return to_svg(figure)


def _curves(stage: Stage) -> list[str]:
    """Loss first, then the whole reward, then its terms."""
    keys = sorted({key for line in stage.log for key in line})
    terms = [key for key in keys if key.startswith("rewards/") and not key.endswith("/std")]
    if any(key.endswith("/mean") for key in terms):
        terms = [key for key in terms if key.endswith("/mean")]
    rewards = [key for key in ("reward", *terms) if key in keys]
    extra = [key for key in ("entropy", "frac_reward_zero_std") if key in keys]
    loss: list[str] = [key for key in ("loss", "eval_loss", "mean_token_accuracy") if key in keys]
    return [*rewards, *extra] if rewards else loss


def _curve_title(key: str) -> str:
    named = {
        "loss": "training loss",
        "eval_loss": "validation loss",
        "mean_token_accuracy": "token accuracy",
        "reward": "reward",
        "entropy": "entropy",
        "frac_reward_zero_std": "groups without spread",
    }
    return named.get(key, f"reward: {key.removeprefix('rewards/').removesuffix('/mean')}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
