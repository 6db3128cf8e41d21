"""The stages of a recipe's worlds: what each is known by, and how it is done."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

import tickertune
from tickertune.cli.checks import source_paths
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, sha256_file, write_text
from tickertune.core.models import BUILT_IN, model_fingerprint
from tickertune.core.recipe import (
    DpoConfig,
    EngineTeacherConfig,
    GrpoConfig,
    ModelConfig,
    PairsConfig,
    RationalesConfig,
    Recipe,
    RewardModelConfig,
    SftConfig,
)
from tickertune.core.recipe.base import WITHOUT_EFFECT
from tickertune.core.recipe.evaluation import BESIDES_THE_RESULT
from tickertune.core.recipe.run import TrainingConfig
from tickertune.core.run import Run


@dataclass(frozen=True)
class Step:
    """One stage of one world."""

    world: str
    stage: str
    inputs: Callable[[], Any]
    """All that determines the result; called when the stages before it are done."""
    work: Callable[[Path], dict[str, Any]]
    keep: tuple[str, ...] = ()
    """What stays in its folder when the inputs have changed."""


def steps(run: Run, recipe: Recipe, lock: int | None = None) -> Iterator[Step]:
    """Yield the stages of a recipe in order; ``lock`` goes to the processes that they start."""
    for world in recipe.worlds:
        yield _data_step(run, recipe, world)
        if recipe.rationales is not None:
            yield _rationales_step(run, recipe, world, recipe.rationales)
        for stage, config in recipe.training():
            yield _training_step(run, recipe, world, stage, config, lock)
        yield _eval_step(run, recipe, world)


def _data_step(run: Run, recipe: Recipe, world: str) -> Step:
    config = recipe.worlds[world].data

    def work(folder: Path) -> dict[str, Any]:
        from data_pipeline.build import build

        return build(config, folder)

    def inputs() -> Any:
        return _inputs(config=config.model_dump(mode="json"), files=_listing(source_paths(config)))

    return Step(world, "data", inputs, work)


def _rationales_step(run: Run, recipe: Recipe, world: str, config: RationalesConfig) -> Step:
    teacher = config.teacher

    def work(folder: Path) -> dict[str, Any]:
        from training.rationales.synthesis import synthesise

        facts = synthesise(config.model_copy(update={"dataset": run.stage_folder(world, "data"), "output": folder}))
        for name, stage in recipe.training():
            if not isinstance(stage, PairsConfig):
                continue
            if not facts["pairs"]:
                raise TickerTuneError(
                    f"The teacher's rationales of {world} gave no preference pair, and {name} needs some",
                    f"Raise rationales.draws or rationales.reflection_rounds (the replies so far stay), or remove {name}",
                )
            from training.pairs import check_pairs

            check_pairs(folder, stage)
        return facts

    def inputs() -> Any:
        adapter = teacher.adapter if isinstance(teacher, EngineTeacherConfig) else None
        return _inputs(
            config=config.model_dump(mode="json", exclude={"dataset": True, "output": True, "teacher": {"adapter"}}),
            weights=_weights(teacher.model) if isinstance(teacher, EngineTeacherConfig) else None,
            adapter=None if adapter is None else model_fingerprint(str(adapter)),
            after=_keys(run, world, ["data"]),
        )

    return Step(world, "rationales", inputs, work, keep=("answers.jsonl",))


def _training_step(run: Run, recipe: Recipe, world: str, stage: str, config: TrainingConfig, lock: int | None) -> Step:
    policies = recipe.policies()
    earlier = policies[: policies.index(stage)] if stage in policies else []
    init = run.stage_folder(world, earlier[-1]) if earlier else None
    reads, dataset = read_by(recipe, stage)

    def work(folder: Path) -> dict[str, Any]:
        paths: dict[str, Path | None] = {"dataset": run.folder / world / dataset, "output": folder}
        paths |= {"init": init} if isinstance(config, DpoConfig | GrpoConfig) else {}
        filled = config.model_copy(update=paths)
        if recipe.accelerate is not None:
            return _launch(f"training.{stage}", filled, recipe.accelerate, folder, lock)
        return _train(filled)

    def inputs() -> Any:
        return _inputs(
            config=config.model_dump(mode="json", exclude=set(WITHOUT_EFFECT)),
            weights=_weights(config.model),
            after=_keys(run, world, [reads, *earlier[-1:]]),
            accelerate=recipe.accelerate.read_text(encoding="utf-8") if recipe.accelerate else None,
        )

    return Step(world, stage, inputs, work)


def read_by(recipe: Recipe, stage: str) -> tuple[str, str]:
    """The stage whose result a training stage reads, and where in the world's folder that lies."""
    if recipe.rationales is None or stage == "grpo":
        return "data", "data"
    return "rationales", "rationales/sft" if stage == "sft" else "rationales"


