"""Our SFT and GRPO beside TRL alone, with the same model, arguments, rows and seed: do they lose the same, and what do we cost?

The first 2 of SmolLM2-135M's 30 layers with LoRA in float32 on the smoke recipe's market: 5 steps of SFT with 4 samples, 4 of GRPO with 2 x 4
replies, one checkpoint each. Timed is training with its checkpoints, logs and the saving of its result; loading is not. In one process TRL and
``ours_plain`` take turns, so that both meet the same machine: TRL, ours, ours, TRL, and once more, after a run of each that is not timed. ``ours_plain`` are our stages
without what makes them faster (scores of the answer's tokens alone; the shared prefix): these must lose what TRL loses, to the last
digit. A smaller model than the users' makes what we cost a larger share.
"""

import hashlib
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

PROGRAMS = ("sft", "grpo")
OVERHEAD = 1.03
ROOT = Path(__file__).parents[3]
LAYERS = 2
STEPS = {"sft": 5, "grpo": 4}
TURNS = ("trl", "ours_plain", "ours") + 2 * ("trl", "ours_plain", "ours_plain", "trl")
"""The first three warm up."""
WARM = 3
Found = tuple[float, list[Any]]


def run(name: str) -> dict[str, Any]:
    """Measure TRL and ours in turns in this process."""
    import torch
    from small_model import first_layers

    from data_pipeline.build import build
    from tickertune.core.recipe import MovementDataConfig, load_config

    torch.set_num_threads(1)
    os.chdir(ROOT)  # a reward of the user's own is looked for in the working folder
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        build(load_config(MovementDataConfig, ROOT / "recipes" / "smoke" / "data.yaml"), folder / "data")
        model = first_layers(folder / "model", LAYERS)
        config, alone = (_sft if name == "sft" else _grpo)(model, folder / "data")
        found: dict[str, list[Found]] = {}
        for number, program in enumerate(TURNS):
            output = folder / str(number)
            made = alone(output) if program == "trl" else _ours(name, config, program, output)
            if number >= WARM or program == "ours":
                found.setdefault(program, []).append(made)
    return {
        f"{program}_{name}": {
            "rate": STEPS[name] * len(runs) / sum(seconds for seconds, _ in runs), "unit": "steps",
            "cpu": [seconds for seconds, _ in runs], "log": [log for _, log in runs],
            "input": hashlib.sha256(json.dumps(config.model_dump(mode="json", exclude={"model", "dataset"})).encode()).hexdigest(),
        }
        for program, runs in found.items()
    }  # fmt: skip


def _sft(model: Any, data: Path) -> tuple[Any, Callable[[Path], Found]]:
    from data_pipeline.dataset import read_split
    from tickertune.core.recipe import SftConfig
    from tickertune.core.tasks import get_task
    from training.examples import build_examples
    from training.models import add_adapter, load_base, load_tokenizer
    from training.trainer_args import sft_args

    config = SftConfig.model_validate(
        {
            "model": model, "dataset": data, "token_budget": 2600, "batch_size": 4, "learning_rate": 1e-3, "save_steps": 4,
            "tracking": "none",
        }
    )  # fmt: skip

    def alone(output: Path) -> Found:
        from trl_alone import sft

        tokenizer = load_tokenizer(model.name, model)
        rows = build_examples(read_split(data, "train"), tokenizer, get_task("movement"), config)
        policy = add_adapter(load_base(model.name, model, "lora"), config.lora, config.seed)
        return _alone(sft(policy, tokenizer, sft_args(config, output), rows.dataset()))

    return config, alone


def _grpo(model: Any, data: Path) -> tuple[Any, Callable[[Path], Found]]:
    from data_pipeline.dataset import read_info, read_split
    from tickertune.core.recipe import GrpoConfig
    from training.models import add_adapter, end_ids, load_base, load_tokenizer
    from training.prompts import select_prompts
    from training.rewards.compose import compose
    from training.rewards.trl import reward_functions
    from training.trainer_args import grpo_args

    config = GrpoConfig.model_validate(
        {
            "model": model, "dataset": data, "steps": 4, "prompts_per_step": 2, "num_generations": 4, "max_completion_length": 12,
            "on_constant_wins": "warn", "save_steps": 2, "learning_rate": 1e-3, "shared_prefix": False, "tracking": "none",
            "rewards": {"format": 1.0, "pnl": 1.0, "scripts.bench.anchors.reply_length.characters": 1.0},
        }
    )  # fmt: skip

    def alone(output: Path) -> Found:
        from trl_alone import grpo

        tokenizer = load_tokenizer(model.name, model)
        rewards = compose(config, read_info(data))
        prompts, _ = select_prompts(read_split(data, "train"), tokenizer, rewards[0], config)
        policy = add_adapter(load_base(model.name, model, "lora"), config.lora, config.seed)
        functions = reward_functions(rewards, end_ids(model.name, model, tokenizer))
        return _alone(grpo(policy, tokenizer, grpo_args(config, output), prompts, functions))

    return config, alone


def _alone(trainer: Any) -> Found:
    start = time.process_time()
    trainer.train()
    trainer.save_model()
    seconds = time.process_time() - start
    return seconds, _log(trainer.state.log_history)


def _ours(name: str, config: Any, program: str, output: Path) -> Found:
    import training.grpo
    import training.sft

    stage: Any = training.sft if name == "sft" else training.grpo
    spent: list[float] = []

    def timed(function: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            start = time.process_time()
            found = function(*given, **named)
            spent.append(time.process_time() - start)
            return found

        return call

    changes: dict[str, Any] = {"output": output}
    if name == "grpo":
        changes["shared_prefix"] = program == "ours"
    faster = patch("training.stage.completion_scores_only", nullcontext) if program == "ours_plain" else nullcontext()
    with (
        faster,
        patch.object(stage, "run_trainer", timed(stage.run_trainer)),
        patch.object(stage, "finish", timed(stage.finish)),
    ):
        stage.train(config.model_copy(update=changes))
    lines = [json.loads(line) for line in (output / "log.jsonl").read_text().splitlines()]
    return sum(spent), _log(lines)


def _log(lines: list[dict[str, Any]]) -> list[Any]:
    return [[line["loss"], line["grad_norm"]] for line in lines if "loss" in line]


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say where our stages lose otherwise than TRL, or cost more than they may beside it."""
    found = []
    for stage in PROGRAMS:
        logs = [log for program in ("ours_plain", "trl") for run in raw[f"{program}_{stage}"] for log in run["log"]]
        equal = all(log == logs[0] for log in logs)
        learnt = any(gradient > 0 for _, gradient in logs[0])
        ratios = [
            trl["rate"] / plain["rate"]
            for trl, plain in zip(raw[f"trl_{stage}"], raw[f"ours_plain_{stage}"], strict=True)
        ]
        cost = statistics.median(ratios)
        print(
            f"\n{stage}: losses and gradient norms without our short cuts are {'' if equal else 'NOT '}TRL's to the last digit; the time is {cost:.3f} of "
            f"TRL's (target {OVERHEAD}; {min(ratios):.3f} to {max(ratios):.3f}); with them ours is "
            f"{medians[f'ours_{stage}'] / medians[f'trl_{stage}']:.2f} times as fast"
        )
        if not equal or not learnt:
            found.append(
                f"{stage} does not lose what TRL loses"
                if learnt
                else f"{stage}: nothing was learnt, nothing is compared"
            )
        if cost > OVERHEAD:
            found.append(f"{stage} without our short cuts takes {cost:.3f} times TRL's time, target {OVERHEAD}")
    return found
