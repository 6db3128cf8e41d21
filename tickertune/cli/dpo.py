"""``tickertune dpo``: direct preference optimisation of one stage."""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.stage import EXTRA_ARGUMENTS, finish, load_stage
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import DpoConfig

app = typer.Typer(add_completion=False)


@app.command(context_settings=EXTRA_ARGUMENTS)
def dpo(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="Stage recipe, such as recipes/rationales/dpo.yaml.")],
    dataset: Annotated[Path | None, typer.Option(help="Folder of the rationales, or of their pairs.")] = None,
    init: Annotated[Path | None, typer.Option(help="Folder of the SFT stage to start from.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the result.")] = None,
    model: Annotated[str | None, typer.Option(help="Base model; default: the recipe's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Tune on preference pairs; further --KEY VALUE pairs override the recipe (--beta 0.2)."""
    paths = {"dataset": dataset, "init": init, "output": output}
    stage, folder = load_stage(DpoConfig, config, paths, model, context.args)
    from training.dpo import train

    with folder_lock(folder):
        facts = train(stage)
    finish("dpo", folder, facts, as_json)