def _train(config: TrainingConfig) -> dict[str, Any]:
    if isinstance(config, SftConfig):
        from training.sft import train as train_sft

        return train_sft(config)
    if isinstance(config, DpoConfig):
        from training.dpo import train as train_dpo

        return train_dpo(config)
    if isinstance(config, RewardModelConfig):
        from training.reward_model import train as train_reward_model

        return train_reward_model(config)
    from training.grpo import train as train_grpo

    return train_grpo(config)


def _eval_step(run: Run, recipe: Recipe, world: str) -> Step:
    trained = recipe.policies()
    rater = [] if recipe.reward_model is None else ["reward_model"]

    def work(folder: Path) -> dict[str, Any]:
        from eval.checkpoint import base_checkpoint, checkpoint_of
        from eval.evaluate import evaluate

        tuned = [checkpoint_of(name, run.stage_folder(world, name), recipe.model) for name in trained]
        config = recipe.eval
        if recipe.reward_model is not None and config.votes is not None:
            votes = config.votes.rated_by(run.stage_folder(world, "reward_model"))
            config = config.model_copy(update={"votes": votes})
        return evaluate(run.stage_folder(world, "data"), [base_checkpoint(recipe.model), *tuned], config, folder, world)

    def inputs() -> Any:
        return _inputs(
            config=recipe.eval.model_dump(mode="json", exclude=set(BESIDES_THE_RESULT)),
            model=recipe.model.model_dump(mode="json"),
            weights=_weights(recipe.model),
            after=_keys(run, world, ["data", *trained, *rater]),
        )

    return Step(world, "eval", inputs, work, keep=("store",))


def _inputs(**parts: Any) -> dict[str, Any]:
    return {"tickertune": tickertune.__version__, **parts}


def _keys(run: Run, world: str, stages: list[str]) -> Mapping[str, str | None]:
    return {stage: run.stage_key(world, stage) for stage in stages}


def _weights(model: ModelConfig) -> str | None:
    """Fingerprint of a local model folder, whose contents may change under its name; None for any other model."""
    folder = Path(model.name).expanduser()
    return model_fingerprint(str(folder)) if model.name not in BUILT_IN and folder.is_dir() else None


def _listing(paths: list[Path]) -> list[list[str]]:
    """Name and hash of every file that a source reads: a changed price can leave a file's size as it was."""
    files = [
        (path, file)
        for path in paths
        for file in (sorted(path.rglob("*")) if path.is_dir() else [path])
        if file.is_file()
    ]
    return [[str(file.relative_to(path.parent)), sha256_file(file)] for path, file in files]


def _launch(module: str, config: TrainingConfig, accelerate: Path, folder: Path, lock: int | None) -> dict[str, Any]:
    """Run a training module under ``accelerate launch``, with all of its configuration in one file."""
    resolved = folder / "config.yaml"
    write_text(resolved, yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True))
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(accelerate)]
    ended = subprocess.run(
        [*command, "-m", module, "--config", str(resolved)],
        stdout=2,  # our own standard output may be JSON
        pass_fds=() if lock is None else (lock,),  # the folder stays locked while an orphan still writes into it
    )
    if ended.returncode != 0:
        raise TickerTuneError(
            f"{module} under {accelerate} ended with exit code {ended.returncode}",
            "Read the lines above, correct the cause and run the same command again: it resumes",
        )
    facts: dict[str, Any] = read_json(folder / "tickertune.json")
    return facts
