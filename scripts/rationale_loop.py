"""A model as its own teacher, over several seeds: SFT on its rationales against SFT on labels, then DPO on reflection pairs.

    python scripts/rationale_loop.py recipes/rationale_loop/run.yaml --seeds 3 --output runs/loop

Each seed is a run of the recipe in OUTPUT/SEED (data, rationales, sft, dpo, and reward_model where the recipe has it). Beside it, in OUTPUT/SEED-labels, for each world:

    labels      SFT as the recipe has it, on the labels of just those samples that have a rationale
    labels-all  the same on the labels of all samples that the teacher was asked about
    teacher     what the tuned models write about training samples that no teacher was asked about before: their acceptance
    eval        all of them on the held-out days: labels by log-probabilities, rationales by votes and, where there is a
                reward model, by the reply that it rates best

What is finished is not repeated, what was made with other settings is refused, and ``--worlds`` does some of the recipe's worlds first. Prints tables in Markdown; OUTPUT/loop.json holds the figures.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
from many_seeds import at_least_one
from rationale_loop_tables import REWARD_MODEL, tables

from data_pipeline.dataset import describing, read_info, read_split, write_dataset
from eval.checkpoint import base_checkpoint, checkpoint_of
from eval.evaluate import evaluate
from tickertune.cli.pipeline import run_recipe
from tickertune.cli.run import overrides_of
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json
from tickertune.core.models import model_fingerprint, resolve_model
from tickertune.core.recipe import (
    EngineTeacherConfig,
    EvalConfig,
    ModelConfig,
    MovementDataConfig,
    RationalesConfig,
    Recipe,
    SftConfig,
    StageConfig,
    load_recipe,
)
from training import sft
from training.rationales.samples import training_samples
from training.rationales.synthesis import synthesise
from training.stage import FACTS

INPUTS = "inputs.json"
"""What the result in a folder was made with."""


def run_seed(
    path: Path, seed: int, output: Path, sets: Mapping[str, str], worlds: Sequence[str] = ()
) -> dict[str, Any]:
    """Run one seed, with what stands beside it, in the worlds that are named (none: all); returns its figures by world.

    Raises:
        TickerTuneError: The recipe lacks a stage, votes or a world, its teacher is no engine, or is asked about all samples; or a
            stage failed: what is finished stays.
    """
    recipe = load_recipe(path, {**sets, "seed": str(seed), "output": json.dumps(str(output / str(seed)))})
    rationales, on_rationales = recipe.rationales, recipe.sft
    if rationales is None or on_rationales is None or recipe.dpo is None:
        raise TickerTuneError(f"Recipe {path} has no rationales, sft and dpo stage", "Name all three in run.yaml")
    if not isinstance(rationales.teacher, EngineTeacherConfig):
        raise TickerTuneError(
            f"The teacher of {path} is no model of this process", "Set rationales.teacher.kind to engine"
        )
    if recipe.eval.votes is None:
        raise TickerTuneError(f"Recipe {path} draws no votes, by which rationales are scored", "Set eval.votes")
    if missing := [world for world in worlds if world not in recipe.worlds]:
        raise TickerTuneError(f"Recipe {path} has no world {', '.join(missing)}", f"It has {', '.join(recipe.worlds)}")
    if worlds:
        recipe = recipe.model_copy(update={"worlds": {world: recipe.worlds[world] for world in worlds}})
    for world, place in recipe.worlds.items():
        most = place.data.limit.get("train") if isinstance(place.data, MovementDataConfig) else None
        _check_fresh(world, rationales.samples, most)
    run_recipe(recipe)
    found = {}
    for world in recipe.worlds:
        own, beside = recipe.output / world, output / f"{seed}-labels" / world
        found[world] = _beside(recipe, rationales, on_rationales, world, own, beside)
    return found


def _check_fresh(world: str, asked: int | None, train: int | None) -> None:
    """Refuse to ask about every training sample: the tuned models are asked about those that remain.

    Args:
        world: Name of the world.
        asked: Samples that the teacher is asked about; None: all.
        train: Samples of the train split, or the most that it can have; None: not known yet.
    """
    if asked is None or (train is not None and asked >= train):
        raise TickerTuneError(
            f"The teacher of {world} is asked about all its training samples (rationales.samples: {asked}, train split: "
            f"{'any' if train is None else train}), so that none is new to the tuned models",
            "Set rationales.samples to fewer than the train split has",
        )


def _beside(
    recipe: Recipe, rationales: RationalesConfig, own: SftConfig, world: str, place: Path, beside: Path
) -> dict[str, Any]:
    """Train on labels, ask the tuned models and score everything."""
    data = place / "data"
    asked, _ = training_samples(data, read_info(data), rationales)
    train = read_split(data, "train")
    _check_fresh(world, asked.height, train.height)
    kept = read_split(place / "rationales" / "sft", "train")["sample_id"].str.replace(r"~\d+$", "")
    with_rationale = asked.filter(pl.col("sample_id").is_in(kept.implode()))
    for name, samples in (("labels", with_rationale), ("labels-all", asked)):
        subset(data, samples, beside / f"{name}-data")
        config = own.model_copy(update={"dataset": beside / f"{name}-data", "output": beside / name})
        once(beside / name, config, beside / f"{name}-data", own.model, lambda config=config: sft.train(config))  # type: ignore[misc]
    fresh = train.filter(~pl.col("sample_id").is_in(asked["sample_id"].implode()))
    tuned = {
        stage: _ask(rationales, data, fresh, place / stage, beside / "teacher" / stage) for stage in ("sft", "dpo")
    }
    stages = {"labels": beside, "labels-all": beside, "sft": place, "dpo": place}
    checkpoints = [checkpoint_of(name, folder / name, recipe.model) for name, folder in stages.items()]
    scoring = _scoring(recipe, place)
    evaluate(data, [base_checkpoint(recipe.model), *checkpoints], scoring, beside / "eval", world)  # nothing twice
    if recipe.reward_model is not None:
        stages[REWARD_MODEL] = place
    return {
        "teacher": {"base": read_json(place / "rationales" / FACTS), **tuned},
        "training": {name: read_json(folder / name / FACTS) for name, folder in stages.items()},
        "metrics": read_json(beside / "eval" / "metrics.json"),
        "votes": read_json(beside / "eval" / "votes.json"),
    }


def _scoring(recipe: Recipe, place: Path) -> EvalConfig:
    """The run's evaluation, with its stored replies and its reward model."""
    changes: dict[str, Any] = {"store": place / "eval" / "store"}
    if recipe.reward_model is not None and recipe.eval.votes is not None:
        changes["votes"] = recipe.eval.votes.rated_by(place / REWARD_MODEL)
    return recipe.eval.model_copy(update=changes)


