"""GRPO with a curriculum on the tiny model: the trainer meets the plan's prompts, also after a resume and on two processes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data_pipeline.dataset import read_split
from tests.conftest import ROOT
from tests.training.conftest import Cut, cut_after, equal_weights, grpo_config, make_samples, write_samples
from tests.training.curriculum.made import NO_ACTIONS, changed_after, make_bars
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import GrpoConfig, ModelConfig
from tickertune.core.table import write_table
from training.curriculum.difficulty import FILE
from training.grpo import train
from training.stage import dump

BARS = make_bars()
CURRICULUM = {
    "difficulty": {"rollouts": 2, "buckets": 2, "always_right": "last", "always_wrong": "last"},
    "balance": True,
}
SIZES = {"steps": 4, "prompts_per_step": 4, "num_generations": 2}


@pytest.fixture(scope="module")
def base(answering_model: Path) -> ModelConfig:
    return ModelConfig(name=str(answering_model / "model"), dtype="float32")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_samples(tmp_path_factory.mktemp("data"), make_samples(40))
    _write_bars(folder, BARS)
    return folder


def _write_bars(folder: Path, bars: Any) -> None:
    write_table(bars, folder / "bars.parquet", ["instrument_id", "session"])
    write_table(NO_ACTIONS, folder / "actions.parquet", ["instrument_id", "ex_date", "kind", "value"])


def test_the_trainer_meets_balanced_steps(
    data: Path, base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trl import GRPOTrainer

    seen: list[list[Any]] = []
    tokenise = GRPOTrainer._tokenize_prompts

    def spy(self: Any, prompts: Any) -> Any:
        seen.append([prompt[-1]["content"] for prompt in prompts])
        return tokenise(self, prompts)

    monkeypatch.setattr(GRPOTrainer, "_tokenize_prompts", spy)
    facts = train(grpo_config(data, tmp_path, model=base, curriculum={"balance": True}, **SIZES))
    rows = read_split(data, "train")
    labels = {messages[-1]["content"]: label for messages, label in rows.select("messages", "label").iter_rows()}
    assert len(seen) == 4
    for step in seen:
        assert sorted(labels[prompt] for prompt in dict.fromkeys(step)) == ["down", "down", "up", "up"]
    assert facts["curriculum"]["classes"] == dict(rows["label"].value_counts().sort("label").iter_rows())


def test_resumed_training_meets_the_same_prompts(
    data: Path, base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(grpo_config(data, tmp_path / "whole", model=base, curriculum=CURRICULUM, **SIZES))
    config = grpo_config(data, tmp_path / "cut", model=base, curriculum=CURRICULUM, **SIZES)
    with monkeypatch.context() as patch:
        cut_after(patch, 3)
        with pytest.raises(Cut):
            train(config)
    assert {**train(config), "seconds": 0} == {**whole, "seconds": 0}
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
    for name in ("log.jsonl", "curriculum.json", FILE):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "cut" / name).read_bytes()
    told = whole["curriculum"]["difficulty"]
    assert told["bucket_1"] + told["bucket_2"] + told["last"] == 40
    assert read_json(tmp_path / "whole" / "curriculum.json")["difficulty"] == told


def test_other_bars_than_before_are_not_resumed(
    data: Path, base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order depends on bars, which no other entry of a checkpoint's origin sees."""
    folder = write_samples(tmp_path / "data", make_samples(40))
    _write_bars(folder, BARS)
    regimes = {"regimes": {"by": "trend", "sessions": 3}}
    config = grpo_config(folder, tmp_path / "out", model=base, curriculum=regimes, **SIZES)
    with monkeypatch.context() as patch:
        cut_after(patch, 3)
        with pytest.raises(Cut):
            train(config)
    first = BARS["session"].sort().unique(maintain_order=True)[60]
    _write_bars(folder, changed_after(BARS, first, 3.0))
    with pytest.raises(TickerTuneError, match=r"trained with other settings or data \(prompt_order\)"):
        train(config)


def _launched(config: GrpoConfig, recipe: Path, processes: int) -> "subprocess.CompletedProcess[str]":
    recipe.write_text(dump(config))
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", "recipes/accelerate/cpu.yaml"]
    command += ["--num_processes", str(processes), "-m", "training.grpo", "--config", str(recipe)]
    environment = {**os.environ, "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


@pytest.mark.slow
def test_two_processes_stop_together(data: Path, base: ModelConfig, tmp_path: Path) -> None:
    """Only one of them has the log: if the others did not hear of the collapse, they would wait for it in the next step."""
    collapse = {"action": "stop", "window": 2, "entropy": 100}
    done = _launched(
        grpo_config(data, tmp_path / "out", model=base, collapse=collapse, **SIZES), tmp_path / "g.yaml", 2
    )
    assert done.returncode != 0
    assert (
        "GRPO collapsed by step 2, before a checkpoint was kept: the entropy of a token is below 100 nats"
        in done.stderr
    )
    assert read_json(tmp_path / "out" / "collapse.json")["step"] == 2


@pytest.mark.slow
def test_one_and_two_processes_lay_out_the_same_order(data: Path, base: ModelConfig, tmp_path: Path) -> None:
    found = []
    for processes in (1, 2):
        output = tmp_path / str(processes)
        curriculum = {**CURRICULUM, "regimes": {"sessions": 3}}
        config = grpo_config(data, output, model=base, curriculum=curriculum, **{**SIZES, "steps": 1, "save_steps": 1})
        done = _launched(config, tmp_path / f"{processes}.yaml", processes)
        assert done.returncode == 0, done.stderr
        origin = read_json(output / "checkpoints" / "origin.json")
        assert origin["processes"] == processes
        found.append((origin["prompt_order"], (output / FILE).read_bytes()))
    assert found[0] == found[1]
