"""``tickertune eval``: score checkpoints and baselines on a data set."""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.checks import check_output
from tickertune.cli.output import print_json, print_metrics
from tickertune.cli.stage import EXTRA_ARGUMENTS
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import EvalConfig, ModelConfig, load_config, parse_config
from tickertune.core.recipe.loading import parse_overrides, set_key

app = typer.Typer(add_completion=False)


@app.command(context_settings=EXTRA_ARGUMENTS)
def evaluate(
    context: typer.Context,
    data: Annotated[Path, typer.Option(help="Folder of the data stage.")],
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")],
    output: Annotated[Path, typer.Option(help="Folder of the result.")],
    revision: Annotated[str | None, typer.Option(help="Hub commit of the base model.")] = None,
    adapters: Annotated[
        list[Path] | None,
        typer.Option("--adapter", help="Folder of an adapter or a training stage to score; may be repeated."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Evaluation recipe, such as recipes/demo/eval.yaml.")] = None,
    world: Annotated[
        str | None, typer.Option(help="Name of the data set in the result; default: its folder's.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score the base model, its tuned checkpoints and the baselines on a data set's held-out split."""
    settings = _settings(config, context.args)
    check_output(output)
    from eval.checkpoint import base_checkpoint, checkpoint_of
    from eval.evaluate import evaluate as score

    base = ModelConfig(name=model, revision=revision)
    names = ["base", *(folder.resolve().name for folder in adapters or [])]
    if len(set(names)) < len(names):
        raise TickerTuneError(f"Two checkpoints have the same name ({', '.join(names)})", "Rename one of the folders")
    tuned = [checkpoint_of(name, folder, base) for name, folder in zip(names[1:], adapters or [], strict=True)]
    checkpoints = [base_checkpoint(base), *tuned]
    with folder_lock(output):
        score(data, checkpoints, settings, output, world or _world(data))
    rows = read_json(output / "metrics.json")
    if as_json:
        print_json(rows)
    else:
        print_metrics(rows)


def _settings(config: Path | None, extra: list[str]) -> EvalConfig:
    overrides = parse_overrides(extra)
    if config is not None:
        return load_config(EvalConfig, config, overrides)
    values: dict[str, object] = {}
    for key, text in overrides.items():
        set_key(values, key, text)
    return parse_config(EvalConfig, values, "The command line")


def _world(data: Path) -> str:
    folder = data.resolve()
    return folder.parent.name if folder.name == "data" else folder.name
