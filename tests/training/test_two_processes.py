"""Two processes train what one does: DPO, and GRPO on the same rollouts. SFT is in ``test_stage``.

Sampled rollouts cannot be equal: each process draws from a random stream of its own, for else two processes with the same
prompt would draw the same completions, and one process draws all rows of a step from one stream. So what GRPO does around the
draws is held equal with completions that are written down (``scripted_rollouts``).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import ROOT
from tests.training.conftest import TINY, grpo_config, weights
from tests.training.rationales.scripted import made_pairs, write_made_pairs
from tickertune.core.files import read_json
from tickertune.core.recipe import DpoConfig, GrpoConfig
from training.stage import dump

PLAIN: dict[str, Any] = {"trainer": {"optim": "sgd"}, "learning_rate": 1.0, "tracking": "none"}
"""Adam's division would blow rounding errors of tiny gradients up."""


def launched(processes: int, module: str, config: DpoConfig | GrpoConfig) -> Path:
    """Run a stage by accelerate on the CPU and return its folder."""
    assert config.output is not None
    recipe = config.output.with_suffix(".yaml")
    recipe.write_text(dump(config))
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", "recipes/accelerate/cpu.yaml"]
    done = subprocess.run(
        [*command, "--num_processes", str(processes), "-m", module, "--config", str(recipe)],
        cwd=ROOT, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert read_json(config.output / "checkpoints" / "origin.json")["processes"] == processes
    return config.output


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def same_training(one: Path, two: Path, names: set[str]) -> None:
    """The logged values of these names, and the weights, up to the order of additions."""
    first, second = log(one), log(two)
    assert [line["step"] for line in first] == [line["step"] for line in second] == [1, 2, 3]
    for before, after in zip(first, second, strict=True):
        assert {name: after[name] for name in names} == pytest.approx({name: before[name] for name in names}, rel=1e-4)
    alone, shared = weights(one / "adapter"), weights(two / "adapter")
    moved = max(float(tensor.abs().max()) for name, tensor in alone.items() if "lora_B" in name)
    assert moved > 1e-3
    for name, tensor in alone.items():
        torch.testing.assert_close(shared[name], tensor, rtol=1e-3, atol=1e-4 * moved, msg=name)


@pytest.mark.slow
def test_two_processes_train_by_dpo_what_one_does(tmp_path: Path) -> None:
    pairs = write_made_pairs(tmp_path / "pairs", made_pairs())
    folders = []
    for processes in (1, 2):
        values = {
            "model": TINY, "batch_size": 4 // processes, "warmup_ratio": 0.0, "logging_steps": 1, "lora": {"r": 4, "alpha": 8},
            "dataset": pairs, "output": tmp_path / str(processes), **PLAIN,
        }  # fmt: skip
        folders.append(launched(processes, "training.dpo", DpoConfig.model_validate(values)))
    same_training(*folders, {"loss", "logps/chosen", "logps/rejected"})


@pytest.mark.slow
def test_two_processes_train_by_grpo_what_one_does_on_the_same_rollouts(dataset: Path, tmp_path: Path) -> None:
    folders, rollouts = [], []
    for processes in (1, 2):
        config = grpo_config(dataset, tmp_path / str(processes), steps=3, **PLAIN)
        folders.append(launched(processes, "tests.training.scripted_rollouts", config))
        parts = [
            [json.loads(line) for line in (folders[-1] / f"rollouts-{rank}.jsonl").read_text().splitlines()]
            for rank in range(processes)
        ]
        assert [len(part) for part in parts] == [24 // processes] * processes
        rollouts.append(sorted((line for part in parts for line in part), key=lambda line: line[0]))
    alone, shared = rollouts
    assert [line[:3] for line in shared] == [line[:3] for line in alone]  # prompts in their order, and completions
    advantages = [[line[3] for line in lines] for lines in rollouts]
    assert max(map(abs, advantages[0])) > 0.1
    assert advantages[1] == pytest.approx(advantages[0], abs=1e-6)
    same_training(*folders, {"reward", "rewards/format/mean", "rewards/accuracy/mean", "rewards/pnl/mean", "share/up"})
