import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from data_pipeline.dataset import read_info, read_split
from tests.training.conftest import TINY, equal_weights, make_samples, sft_config, weights, write_samples
from tests.training.test_tracking import logged, same, tensorboard_scalars
from tickertune.core.files import read_json
from tickertune.core.lock import folder_lock
from tickertune.core.models import resolve_model
from tickertune.core.recipe import SftConfig
from training import sft
from training.stage import dump, main, origin

ROOT = Path(__file__).parents[2]


def test_an_unknown_key_gives_one_sentence_and_nothing_written(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = tmp_path / "sft.yaml"
    recipe.write_text("model: {name: tiny-llama}\nlearning_rat: 1\n")
    status = main(
        SftConfig, sft.train, ["--config", str(recipe), "--dataset", str(dataset), "--output", str(tmp_path / "o")]
    )
    assert status == 2
    assert "unknown key 'learning_rat' (did you mean 'learning_rate'?)" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_an_unknown_trainer_key_is_refused(dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = tmp_path / "sft.yaml"
    recipe.write_text(dump(sft_config(dataset, tmp_path / "o")))
    assert main(SftConfig, sft.train, ["--config", str(recipe), "--trainer.max_grad_nrm", "1"]) == 2
    assert "did you mean 'max_grad_norm'?" in capsys.readouterr().err


def test_overrides_are_typed(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe, seen = tmp_path / "sft.yaml", []
    recipe.write_text("model: {name: tiny-llama}\n")

    def record(config: SftConfig) -> dict[str, object]:
        seen.append(config)
        return {"steps": 1}

    record.__module__ = "training.sft"
    words = ["--learning_rate", "1e-4", "--lora.r=4", "--dataset", str(dataset), "--output", str(tmp_path / "o")]
    assert main(SftConfig, record, ["--config", str(recipe), *words]) == 0
    assert (seen[0].learning_rate, seen[0].lora.r) == (1e-4, 4)
    assert not (tmp_path / "o" / "config.yaml").exists(), "it is written where training starts"


def test_a_refused_command_leaves_the_record_of_a_finished_stage(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, output = tmp_path / "sft.yaml", tmp_path / "o"
    config = sft_config(dataset, output, token_budget=900, tracking="none")
    sft.train(config)
    assert SftConfig.model_validate(yaml.safe_load((output / "config.yaml").read_text())) == config
    recipe.write_text(dump(config))
    before = {path.name: path.read_bytes() for path in output.iterdir() if path.is_file() and path.name != ".lock"}
    assert main(SftConfig, sft.train, ["--config", str(recipe), "--learning_rate", "0.5"], "training.sft") == 2
    assert "trained with other settings or data (learning_rate)" in capsys.readouterr().err
    after = {path.name: path.read_bytes() for path in output.iterdir() if path.is_file() and path.name != ".lock"}
    assert before == after


def test_a_folder_that_another_process_trains_in_is_left_alone(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe, output = tmp_path / "sft.yaml", tmp_path / "o"
    recipe.write_text(dump(sft_config(dataset, output, tracking="none")))
    with folder_lock(output):
        assert main(SftConfig, sft.train, ["--config", str(recipe)], "training.sft") == 2
    assert f"{output} is in use by another tickertune" in capsys.readouterr().err
    assert [path.name for path in output.iterdir()] == [".lock"]


def test_changed_returns_are_another_origin(tmp_path: Path) -> None:
    """A checkpoint is not resumed on a data set whose rewards or answers changed while its texts and splits did not."""
    config = sft_config(tmp_path, tmp_path / "o")

    def known(name: str, **changes: Any) -> dict[str, Any]:
        rows = [sample.model_copy(update=changes) for sample in make_samples()]
        folder = write_samples(tmp_path / name, rows)
        return origin(config, read_info(folder), read_split(folder, "train"), resolve_model(TINY))

    first = known("first")
    for name, changes, expected in (
        ("ret_scaled", {"ret_scaled": 9.0}, {"outcome_hash"}),
        ("answer", {"answer": "another teacher's words"}, {"answer_hash"}),
        ("ret_beta", {"ret_beta": 0.5}, {"answer_hash"}),
        ("weight", {"weight": 0.5}, {"answer_hash"}),
    ):
        second = known(name, **changes)
        assert {key for key in first if first[key] != second[key]} == expected


@pytest.mark.slow
def test_two_processes_on_cpus_train_what_one_does_and_the_first_alone_tracks(dataset: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed (make setup)")
    found = {}
    for processes in (1, 2):
        recipe, output = tmp_path / f"{processes}.yaml", tmp_path / str(processes)
        changes = {"warmup_ratio": 0.0, "trainer": {"optim": "sgd"}, "learning_rate": 1.0, "tracking": "tensorboard"}
        recipe.write_text(dump(sft_config(dataset, output, batch_size=8 // processes, **changes)))
        command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", "recipes/accelerate/cpu.yaml"]
        done = subprocess.run(
            [*command, "--num_processes", str(processes), "-m", "training.sft", "--config", str(recipe)],
            cwd=ROOT, env={**os.environ, "CUDA_VISIBLE_DEVICES": ""}, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert read_json(output / "tickertune.json")["steps"] == 3
        assert read_json(output / "checkpoints" / "origin.json")["processes"] == processes
        assert equal_weights(output / "adapter", output / "checkpoints" / "checkpoint-3")
        assert done.stderr.count("tracking: tensorboard") == 1
        assert len(list((output / "tracking" / "tensorboard").iterdir())) == 1
        same(tensorboard_scalars(output), logged(output))
        found[processes] = logged(output), weights(output / "adapter")
    (one, alone), (two, shared) = found[1], found[2]
    assert sorted(one) == sorted(two) == [1, 2, 3]
    for step in one:
        assert two[step]["train/loss"] == pytest.approx(one[step]["train/loss"], rel=1e-5)
    assert max(float(tensor.abs().max()) for name, tensor in alone.items() if "lora_B" in name) > 1e-3
    for name, tensor in alone.items():
        assert torch.allclose(tensor, shared[name], atol=1e-6), name
