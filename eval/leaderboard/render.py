"""The board as a page, Markdown, CSV or JSON."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from eval.leaderboard.ranking import Board, Group, Placed
from eval.report.downloads import Shelf, safe_csv
from eval.report.environment import environment
from eval.report.layout import group_of, interval, metric_title, number, title_of
from eval.report.markdown import markdown_table, plain
from eval.report.tables import Cell, Grid, Line
from eval.report.verdicts import p_text
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import canonical_json, write_text

RUNS_NAMED = 3
"""Runs that a line names; the download names all."""
CAVEAT = (
    "The first of a group was chosen for being highest, which its own interval does not know; p-values are corrected for all "
    "pairs of the group (Holm). Baselines stand in their place without a rank. Groups differ in world, task, split, protocol, "
    "data, prompts, labels or costs: no score of one may be set beside one of another."
)


def render(board: Board, kind: str, title: str) -> str:
    """The board as text.

    Args:
        board: What was found.
        kind: ``html``, ``md``, ``csv`` or ``json``.
        title: What was searched.

    Raises:
        TickerTuneError: Another kind.
    """
    if kind not in _KINDS:
        raise TickerTuneError(f"A leaderboard cannot be written as '{kind}'", f"Use one of {', '.join(_KINDS)}")
    return _KINDS[kind](board, title)


def write_board(board: Board, path: Path, title: str) -> None:
    """Write the board by the ending of a file's name.

    Raises:
        TickerTuneError: The ending is none of ``html``, ``md``, ``csv`` and ``json``.
    """
    write_text(path, render(board, path.suffix.removeprefix("."), title))


def board_rows(board: Board) -> list[dict[str, Any]]:
    """A row a line, all groups one after the other."""
    return [
        {
            "group": group.like.digest, "world": group.like.world, "task": group.like.task, "split": group.like.split,
            "protocol": group.like.protocol, "placebo": group.placebo, "rank": line.rank, "checkpoint": line.checkpoint,
            "runs": " ".join(line.runs), "metric": group.metric, "value": line.row.value, "low": line.row.low,
            "high": line.row.high, "n": line.row.n, "days": line.row.days,
            "first_minus": line.apart.row.value if line.apart else None,
            "first_minus_low": line.apart.row.low if line.apart else None,
            "first_minus_high": line.apart.row.high if line.apart else None,
            "p_holm": line.apart.holm if line.apart else None, "reading": reading(line),
        }
        for group in board.groups
        for line in group.lines
    ]  # fmt: skip


def reading(line: Placed) -> str:
    """The line against the first, in words."""
    if line.apart is None:
        return ""
    words = {"better": "worse than the first", "worse": "better than the first", "too few days": "too few days"}
    return words.get(line.apart.word, "not distinguishable")


def group_title(group: Group) -> str:
    """What the entries of a group have in common."""
    like = group.like
    protocol = f"protocol {like.protocol}" if like.protocol else "no protocol"
    placebo = ", placebo: nothing may be found" if group.placebo else ""
    return f"{like.world}: {like.task}, {like.split} split, {protocol}, data {like.digest}{placebo}"


def group_grid(group: Group) -> Grid:
    """A group as a table."""
    lines = []
    for line in group.lines:
        runs = ", ".join(line.runs[:RUNS_NAMED]) + (
            f" and {len(line.runs) - RUNS_NAMED} more" if line.runs[RUNS_NAMED:] else ""
        )
        apart = Cell("")
        if line.apart is not None:
            row, p = line.apart.row, line.apart.holm
            note = "\n".join(filter(None, (interval(row, signed=True), None if p is None else f"p {p_text(p)}")))
            apart = Cell(number(row.metric, row.value, signed=True), note)
        cells = [
            Cell(str(line.rank) if line.rank else "\N{EN DASH}"),
            Cell(number(group.metric, line.row.value), interval(line.row)),
            Cell(f"{line.row.n:,}"),
            Cell(f"{line.row.days:,}"),
            apart,
            Cell(reading(line)),
            Cell(runs),
        ]
        strong = group_of(line.checkpoint) == "Checkpoints"
        lines.append(Line(title_of(line.checkpoint), cells, strong))
    unit = "days" if group.dated else "texts"
    return Grid(
        ["rank", metric_title(group.metric), "samples", unit, "first minus it", "reading", "runs"], [("", lines)], []
    )


def _html(board: Board, title: str) -> str:
    shelf = Shelf()
    files = [shelf.rows("The board", "leaderboard", board_rows(board), "the runs")] if board.groups else []
    page = (
        environment()
        .get_template("leaderboard.html.j2")
        .render(
            title=title,
            count=len(board.runs),
            groups=[(group_title(group), group_grid(group), group.note) for group in board.groups],
            unread=board.unread,
            caveat=CAVEAT,
            files=[file for file in files if file is not None],
        )
    )
    return page + "\n"


def _markdown(board: Board, title: str) -> str:
    parts = [f"# Leaderboard of {plain(title)}", f"{len(board.runs)} runs. {CAVEAT} Intervals are 95%."]
    for group in board.groups:
        grid = group_grid(group)
        lines = [
            [line.name, *(f"{cell.value} {cell.note}".strip() for cell in line.cells)] for line in grid.groups[0][1]
        ]
        parts += [f"## {plain(group_title(group))}", markdown_table(["", *grid.heads], lines), plain(group.note)]
    if board.unread:
        rows = [[one.run, one.reason] for one in board.unread]
        parts += ["## Without a place", markdown_table(["run", "why"], rows, left=2)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _csv(board: Board, title: str) -> str:
    return safe_csv(pl.DataFrame(board_rows(board), infer_schema_length=None))


def _json(board: Board, title: str) -> str:
    unread = [{"run": one.run, "reason": one.reason} for one in board.unread]
    return canonical_json({"folder": title, "runs": board.runs, "lines": board_rows(board), "unread": unread}) + "\n"


_KINDS: dict[str, Callable[[Board, str], str]] = {"html": _html, "md": _markdown, "csv": _csv, "json": _json}
KINDS: Sequence[str] = tuple(_KINDS)
