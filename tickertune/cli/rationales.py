"""``tickertune rationales``: a teacher's rationales and preference pairs."""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.stage import EXTRA_ARGUMENTS, finish, load_stage
from tickertune.core.recipe import RationalesConfig

app = typer.Typer(add_completion=False)


@app.command(context_settings=EXTRA_ARGUMENTS)
def rationales(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="Stage recipe, such as recipes/rationales/rationales.yaml.")],
    dataset: Annotated[Path | None, typer.Option(help="Folder of the data stage.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the result.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask a teacher for rationales of the train split; further --KEY VALUE pairs override the recipe (--draws 8)."""
    stage, folder = load_stage(RationalesConfig, config, {"dataset": dataset, "output": output}, None, context.args)
    from training.rationales.synthesis import synthesise

    finish("rationales", folder, synthesise(stage), as_json)  # which holds the folder by itself
