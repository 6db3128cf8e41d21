"""``tickertune eval``: score checkpoints and baselines on a data set."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tickertune.cli.checks import check_output
from tickertune.cli.output import print_json, print_metrics
from tickertune.cli.stage import EXTRA_ARGUMENTS
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import EvalConfig, ModelConfig, load_config, parse_config, read_yaml
from tickertune.core.recipe.loading import parse_overrides, set_key

app = typer.Typer(add_completion=False)


@app.command(context_settings=EXTRA_ARGUMENTS)
def evaluate(
    context: typer.Context,
    data: Annotated[Path | None, typer.Option(help="Folder of the data stage.")] = None,
    model: Annotated[str | None, typer.Option(help="Base model: folder, Hub id or built-in.")] = None,
    output: Annotated[Path | None, typer.Option(help="Folder of the result.")] = None,
    revision: Annotated[str | None, typer.Option(help="Hub commit of the base model.")] = None,
    adapters: Annotated[
        list[Path] | None,
        typer.Option("--adapter", help="Folder of an adapter or a training stage to score; may be repeated."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Evaluation recipe, such as recipes/demo/eval.yaml.")] = None,
    sweep: Annotated[
        Path | None,
        typer.Option(
            metavar="RUN_OR_STAGE",
            help="Score every checkpoint that training kept, on the validation split; a run brings its own data and model.",
        ),
    ] = None,
    world: Annotated[
        str | None, typer.Option(help="Name of the data set in the result; default: its folder's.")
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="With --backend server: its address, such as http://127.0.0.1:8000/v1.")
    ] = None,
    served_model: Annotated[
        str | None, typer.Option(help="With --backend server: the base model's name at that address.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score the base model, its tuned checkpoints and the baselines on a data set's held-out split."""
    served = {"--server.endpoint": endpoint, "--server.model": served_model}
    extra = [*context.args, *(word for key, value in served.items() if value is not None for word in (key, value))]
    if sweep is not None:
        _print(_swept(sweep, data, model, output, revision, config, world, extra), as_json)
        return
    if data is None or model is None or output is None:
        raise TickerTuneError("One of --data, --model and --output is not given", "Give all three, or --sweep RUN")
    settings = settings_of(config, extra)
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
        score(data, checkpoints, settings, output, world or world_of(data))
    _print(read_json(output / "metrics.json"), as_json)


def _print(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
    else:
        print_metrics(rows)


def _swept(
    target: Path,
    data: Path | None,
    model: str | None,
    output: Path | None,
    revision: str | None,
    config: Path | None,
    world: str | None,
    extra: list[str],
) -> list[dict[str, Any]]:
    """Sweep a run or a stage of one, or with data, model and output any stage; returns its metric rows."""
    from tickertune.cli.sweep import Target, run_of, score, settings, sweep_run

    values = None if config is None else read_yaml(config)
    overrides = parse_overrides(extra)
    if data is None and model is None and output is None and run_of(target) is not None:
        rows = sweep_run(target, values, overrides)
    elif data is None or model is None or output is None:
        raise TickerTuneError(
            f"{target} is no run and no stage of one, so that its data and model are not known",
            "Give a run, or --data, --model and --output with the stage",
        )
    else:
        check_output(output)
        base = ModelConfig(name=model, revision=revision)
        chosen = settings(values or {}, overrides, "The sweep")
        with folder_lock(output):
            rows = score(Target(world or world_of(data), data, [target], base, chosen, output, {}))
    return [row.model_dump(mode="json") for row in rows]


def settings_of(config: Path | None, extra: list[str]) -> EvalConfig:
    """The evaluation recipe, or its defaults, with ``--key value`` words applied."""
    overrides = parse_overrides(extra)
    if config is not None:
        return load_config(EvalConfig, config, overrides)
    values: dict[str, object] = {}
    for key, text in overrides.items():
        set_key(values, key, text)
    return parse_config(EvalConfig, values, "The command line")


def world_of(data: Path) -> str:
    """Name of a data set where none is given: that of its folder."""
    folder = data.resolve()
    return folder.parent.name if folder.name == "data" else folder.name
