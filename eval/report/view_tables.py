"""Tables of verdicts, views, errors and the checkpoints over training."""

from collections.abc import Mapping, Sequence

from eval.report.collect import World
from eval.report.errors import ErrorCount
from eval.report.findings import headline, judged
from eval.report.layout import (
    SWEEP_COLUMNS,
    SWEEP_TEXT_COLUMNS,
    group_of,
    interval,
    metric_title,
    number,
    title_of,
)
from eval.report.tables import Cell, Grid, Line, number_cell
from eval.report.verdicts import Comparison, p_text
from eval.report.views import View, on_the_page

NOTHING = "\N{EN DASH}"


def verdict_grid(world: World) -> Grid | None:
    """Every trained checkpoint against everything that it is judged against: difference, interval, word, corrected p."""
    found = judged(world)
    against = list(dict.fromkeys(one.against for each in found for one in each.comparisons if not one.trained))
    if not found or not against:
        return None
    before = any(one.trained for each in found for one in each.comparisons)
    lines = []
    for each in found:
        cells = [_compared(each.against(name)) for name in against]
        if before:
            cells.append(_compared(next((one for one in each.comparisons if one.trained), None)))
        lines.append(Line(title_of(each.checkpoint), cells, strong=True))
    heads = [*map(title_of, against), *(["checkpoint before"] if before else [])]
    return Grid(heads, [("", lines)], [])


def _compared(one: Comparison | None) -> Cell:
    if one is None:
        return Cell(NOTHING)
    row, word = one.row, one.word
    p = None if one.holm is None else f"p {p_text(one.holm)}"
    note = "\n".join(filter(None, (interval(row, signed=True), word, p)))
    return Cell(number(row.metric, row.value, signed=True), note, word)


def view_grid(world: World, view: View, names: Sequence[str]) -> Grid | None:
    """A row a part: its samples and days, and the headline metric of the shown predictors."""
    parts = on_the_page(view)
    if not parts:
        return None
    lines = []
    for part in parts:
        rows = {row.checkpoint: row for row in part.rows}
        cells = [number_cell(rows.get(name)) for name in names] if rows else [Cell(NOTHING, "too few")] * len(names)
        lines.append(Line(part.name, [Cell(f"{part.n:,}"), Cell(f"{part.days:,}"), *cells]))
    unit = "days" if world.dated else "texts"
    return Grid(["samples", unit, *map(title_of, names)], [("", lines)], [])


def view_note(world: World, view: View) -> str:
    """How a view was cut, and how to read it."""
    left = len(view.parts) - len(on_the_page(view))
    texts = [view.note] if view.note else []
    if view.parts:
        texts.append(
            f"{metric_title(headline(world))} with 95% intervals, uncorrected: one in twenty misses by chance."
        )
    if left:
        texts.append(f"{left} more stand in the download.")
    return " ".join(texts)


def error_grid(counts: Sequence[ErrorCount]) -> Grid | None:
    """Errors of every checkpoint, and what changed from the base model."""
    if not counts:
        return None
    lines = [
        Line(
            title_of(one.checkpoint),
            [
                Cell(NOTHING if value is None else f"{value:,}")
                for value in (one.wrong, one.unparsed, one.mended, one.broken)
            ],
            strong=group_of(one.checkpoint) == "Checkpoints",
        )
        for one in counts
    ]
    heads = ["wrong", "of them unread", "right, base model wrong", "wrong, base model right"]
    return Grid(heads, [("", lines)], [])


def steps(world: World, apart: Mapping[str, Comparison]) -> Grid | None:
    """Scores of the checkpoints that training kept, by stage and step; the base model's first.

    Args:
        world: The world.
        apart: Each checkpoint minus the base model.
    """
    sweep = world.sweep
    if sweep is None:
        return None
    columns = sweep.rows.columns(SWEEP_COLUMNS if sweep.headline == "mcc" else SWEEP_TEXT_COLUMNS, sweep.rows.single())
    groups = [("", [("base", title_of("base"))])]
    groups += [
        (title_of(stage), [(name, f"step {step}") for step, name in steps]) for stage, steps in sweep.steps.items()
    ]
    best = sweep.best()
    lines = [
        (
            stage,
            [
                Line(
                    title,
                    [
                        *(number_cell(sweep.rows.get(name, metric)) for metric in columns),
                        *([_compared(apart.get(name))] if apart else []),
                    ],
                    best is not None and name == best.checkpoint,
                )
                for name, title in named
            ],
        )
        for stage, named in groups
    ]
    heads = [*map(metric_title, columns), *(["minus base model"] if apart else [])]
    return Grid(heads, lines, columns)
