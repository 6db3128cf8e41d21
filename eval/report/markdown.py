"""The same findings and tables as Markdown."""

from collections.abc import Iterable, Mapping, Sequence

from eval.report import facts, tables, view_tables
from eval.report.collect import RunView, World
from eval.report.findings import findings, limits, side_by_side
from eval.report.guards import guard_lines
from eval.report.protocol import protocol_block
from eval.report.seen import Seen
from eval.report.sweep import sweep_note
from eval.report.sweep_verdicts import said_of_sweep
from eval.report.views import shown_in_views

_ESCAPED = str.maketrans({character: f"\\{character}" for character in "\\`*_<>|"})


def render_markdown(run: RunView, seen: Mapping[str, Seen]) -> str:
    """Render the report of a run.

    Args:
        run: The run.
        seen: By world, what is read off its predictions.
    """
    parts = [
        f"# {plain(run.facts.get('name', run.folder.name))}",
        "Not investment advice.",
        _facts(facts.run_facts(run)),
    ]
    together = side_by_side(run)
    if len(together.worlds) > 1 and together.rows:
        lines = [[name, metric, *cells] for name, metric, cells in together.rows]
        parts += ["## Worlds side by side", markdown_table(["checkpoint", "metric", *together.worlds], lines, left=2)]
    for world in run.worlds:
        parts += _world(world, seen[world.name])
    parts += ["## What this shows and what it does not", _bullets(limits(run))]
    if (work := tables.work(run)) is not None:
        parts += ["## Work", _grid(work)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _world(world: World, seen: Seen) -> list[str]:
    parts = [f"## {plain(world.name)}{' (placebo: nothing may be found)' if world.placebo else ''}"]
    parts.append(_bullets(" ".join(filter(None, (finding.text, finding.detail))) for finding in findings(world)))
    titled = (
        ("Scores", tables.scores(world)),
        ("Verdicts: each trained checkpoint minus what it is judged against", view_tables.verdict_grid(world)),
        ("Paired differences, each by its own interval", tables.differences(world)),
        ("Confidence and ranking", tables.confidence(world)),
        ("Portfolio", tables.portfolio(world)),
        ("The same book: growth, risk and doubt", tables.portfolio_risk(world)),
        ("Cash account", tables.account(world)),
        ("Errors of each checkpoint", view_tables.error_grid(seen.error_counts)),
        ("Votes by number of replies", tables.votes(world)),
        ("Checkpoints over training", view_tables.steps(world, seen.sweep)),
        ("Class priors", tables.priors(world)),
    )
    for title, grid in titled:
        if grid is not None:
            parts += [f"### {title}", _grid(grid)]
    for view in seen.views:
        grid = view_tables.view_grid(world, view, shown_in_views(world))
        parts += [f"### {plain(view.title)}", _grid(grid) if grid else "", plain(view_tables.view_note(world, view))]
    if world.sweep is not None:
        said = " ".join(filter(None, (said_of_sweep(seen.sweep, world.sweep), sweep_note(world.sweep))))
        parts.append(f"Checkpoints over training: {plain(said)}")
    parts += _protocol(world)
    if lines := guard_lines(world.guards):
        rows = [[line.title, line.checkpoint, line.verdict, line.said] for line in lines]
        parts += ["### Guards", markdown_table(["guard", "checkpoint", "verdict", "found"], rows, left=4)]
    if world.drops:
        rows = [[reason, f"{count:,}"] for reason, count in world.drops.items()]
        parts += ["### Dropped documents", markdown_table(["reason", "documents"], rows)]
    return [
        *parts,
        "### Data",
        _facts(facts.data_facts(world)),
        _bullets(facts.data_notes(world)),
        _facts(facts.scoring_facts(world)),
    ]


def _protocol(world: World) -> list[str]:
    block = protocol_block(world.protocol)
    if block is None:
        return []
    parts = [f"### {plain(block.title)}", plain(block.comparability), _bullets(block.remarks)]
    for part in block.parts:
        parts += [plain(part.said), _grid(part.grid) if part.grid else ""]
        parts.append(
            _bullets(
                f"{one.model}: {one.number} ({'; '.join(filter(None, (one.source, one.caveat)))})"
                for one in part.references
            )
        )
    return parts


def _grid(grid: tables.Grid) -> str:
    lines = []
    for title, rows in grid.groups:
        named = title if len(grid.groups) > 1 or title.endswith("against") else ""
        lines += [
            [
                " ".join(filter(None, (named, row.name))) if named.endswith("against") else row.name,
                *(f"{cell.value} {cell.note}".strip() for cell in row.cells),
            ]
            for row in rows
        ]
    return markdown_table(["", *grid.heads], lines)


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """A table whose first ``left`` columns stand left."""
    rule = ["---" if place < left else "---:" for place in range(len(heads))]
    lines = [[plain(cell) for cell in heads], rule, *([plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _facts(stated: facts.Facts) -> str:
    return "\n".join(f"- {plain(name)}: {plain(value)}" for name, value in stated)


def _bullets(texts: Iterable[str]) -> str:
    return "\n".join(f"- {plain(text)}" for text in texts)


def plain(text: object) -> str:
    """A text on one line in which nothing means anything to Markdown."""
    return " ".join(str(text).split()).translate(_ESCAPED).replace("](", "]\\(")
