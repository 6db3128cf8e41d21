"""What ``tickertune eval --sweep`` scores: the checkpoints of a run's training stages, or of one stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tickertune.core.errors import TickerTuneError
from tickertune.core.lock import folder_lock
from tickertune.core.progress import console
from tickertune.core.recipe import EvalConfig, ModelConfig, parse_config, read_yaml
from tickertune.core.recipe.loading import set_key
from tickertune.core.run import RUN_FILE, Run

if TYPE_CHECKING:
    from eval.metrics import MetricRow
    from eval.sweep import Step

STAGES = ("sft", "dpo", "grpo")
SWEEP = "sweep"
"""Folder of a world with its sweep."""
CHOOSES = "validation"
"""Split of a sweep unless another one is asked for: what is chosen on the test split has seen it."""


@dataclass(frozen=True)
class Target:
    """The stages of one world, and how they are scored."""

    world: str
    data: Path
    stages: list[Path]
    model: ModelConfig
    config: EvalConfig
    output: Path
    keys: Mapping[str, str | None]
    """Keys of the stages that the sweep is about."""


def sweep_run(folder: Path, values: Mapping[str, Any] | None, overrides: Mapping[str, str]) -> "list[MetricRow]":
    """Score the checkpoints of a run, or of one of its stages, and write the run's report again.

    Args:
        folder: The run, or a stage in it.
        values: Evaluation recipe; None: the run's own.
        overrides: Keys of it to change.

    Raises:
        TickerTuneError: Something is missing or wrong, or another process works in the run.
    """
    run_folder = run_of(folder)
    assert run_folder is not None
    with folder_lock(run_folder):
        rows = []
        for target in _targets(Run(run_folder), folder, values, overrides):
            rows += score(target)
        from eval.report import write_report

        write_report(run_folder)
    return rows


def run_of(folder: Path) -> Path | None:
    """Return the run that a folder is, or that it is a stage of; None for any other folder."""
    places = [folder, *folder.resolve().parents[1:2]]
    return next((place for place in places if (place / RUN_FILE).is_file()), None)


def _targets(run: Run, folder: Path, values: Mapping[str, Any] | None, overrides: Mapping[str, str]) -> list[Target]:
    recipe = read_yaml(run.folder / "recipe.yaml")
    model = parse_config(ModelConfig, recipe["model"], "The run's recipe.yaml")
    whole = folder.resolve() == run.folder.resolve()
    targets = []
    for world in recipe["worlds"]:
        stages = [run.stage_folder(world, stage) for stage in STAGES if run.stage_key(world, stage) is not None]
        stages = [stage for stage in stages if whole or stage.resolve() == folder.resolve()]
        if not stages:
            continue
        own = {"store": str(run.stage_folder(world, "eval") / "store")}
        config = settings({**own, **(values or recipe.get("eval") or {})}, overrides, f"The sweep of {folder}")
        keys = {name: run.stage_key(world, name) for name in ("data", *(stage.name for stage in stages))}
        output = run.folder / world / SWEEP
        targets.append(Target(world, run.stage_folder(world, "data"), stages, model, config, output, keys))
    if not targets:
        raise TickerTuneError(
            f"{folder} has no finished training stage", "Give a run, <run>/<world>/sft or grpo, or finish the run first"
        )
    return targets


def settings(values: Mapping[str, Any], overrides: Mapping[str, str], where: str) -> EvalConfig:
    """Return how a sweep scores: on the validation split unless ``overrides`` say otherwise, without baselines."""
    chosen: dict[str, Any] = {**values, "split": CHOOSES, "baselines": []}
    if chosen.get("store") is None:
        chosen.pop("store", None)
    for key, text in overrides.items():
        set_key(chosen, key, text)
    return parse_config(EvalConfig, chosen, where)


def score(target: Target) -> "list[MetricRow]":
    """Score one world's checkpoints; errors as ``eval.sweep.sweep``."""
    from eval.checkpoint import base_checkpoint
    from eval.sweep import sweep

    steps = [step for stage in target.stages for step in steps_of(stage, target.model)]
    base = base_checkpoint(target.model)
    return sweep(target.data, base, steps, target.config, target.output, target.world, target.keys)


def steps_of(stage: Path, model: ModelConfig) -> "Sequence[Step]":
    """Return the whole checkpoints of a finished stage, in the order of their steps.

    Raises:
        TickerTuneError: The stage has not finished, or kept no checkpoint.
    """
    from eval.checkpoint import CHECKPOINTS, FACTS, checkpoint_of
    from eval.sweep import Step
    from training.checkpoints import checkpoints, is_complete

    if not (stage / FACTS).is_file():
        raise TickerTuneError(
            f"Training in {stage} has not finished (no {FACTS})", "Run the same command again: it goes on"
        )
    found = checkpoints(stage / CHECKPOINTS)
    whole = [path for path in found if is_complete(path)]
    if not whole:
        raise TickerTuneError(f"Stage {stage} kept no checkpoint", "Train it with keep_checkpoints: all")
    if len(whole) < len(found):
        console.print(
            f"{stage.name}: {len(found) - len(whole)} checkpoint(s) were cut off while they were saved; left out"
        )
    if len(whole) == 1:
        console.print(f"{stage.name} kept its last checkpoint alone; to keep all, train with keep_checkpoints: all")
    numbered = [(path.name.rpartition("-")[2], path) for path in whole]
    width = max(len(step) for step, _ in numbered)  # so that their names stand in the order of their steps
    return [
        Step(checkpoint_of(f"{stage.name}-{step.zfill(width)}", path, model), stage.name, int(step))
        for step, path in numbered
    ]
