"""``tickertune report``: write the report of a run again."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="Run folder.")],
) -> None:
    """Write report.html, report.md and metrics.json of a run again, from its finished evaluations."""
    from eval.report import write_report

    print(write_report(folder))
