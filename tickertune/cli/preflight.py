"""``tickertune preflight``: what a recipe's training will read and need, and what is wrong with it."""

import os
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.text import Text

from tickertune.cli.checks import preflight as check_recipe
from tickertune.cli.doctor import packages
from tickertune.cli.output import print_columns, print_json
from tickertune.cli.run import overrides_of
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json
from tickertune.core.recipe import Recipe, load_recipe
from tickertune.core.run import Run

app = typer.Typer(add_completion=False)
RESOLVED = "recipe.json"


@app.command()
def preflight(
    recipe: Annotated[Path, typer.Argument(help="run.yaml, or the folder that holds it.")],
    output: Annotated[Path | None, typer.Option(help="Run folder; default: the recipe's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of data, training and bootstrap.")] = None,
    sets: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a key, e.g. sft.learning_rate=1e-4."),
    ] = None,
    build: Annotated[bool, typer.Option(help="Build data sets that are not there yet, as the run would.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a recipe's training will read and need, and what is wrong with it; nothing is trained.

    Token lengths of all rows against the limits, one sample with the trained tokens coloured, the chat template, batches and
    steps, an estimate of memory, versions against the joint pin. What needs samples is looked at where the data set is built
    (or --build). Writes the resolved recipe as recipe.json into the run folder; exits with 1 if something is wrong.
    """
    resolved = load_recipe(recipe, overrides_of(output, seed, sets or []))
    wrong = _wrong(resolved)
    off = [asdict(finding) for finding in packages() if finding.state == "off"]
    wrong += [f"{entry['check']} {entry['found']}. {entry['remedy']}." for entry in off]
    found = [] if wrong else [_world(resolved, world, build, wrong) for world in resolved.worlds]
    write_json(resolved.output / RESOLVED, resolved.model_dump(mode="json"))
    if as_json:
        print_json({"recipe": str(resolved.output / RESOLVED), "wrong": wrong, "worlds": found})
    else:
        _print(found, wrong, resolved.output / RESOLVED)
    if wrong:
        raise typer.Exit(1)


def _wrong(recipe: Recipe) -> list[str]:
    try:
        check_recipe(recipe)
    except TickerTuneError as error:
        return [str(error)]
    return []


def _world(recipe: Recipe, world: str, build: bool, wrong: list[str]) -> dict[str, Any]:
    """What training will read of one world; what is wrong is added to ``wrong``."""
    from data_pipeline.build import build as build_data

    folder = Run(recipe.output).stage_folder(world, "data")
    if not (folder / "dataset").is_dir():
        if not build:
            return {"world": world, "note": "No data set yet: run it, or give --build"}
        build_data(recipe.worlds[world].data, folder)
    found: dict[str, Any] = {"world": world}
    rationales = Run(recipe.output).stage_folder(world, "rationales") / "sft"
    if recipe.rationales is not None and not rationales.is_dir():
        found["note"] = "What sft and dpo read is written by the teacher in the run: only grpo is looked at"
    if recipe.dpo is not None and (rationales.parent / "pairs").is_dir():
        from training.preflight.pairs import look_at_pairs

        try:
            found["dpo"] = look_at_pairs(recipe.dpo, rationales.parent, _processes(recipe), _method(recipe))
        except TickerTuneError as error:
            wrong.append(f"{world}, dpo: {error}")
    for stage in ("sft", "grpo"):
        config = getattr(recipe, stage)
        reads = rationales if stage == "sft" and recipe.rationales is not None else folder
        if config is None or not reads.is_dir():
            continue
        from training.preflight.look import look

        try:
            found[stage] = look(config, reads, _processes(recipe), _method(recipe))
        except TickerTuneError as error:
            wrong.append(f"{world}, {stage}: {error}")
    return found


def _method(recipe: Recipe) -> Any:
    return recipe.sft.method if recipe.sft is not None else "lora"


def _processes(recipe: Recipe) -> int:
    """Processes that the recipe's accelerate configuration starts."""
    if recipe.accelerate is None:
        return int(os.environ.get("WORLD_SIZE", "1"))
    return int(yaml.safe_load(recipe.accelerate.read_text(encoding="utf-8")).get("num_processes", 1))


def _print(found: list[dict[str, Any]], wrong: list[str], resolved: Path) -> None:
    console = Console(highlight=False)
    for world in found:
        if note := world.get("note"):
            console.print(f"{world['world']}: {note}", markup=False)
        for stage in ("sft", "dpo", "grpo"):
            if (seen := world.get(stage)) is None:
                continue
            print_columns(f"{world['world']}, {stage}: tokens of its rows", seen["lengths"], "split")
            print_columns(f"{world['world']}, {stage}: batches", [seen["batches"]], "stage")
            sizes = {name: f"{size / 1e9:.2f}" for name, size in seen["memory"].items() if name != "stage"}
            print_columns(
                f"{world['world']}, {stage}: GB of a process, estimated; there are {seen['available'] / 1e9:.1f}",
                [{"": stage, **sizes}],
                "",
            )
            if reading := seen.get("reading"):
                console.print(_coloured(reading))
    for sentence in wrong:
        console.print(f"Wrong: {sentence}", markup=False, style="red")
    console.print(f"Resolved recipe: {resolved}" + ("" if wrong else ". Nothing is wrong."), markup=False)


def _coloured(reading: dict[str, Any]) -> Text:
    """The tokens of a sample: those that are trained on stand out, in a terminal without colour by brackets."""
    text = Text(f"Sample {reading['sample_id']}; trained on is what is green and in brackets:\n", style="dim")
    for piece, trained in zip(reading["pieces"], reading["trained"], strict=True):
        text.append(f"[{piece}]" if trained else piece, style="bold green" if trained else "default not dim")
    return text
