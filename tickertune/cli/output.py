"""Tables for people and JSON for programs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table


def print_json(value: Any) -> None:
    """Print ``value`` as one JSON document on standard output."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False))


def print_table(title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows that share their keys as a table; numbers stand right, the first column is not broken."""
    table = Table(title=title, title_justify="left")
    for position, name in enumerate(rows[0] if rows else []):
        number = any(isinstance(row[name], (int, float)) for row in rows)
        table.add_column(name, justify="right" if number else "left", overflow="fold", no_wrap=position == 0)
    for row in rows:
        table.add_row(*map(_cell, row.values()))
    Console(markup=False).print(table)


def print_columns(title: str, rows: Sequence[Mapping[str, Any]], name: str) -> None:
    """Print rows as columns, headed by their entry ``name``: for few rows of many entries."""
    entries = [entry for entry in (rows[0] if rows else {}) if entry != name]
    print_table(title, [{name: entry, **{str(row[name]): row[entry] for row in rows}} for entry in entries])


def print_metrics(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print metric rows, a table for each world."""
    from eval.metrics import MetricRow
    from eval.report.table import render_table

    metrics = [MetricRow.model_validate(row) for row in rows]
    for world in dict.fromkeys(row.world for row in metrics):
        Console().print(render_table(metrics, world))


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
