"""``tickertune run``: all stages of a recipe."""

import json
from pathlib import Path
from typing import Annotated

import typer
import yaml

from tickertune.cli.output import print_json, print_metrics
from tickertune.cli.pipeline import run_recipe
from tickertune.cli.steps import steps
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import Recipe, load_recipe
from tickertune.core.run import Run

app = typer.Typer(add_completion=False)


@app.command()
def run(
    recipe: Annotated[Path, typer.Argument(help="run.yaml, or the folder that holds it.")],
    output: Annotated[Path | None, typer.Option(help="Run folder; default: the recipe's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of data, training and bootstrap.")] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a key, e.g. sft.learning_rate=1e-4."),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Print the resolved recipe and what is left to do, and stop.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Do all stages of a recipe, or take up where they stopped, and write the report."""
    resolved = load_recipe(recipe, overrides_of(output, seed, sets or []))
    if dry_run:
        _print_plan(resolved, as_json)
        return
    report = run_recipe(resolved)
    rows = read_json(resolved.output / "metrics.json")
    if as_json:
        print_json({"report": str(report), "metrics": rows})
        return
    print_metrics(rows)
    print(f"Report: {report}")


def overrides_of(output: Path | None, seed: int | None, sets: list[str]) -> dict[str, str]:
    """Turn the command's options into overrides of a recipe.

    Raises:
        TickerTuneError: An entry of ``sets`` is no KEY=VALUE.
    """
    overrides = {}
    for item in sets:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise TickerTuneError(f"--set {item} is no KEY=VALUE", "Write for example --set sft.learning_rate=1e-4")
        overrides[key] = value
    if output is not None:
        overrides["output"] = json.dumps(str(output))  # quoted: a folder named 2024 stays text
    if seed is not None:
        overrides["seed"] = str(seed)
    return overrides


def _print_plan(recipe: Recipe, as_json: bool) -> None:
    run = Run(recipe.output)
    plan = [
        {"world": step.world, "stage": step.stage, "started_before": run.stage_folder(step.world, step.stage).is_dir()}
        for step in steps(run, recipe)
    ]
    values = recipe.model_dump(mode="json")
    if as_json:
        print_json({"recipe": values, "stages": plan})
        return
    print(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), end="")
    print("# stages: " + ", ".join(f"{step['world']}/{step['stage']}" for step in plan))
