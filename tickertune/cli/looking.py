"""Looking at a run's training stages before they start: what each will read and need, and what it would refuse."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from data_pipeline.dataset.reading import dataset_folder
from tickertune.cli.accelerated import processes_of
from tickertune.cli.checks import raise_all
from tickertune.cli.steps import Step, read_by
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import sha256_value
from tickertune.core.recipe import PairsConfig, Recipe, RewardModelConfig
from tickertune.core.recipe.run import TrainingConfig
from tickertune.core.run import Run


def read_folder(run: Run, recipe: Recipe, world: str, stage: str, config: TrainingConfig) -> Path | None:
    """Return the folder that a training stage reads; None where it is not there yet."""
    folder = run.folder / world / read_by(recipe, stage)[1]
    if isinstance(config, PairsConfig):
        return folder if (folder / "pairs").is_dir() else None
    try:
        dataset_folder(folder)
    except TickerTuneError:
        return None
    return folder


def look_at(
    recipe: Recipe, config: TrainingConfig, folder: Path, others: Sequence[str], processes: int
) -> dict[str, Any]:
    """Look at a training stage; see ``training.preflight.look`` and ``training.preflight.pairs``.

    Args:
        recipe: The run.
        config: The stage.
        folder: What it reads.
        others: Splits that are measured besides the train split.
        processes: How many will work together.

    Raises:
        TickerTuneError: What training would refuse.
    """
    method = recipe.sft.method if recipe.sft is not None else "lora"
    if isinstance(config, PairsConfig):
        from training.preflight.pairs import look_at_pairs

        own = config.method if isinstance(config, RewardModelConfig) else method
        return look_at_pairs(config, folder, processes, own)
    from training.preflight.look import look

    return look(config, folder, processes, method, others)


def look_before_training(run: Run, recipe: Recipe, plan: Sequence[Step], after: Step) -> list[str]:
    """Look at the training stages of a world that are not done yet and whose data are there once ``after`` is done.

    Only the train split is read, and no weights are loaded.

    Returns:
        A line for each, and one for each warning.

    Raises:
        TickerTuneError: What they would refuse, all of it.
    """
    lines, wrong, stages = [], [], dict(recipe.training())
    for step in plan:
        config = stages.get(step.stage)
        if config is None or step.world != after.world:
            continue
        if read_by(recipe, step.stage)[0] != after.stage or _finished(run, step):
            continue
        folder = read_folder(run, recipe, step.world, step.stage, config)
        try:
            if folder is None:
                raise TickerTuneError("What it reads is not there", "Run the same command again")
            seen = look_at(recipe, config, folder, (), processes_of(recipe))
        except TickerTuneError as error:
            wrong.append(TickerTuneError(f"{step.world}, {step.stage}: {error.cause}", error.remedy))
            continue
        lines.append(f"{step.world} {step.stage}: {brief(seen)}")
        lines += [f"Warning: {step.world} {step.stage}: {warning}" for warning in warnings_of(seen)]
    raise_all(wrong)
    return lines


def brief(seen: dict[str, Any]) -> str:
    """Say in one line what a look has found."""
    rows, batches = seen["lengths"][0], seen["batches"]
    dropped = ", ".join(f"{count} {reason}" for reason, count in seen["dropped"].items() if count)
    return (
        f"{rows['rows']:,} rows of {rows['least']} to {rows['most']} tokens (limit {rows['limit']}), dropped: {dropped or 'none'}; "
        f"{batches['steps']:,} steps of {batches['rows']} rows; memory about {seen['needed'] / 1e9:.2f} of {seen['available'] / 1e9:.1f} GB"
    )


def warnings_of(seen: dict[str, Any]) -> list[str]:
    """Say what may go wrong without being refused."""
    if seen["needed"] <= seen["available"]:
        return list(seen["warnings"])
    return [
        *seen["warnings"],
        f"about {seen['needed'] / 1e9:.1f} GB are needed (estimated, without FSDP or ZeRO), and there are "
        f"{seen['available'] / 1e9:.1f} GB. Lower batch_size (GRPO: trainer.per_device_train_batch_size) or the length limits, set "
        "gradient_checkpointing, or use method qlora.",
    ]


def _finished(run: Run, step: Step) -> bool:
    """Whether a stage will not be done again; its inputs are asked only where it was done before."""
    key = run.stage_key(step.world, step.stage)
    return key is not None and key == sha256_value(step.inputs())