def once(
    folder: Path,
    config: StageConfig | RationalesConfig,
    data: Path,
    base: ModelConfig,
    work: Callable[[], object],
    start: str | None = None,
) -> None:
    """Do what leaves its facts in ``folder``, unless it was done with just these settings, data and weights.

    Args:
        folder: The result's.
        config: All that it was made with, but its data.
        data: The data set that it reads.
        base: The model that it starts from, whose weights may change under its name.
        work: Does it.
        start: Fingerprint of an adapter on that model.

    Raises:
        TickerTuneError: It was begun with others.
    """
    info, told = read_info(data), folder / INPUTS
    paths: dict[str, Any] = {"dataset": True, "output": True}
    if isinstance(config, RationalesConfig):
        paths["teacher"] = {"adapter"}
    inputs = {
        "config": config.model_dump(mode="json", exclude=paths),
        "data": [info.split_hash, info.prompt_hash, info.outcome_hash],
        "base": model_fingerprint(resolve_model(base), base.revision),
        "start": start,
    }
    if told.is_file() and (before := read_json(told)) != inputs:
        changed = ", ".join(name for name in inputs if inputs[name] != before.get(name))
        raise TickerTuneError(
            f"{folder} was made with other settings, data or weights ({changed})",
            "Choose another --output, or remove that folder",
        )
    write_json(told, inputs)
    if not (folder / FACTS).is_file():
        work()


def subset(data: Path, samples: pl.DataFrame, folder: Path) -> None:
    """Write some training samples of a data set as one of their own."""
    write_dataset(samples, describing(read_info(data), samples), folder)


def _ask(rationales: RationalesConfig, data: Path, fresh: pl.DataFrame, stage: Path, output: Path) -> dict[str, Any]:
    """Facts of what a tuned model writes about samples that are new to it."""
    assert isinstance(rationales.teacher, EngineTeacherConfig)  # run_seed refuses others
    subset(data, fresh, output.parent / "data")
    teacher = rationales.teacher.model_copy(update={"adapter": stage / "adapter"})
    changes = {"teacher": teacher, "samples": None, "reflection_rounds": 0}
    config = rationales.model_copy(update={**changes, "dataset": output.parent / "data", "output": output})
    start = model_fingerprint(str(stage / "adapter"))
    once(output, config, output.parent / "data", teacher.model, lambda: synthesise(config), start)
    facts: dict[str, Any] = read_json(output / FACTS)
    return facts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the seeds, print and store the tables; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--seeds", type=at_least_one, default=3, help="how many seeds (default 3)")
    parser.add_argument("--first-seed", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--worlds", nargs="+", default=[], help="worlds of the recipe (default: all)")
    parser.add_argument("--output", type=Path, default=Path("runs/loop"))
    parser.add_argument(
        "--set", dest="sets", metavar="KEY=VALUE", action="append", default=[], help="override a key of the recipe"
    )
    options = parser.parse_args(arguments)
    found = {}
    try:
        sets = overrides_of(None, None, options.sets)
        for seed in range(options.first_seed, options.first_seed + options.seeds):
            print(f"seed {seed}", file=sys.stderr)
            found[seed] = run_seed(options.recipe, seed, options.output, sets, options.worlds)
    except TickerTuneError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    write_json(options.output / "loop.json", {str(seed): own for seed, own in found.items()})
    print(tables(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
