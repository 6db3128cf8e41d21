"""``tickertune preflight``: what a recipe's training will read and need, and what is wrong with it."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from tickertune.cli.accelerated import processes_of
from tickertune.cli.checks import failures
from tickertune.cli.doctor import beside_torch, packages, version_matrix
from tickertune.cli.hub_models import check_push
from tickertune.cli.looking import look_at, read_folder, warnings_of
from tickertune.cli.output import print_columns, print_json, print_table
from tickertune.cli.run import overrides_of
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json
from tickertune.core.recipe import Recipe, load_recipe
from tickertune.core.run import Run

app = typer.Typer(add_completion=False)
RESOLVED = "recipe.json"
UNTRAINED = ("validation", "test")


@dataclass
class Findings:
    """What is told besides figures."""

    wrong: list[str] = field(default_factory=list)
    """What a run would refuse."""
    warnings: list[str] = field(default_factory=list)
    push: str | None = None
    """What the Hub says of the repository that a push is meant for."""

    def refuse(self, where: str, error: TickerTuneError) -> None:
        """Add a refusal, unless it was found before at another place."""
        if not any(known.endswith(str(error)) for known in self.wrong):
            self.wrong.append(f"{where}: {error}")


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
    push: Annotated[
        str | None, typer.Option(metavar="OWNER/NAME", help="Ask the Hub whether HF_TOKEN may write there.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Say what a recipe's training will read and need, and what is wrong with it; nothing is trained.

    Token lengths of all rows against the limits, one sample with the trained tokens coloured, the chat template, the trainer blocks,
    rewards, batches and steps, an estimate of memory, rights on the Hub, versions against the joint pin. What needs samples is looked at
    where the data set is built (or --build). Writes the resolved recipe as recipe.json into the run folder; exits with 1 if something is
    wrong.
    """
    resolved = load_recipe(recipe, overrides_of(output, seed, sets or []))
    told = Findings([str(error) for error in failures(resolved)])
    told.wrong += [
        f"{pin.check} {pin.found}. {pin.remedy}." for pin in (*packages(), *beside_torch()) if pin.state == "off"
    ]
    if push is not None:
        try:
            told.push = check_push(push)
        except TickerTuneError as error:
            told.refuse("push", error)
    worlds = [_world(resolved, world, build, told) for world in resolved.worlds]
    versions = version_matrix()
    file = resolved.output / RESOLVED
    try:
        write_json(file, resolved.model_dump(mode="json"))
    except OSError as error:  # what hinders it is told with the rest
        told.refuse(
            "output", TickerTuneError(f"{file} cannot be written ({error.strerror})", "Choose another --output")
        )
    if as_json:
        print_json(
            {
                "recipe": str(file),
                "wrong": told.wrong,
                "warnings": told.warnings,
                "push": told.push,
                "versions": versions,
                "worlds": worlds,
            }
        )
    else:
        _print(worlds, told, versions, file)
    if told.wrong:
        raise typer.Exit(1)


def _world(recipe: Recipe, world: str, build: bool, told: Findings) -> dict[str, Any]:
    """What training will read of one world; what is wrong, and what may go wrong, is added to ``told``."""
    run = Run(recipe.output)
    folder = run.stage_folder(world, "data")
    found: dict[str, Any] = {"world": world}
    if build and not (folder / "dataset").is_dir():
        from data_pipeline.build import build as build_data

        try:
            build_data(recipe.worlds[world].data, folder)
        except TickerTuneError as error:
            told.refuse(f"{world}, data", error)
    if not (folder / "dataset").is_dir():
        found["note"] = "No data set yet: run it, or give --build"
    elif recipe.rationales is not None and not (run.stage_folder(world, "rationales") / "sft").is_dir():
        found["note"] = (
            "What sft, dpo and reward_model read is written by the teacher in the run: only grpo is looked at"
        )
    for stage, config in recipe.training():
        try:
            reads = read_folder(run, recipe, world, stage, config)
            if reads is None:
                from training.trainer_args import stage_args

                stage_args(config, run.stage_folder(world, stage))
                continue
            found[stage] = look_at(recipe, config, reads, UNTRAINED, _processes(recipe))
            told.warnings += [f"{world}, {stage}: {warning}" for warning in warnings_of(found[stage])]
        except TickerTuneError as error:
            told.refuse(f"{world}, {stage}", error)
    return found


def _processes(recipe: Recipe) -> int:
    """As ``processes_of``; one where accelerate's configuration is refused, which is told once for the whole recipe."""
    try:
        return processes_of(recipe)
    except TickerTuneError:
        return 1


def _print(worlds: list[dict[str, Any]], told: Findings, versions: list[dict[str, Any]], resolved: Path) -> None:
    console = Console(highlight=False)
    for world in worlds:
        name = world["world"]
        if note := world.get("note"):
            console.print(f"{name}: {note}", markup=False)
        for stage, seen in world.items():
            if isinstance(seen, dict):
                _print_stage(console, f"{name}, {stage}", seen)
    print_table("Versions: tried together, and found here", versions)
    if told.push is not None:
        console.print(told.push, markup=False)
    for sentence in told.warnings:
        console.print(f"Warning: {sentence}", markup=False, style="yellow")
    for sentence in told.wrong:
        console.print(f"Wrong: {sentence}", markup=False, style="red")
    console.print(f"Resolved recipe: {resolved}" + ("" if told.wrong else ". Nothing is wrong."), markup=False)


def _print_stage(console: Console, name: str, seen: dict[str, Any]) -> None:
    print_columns(f"{name}: tokens of its rows", seen["lengths"], "split")
    dropped = ", ".join(f"{count} {reason}" for reason, count in seen["dropped"].items() if count)
    console.print(f"Left out of training: {dropped or 'none'}", markup=False)
    print_columns(f"{name}: batches", [seen["batches"]], "stage")
    memory = seen["memory"]
    sizes = {part: f"{size / 1e9:.2f}" for part, size in memory.items() if part != "stage"}
    title = f"{name}: GB of a process, estimated; there are {seen['available'] / 1e9:.1f}"
    print_columns(title, [{"": memory["stage"], **sizes}], "")
    if reading := seen.get("reading"):
        console.print(_coloured(reading))


def _coloured(reading: dict[str, Any]) -> Text:
    """The tokens of a sample: those that are trained on stand out, in a terminal without colour by brackets."""
    text = Text(f"Sample {reading['sample_id']}; trained on is what is green and in brackets:\n", style="dim")
    for piece, trained in zip(reading["pieces"], reading["trained"], strict=True):
        text.append(f"[{piece}]" if trained else piece, style="bold green" if trained else "default not dim")
    return text
