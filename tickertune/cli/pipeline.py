"""A recipe, stage by stage: data, rationales, sft, dpo, reward_model, grpo and eval of each world, then the report."""

import sys
from pathlib import Path

from tickertune.cli.checks import preflight, settle_tracking
from tickertune.cli.clock import Clock, duration
from tickertune.cli.hub_models import pin_revision
from tickertune.cli.looking import look_before_training
from tickertune.cli.steps import Step, steps
from tickertune.core.files import read_json
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import Recipe
from tickertune.core.run import MARKER, RUN_FILE, Run, check_run_folder, git_commit, installed_versions


def run_recipe(recipe: Recipe) -> Path:
    """Do what is not done yet of a recipe and write its report.

    Returns:
        The report.

    Raises:
        TickerTuneError: Something that the run needs is missing, another process works in the folder, or a
            stage failed. Finished stages stay, and the next call goes on from there.
    """
    check_run_folder(recipe.output)
    preflight(recipe)
    recipe = settle_tracking(pin_revision(recipe))
    with folder_lock(recipe.output) as lock:
        run = Run.start(recipe)
        _warn_of_changes(run)
        plan = list(steps(run, recipe, lock))
        clock = Clock([step.stage for step in plan])
        for number, step in enumerate(plan, 1):
            _do(run, step, f"[{number}/{len(plan)}] {step.world} {step.stage}", clock)
            if step.stage == "data":
                _check_shots(run, recipe, step.world)
            if step.stage in ("data", "rationales"):
                for line in look_before_training(run, recipe, plan, step):
                    _say(line)
        from eval.report import write_report

        return write_report(run.folder)


def _do(run: Run, step: Step, name: str, clock: Clock) -> None:
    _say(f"{name} …  {clock.line()}")
    worked = run.stage(step.world, step.stage, step.inputs(), step.work, step.keep)
    seconds = float(read_json(run.stage_folder(step.world, step.stage) / MARKER)["stage_seconds"])
    clock.finished(step.stage, seconds)
    _say(f"{name} {'done in' if worked else 'was done before, in'} {duration(seconds)}")


def _check_shots(run: Run, recipe: Recipe, world: str) -> None:
    """Refuse shots that the data set does not have, before anything is trained."""
    if recipe.eval.shots is not None:
        from data_pipeline.dataset import read_split
        from eval.shots import shots_of

        data = run.stage_folder(world, "data")
        shots_of(data, recipe.eval.shots, read_split(data, recipe.eval.split))


def _warn_of_changes(run: Run) -> None:
    """Say when a run that is taken up was started with other code or other versions."""
    before = read_json(run.folder / RUN_FILE)
    changed = [] if before["git_commit"] == git_commit() else ["the code"]
    changed += ["installed packages"] if before["versions"] != installed_versions() else []
    if changed:
        _say(
            f"Warning: {' and '.join(changed)} changed since this run was started; finished stages are kept. "
            "For a run made by one state of the code, choose another --output."
        )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
