"""Our SFT and GRPO beside TRL alone, with the same model, arguments, rows and seed: do they lose the same, and what do we cost?

SmolLM2-135M with LoRA in float32 on the smoke recipe's market: 5 steps of SFT with 8 samples, 2 of GRPO with 2 x 4 replies, one checkpoint each.
Timed is training with its checkpoints and logs; loading is not. ``ours_plain`` are our stages without what makes
them faster (scores of the answer's tokens alone; the shared prefix): these must lose what TRL loses, to the last digit.
"""

import hashlib
import json
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

PROGRAMS = ("ours_sft", "ours_plain_sft", "trl_sft", "ours_grpo", "ours_plain_grpo", "trl_grpo")
OVERHEAD = 1.03
ROOT = Path(__file__).parents[3]
STEPS = {"sft": 5, "grpo": 2}


def run(name: str) -> dict[str, Any]:
    """Measure one program in this process."""
    import torch

    from data_pipeline.build import build
    from tickertune.core.recipe import MovementDataConfig, load_config

    torch.set_num_threads(1)
    program, _, stage = name.rpartition("_")
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        build(load_config(MovementDataConfig, ROOT / "recipes" / "smoke" / "data.yaml"), folder / "data")
        seconds, losses = (_sft if stage == "sft" else _grpo)(program, folder)
    return {
        "rate": STEPS[stage] / seconds, "unit": "steps", "cpu": seconds, "losses": losses,
        "input": hashlib.sha256(json.dumps(losses).encode()).hexdigest(),
    }  # fmt: skip


def _sft(program: str, folder: Path) -> tuple[float, list[float]]:
    import training.sft as stage
    from data_pipeline.dataset import read_split
    from tickertune.core.models import resolve_model
    from tickertune.core.recipe import SftConfig
    from tickertune.core.tasks import get_task
    from training.examples import build_examples
    from training.models import add_adapter, load_base, load_tokenizer
    from training.trainer_args import sft_args

    config = SftConfig.model_validate(
        {
            "model": {"name": "smollm2-135m", "dtype": "float32"}, "dataset": folder / "data", "output": folder / "out",
            "token_budget": 5200, "batch_size": 8, "learning_rate": 1e-3, "save_steps": 4,
            "tracking": "none",
        }
    )  # fmt: skip
    if program == "trl":
        from trl_alone import sft

        base = resolve_model(config.model)
        tokenizer = load_tokenizer(base, config.model)
        rows = build_examples(read_split(folder / "data", "train"), tokenizer, get_task("movement"), config)
        model = add_adapter(load_base(base, config.model, "lora"), config.lora, config.seed)
        return _alone(sft(model, tokenizer, sft_args(config, folder / "out"), rows.dataset()))
    return _ours(stage, config, program, folder)


def _grpo(program: str, folder: Path) -> tuple[float, list[float]]:
    import training.grpo as stage
    from data_pipeline.dataset import read_info, read_split
    from tickertune.core.models import resolve_model
    from tickertune.core.recipe import GrpoConfig
    from training.models import add_adapter, load_base, load_tokenizer
    from training.prompts import select_prompts
    from training.rewards.compose import compose
    from training.rewards.trl import reward_functions
    from training.trainer_args import grpo_args

    config = GrpoConfig.model_validate(
        {
            "model": {"name": "smollm2-135m", "dtype": "float32"}, "dataset": folder / "data", "output": folder / "out",
            "steps": 2, "prompts_per_step": 2, "num_generations": 4, "max_completion_length": 12, "on_constant_wins": "warn",
            "save_steps": 2, "shared_prefix": program == "ours", "tracking": "none",
        }
    )  # fmt: skip
    if program == "trl":
        from trl_alone import grpo

        base = resolve_model(config.model)
        tokenizer = load_tokenizer(base, config.model)
        rewards = compose(config, read_info(folder / "data"))
        prompts, _ = select_prompts(read_split(folder / "data", "train"), tokenizer, rewards[0], config)
        model = add_adapter(load_base(base, config.model, "lora"), config.lora, config.seed)
        functions = reward_functions(rewards, stage._end_ids(model, tokenizer.eos_token_id))
        return _alone(grpo(model, tokenizer, grpo_args(config, folder / "out"), prompts, functions))
    return _ours(stage, config, program, folder)


def _alone(trainer: Any) -> tuple[float, list[float]]:
    start = time.process_time()
    trainer.train()
    trainer.save_model()
    seconds = time.process_time() - start
    return seconds, [line["loss"] for line in trainer.state.log_history if "loss" in line]


def _ours(stage: Any, config: Any, program: str, folder: Path) -> tuple[float, list[float]]:
    spent: list[float] = []

    def timed(function: Any) -> Any:
        def call(*given: Any, **named: Any) -> Any:
            start = time.process_time()
            found = function(*given, **named)
            spent.append(time.process_time() - start)
            return found

        return call

    faster = patch("training.stage.completion_scores_only", nullcontext) if program == "ours_plain" else nullcontext()
    with (
        faster,
        patch.object(stage, "run_trainer", timed(stage.run_trainer)),
        patch.object(stage, "finish", timed(stage.finish)),
    ):
        stage.train(config)
    lines = [json.loads(line) for line in (folder / "out" / "log.jsonl").read_text().splitlines()]
    return sum(spent), [line["loss"] for line in lines]


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say where our stages cost more than they may beside TRL."""
    found = []
    for stage in ("sft", "grpo"):
        ours, plain, trl = (medians[f"{program}_{stage}"] for program in ("ours", "ours_plain", "trl"))
        print(
            f"\n{stage}: ours is {ours / trl:.2f} times as fast as TRL alone, {plain / trl:.3f} times without our short cuts"
        )
        if trl / plain > OVERHEAD:
            found.append(f"{stage} without our short cuts takes {trl / plain:.3f} times TRL's time, target {OVERHEAD}")
    return found
