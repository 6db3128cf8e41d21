"""The table that ends a run on the terminal."""

from collections.abc import Sequence

from rich.markup import escape
from rich.table import Table

from eval.metrics import MetricRow
from eval.report.layout import (
    SENTIMENT_COLUMNS,
    Rows,
    group_of,
    interval,
    metric_title,
    number,
    title_of,
)

_MOVEMENT = ("mcc", "accuracy", "pnl_reward", "sharpe_gross", "sharpe_net")


def render_table(rows: Sequence[MetricRow], world: str) -> Table:
    """Show one world's checkpoints and baselines with 95% intervals.

    Args:
        rows: Metric rows of any worlds.
        world: The world to show.
    """
    shown = Rows(rows, world)
    names = shown.single()
    wanted = _MOVEMENT if shown.columns(("pnl_reward", "sharpe_gross"), names) else SENTIMENT_COLUMNS[:4]
    columns = shown.columns(wanted, names)
    table = Table(title=f"{escape(world)}: scores on the held-out part, 95% intervals", title_justify="left")
    table.add_column("")
    for metric in columns:
        table.add_column(metric_title(metric), justify="right")
    for name in names:
        found = [shown.get(name, metric) for metric in columns]
        cells = [f"{number(row.metric, row.value)}\n[dim]{escape(interval(row))}[/dim]" if row else "" for row in found]
        table.add_row(escape(title_of(name)), *cells, style="bold" if group_of(name) == "Checkpoints" else None)
    return table
