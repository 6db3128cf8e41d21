"""``tickertune sft``: supervised fine-tuning of one stage."""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.stage import EXTRA_ARGUMENTS, finish, load_stage
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import SftConfig

app = typer.Typer(add_completion=False)


@app.command(context_settings=EXTRA_ARGUMENTS)
def sft(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="Stage recipe, such as recipes/demo/sft.yaml.")],
    dataset: Annotated[Path | None, typer.Option(help="Folder of the data stage.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the result.")] = None,
    model: Annotated[str | None, typer.Option(help="Base model; default: the recipe's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Fine-tune on a data set; further --KEY VALUE pairs override the recipe (--learning_rate 1e-4)."""
    paths = {"dataset": dataset, "output": output}
    stage, folder = load_stage(SftConfig, config, paths, model, context.args)
    from training.sft import train

    with folder_lock(folder):
        facts = train(stage)
    finish("sft", folder, facts, as_json)
