"""Inputs of batch inference, and a checkpoint that needs no weights."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from eval.inference import Options

OPTIONS = Options(backend="fake", dtype="float32", part_rows=10, max_length=400)
TEXTS = [{"id": f"n{place}", "text": f"Profit of company {place} rose by {place} percent"} for place in range(35)]


def write_lines(path: Path, rows: Sequence[Any]) -> Path:
    """Write a line for each row; texts as they are."""
    path.write_text("".join(row if isinstance(row, str) else json.dumps(row) + "\n" for row in rows))
    return path


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Read JSON Lines."""
    return [json.loads(line) for line in path.read_text().splitlines()]
