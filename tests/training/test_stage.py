import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml

from data_pipeline.dataset import read_info
from tests.training.conftest import TINY, equal_weights, make_samples, sft_config, weights, write_samples
from tests.training.test_tracking import logged, same, tensorboard_scalars
from tickertune.core.files import read_json
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


def test_overrides_are_typed_and_the_resolved_recipe_is_stored(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, seen = tmp_path / "sft.yaml", []
    recipe.write_text("model: {name: tiny-llama}\n")

    def record(config: SftConfig) -> dict[str, object]:
        seen.append(config)
        return {"steps": 1}

    record.__module__ = "training.sft"
    words = ["--learning_rate", "1e-4", "--lora.r=4", "--dataset", str(dataset), "--output", str(tmp_path / "o")]
    assert main(SftConfig, record, ["--config", str(recipe), *words]) == 0
    assert (seen[0].learning_rate, seen[0].lora.r) == (1e-4, 4)
    assert SftConfig.model_validate(yaml.safe_load((tmp_path / "o" / "config.yaml").read_text())) == seen[0]


def test_changed_returns_are_another_origin(tmp_path: Path) -> None:
    """A checkpoint is not resumed on a data set whose rewards changed while its texts and splits did not."""
    samples = make_samples()
    corrected = [sample.model_copy(update={"ret_scaled": 2 * (sample.ret_scaled or 0)}) for sample in samples]
    infos = [read_info(write_samples(tmp_path / str(place), rows)) for place, rows in enumerate((samples, corrected))]
    config = sft_config(tmp_path, tmp_path / "o")
    first, second = (origin(config, info, resolve_model(TINY)) for info in infos)
    assert {name for name in first if first[name] != second[name]} == {"outcome_hash"}


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
