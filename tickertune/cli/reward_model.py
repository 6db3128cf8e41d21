"""``tickertune reward-model``: a model that scores replies, trained on preference pairs."""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.stage import EXTRA_ARGUMENTS, finish, load_stage
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import RewardModelConfig

app = typer.Typer(add_completion=False)


@app.command(context_settings=EXTRA_ARGUMENTS)
def reward_model(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="Stage recipe, such as recipes/rationales/reward_model.yaml.")],
    dataset: Annotated[Path | None, typer.Option(help="Folder of the rationales, or of their pairs.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the result.")] = None,
    model: Annotated[str | None, typer.Option(help="Base model; default: the recipe's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Train a model that gives the better reply of a pair the higher number; further --KEY VALUE pairs override the recipe."""
    paths = {"dataset": dataset, "output": output}
    stage, folder = load_stage(RewardModelConfig, config, paths, model, context.args)
    from training.reward_model import train

    with folder_lock(folder):
        facts = train(stage)
    finish("reward-model", folder, facts, as_json)
