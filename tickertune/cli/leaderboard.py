"""``tickertune leaderboard``: the runs of a folder in order, like beside like."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tickertune.cli.output import print_table

LEFT_OUT = ("samples", "days", "clusters", "first minus it")
"""Columns that a terminal has no room for."""
app = typer.Typer(add_completion=False)


@app.command()
def leaderboard(
    folder: Annotated[Path, typer.Argument(help="A folder of run folders, at any depth.")],
    metric: Annotated[
        str | None, typer.Option(help="What to sort by.", show_default="mcc on a market, weighted_f1 of texts")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write it to a file that ends in .html, .md, .csv or .json instead.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Rank all checkpoints of all runs in a folder, with 95% intervals, apart by world, protocol and data.

    Only scores on the same samples, prompts, labels and outcomes are ranked together. A run that cannot be read is named with the
    reason.
    """
    from eval.leaderboard import find_entries, render, write_board
    from eval.leaderboard import leaderboard as ranked
    from eval.leaderboard.render import CAVEAT, group_grid, group_title

    board = ranked(find_entries(folder), metric)
    title = folder.resolve().name
    if output is not None:
        write_board(board, output, title)
        print(output)
    elif as_json:
        print(render(board, "json", title), end="")
    else:
        for group in board.groups:
            grid = group_grid(group)
            rows: list[dict[str, Any]] = [
                {
                    "": line.name,
                    **{
                        head: f"{cell.value} {cell.note}".replace("\n", ", ").strip()
                        for head, cell in zip(grid.heads, line.cells, strict=True)
                        if head not in LEFT_OUT
                    },
                }
                for line in grid.groups[0][1]
            ]
            print_table(group_title(group), rows)
            if group.note:
                print(group.note)
        print(CAVEAT)
    for one in board.unread if not as_json else []:
        typer.echo(f"Without a place: {one.run}: {one.reason}", err=True)
