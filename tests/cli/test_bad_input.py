"""Each command line that cannot work: one sentence with the remedy, exit code 2, nothing written."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tickertune.cli import main as front
from tickertune.core.files import write_json, write_text


def refused(capsys, *arguments: object) -> str:
    with pytest.raises(SystemExit) as ended:
        front.main([str(argument) for argument in arguments])
    said = capsys.readouterr()
    assert ended.value.code == 2
    assert said.out == ""
    assert said.err.startswith("Error: ")
    assert said.err.count("\n") == 1
    return said.err


def test_unknown_recipe_key_gets_the_nearest_one(recipe_folder, tmp_path, capsys):
    said = refused(capsys, "run", recipe_folder, "--set", "sft.learning_rat=1e-4")
    assert "'sft.learning_rat' (did you mean 'learning_rate'?)" in said
    assert not (tmp_path / "run").exists()


def test_missing_recipe_gets_the_nearest_one(recipe_folder, capsys):
    assert "did you mean 'run.yaml'" in refused(capsys, "run", recipe_folder / "runn.yaml")


def test_missing_data_folder(recipe_folder, tmp_path, capsys):
    source = f"worlds.planted.data.source={{kind: stocknet, path: {tmp_path}/nowhere}}"
    assert "nowhere does not exist" in refused(capsys, "run", recipe_folder, "--set", source)
    assert not (tmp_path / "run").exists()


def test_dates_out_of_order(recipe_folder, capsys):
    said = refused(capsys, "run", recipe_folder, "--set", "worlds.planted.data.split.train_end=2019-01-01")
    assert "train_start < train_end" in said


def test_empty_date_range(recipe_folder, tmp_path, capsys):
    """A window between two sessions holds no sample, and is told before any training."""
    split = "{train_start: 2020-01-04, train_end: 2020-01-05, validation_end: 2020-01-05, test_start: 2020-01-05, "
    split += "test_end: 2020-03-01}"
    said = refused(
        capsys,
        "data",
        "build",
        "--config",
        recipe_folder / "data.yaml",
        "--output",
        tmp_path / "data",
        "--split",
        split,
    )
    assert "train" in said


def test_override_without_equals_sign(recipe_folder, capsys):
    assert "KEY=VALUE" in refused(capsys, "run", recipe_folder, "--set", "seed")


def test_folder_of_others_as_output(recipe_folder, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run/thesis.tex").touch()
    assert "holds no run" in refused(capsys, "run", recipe_folder)
    assert [entry.name for entry in (tmp_path / "run").iterdir()] == ["thesis.tex"]


def test_model_folder_without_weights(recipe_folder, tmp_path, capsys):
    write_text(tmp_path / "model/config.json", "{}")
    assert "no weights" in refused(capsys, "run", recipe_folder, "--set", f"model.name={tmp_path}/model")


def test_unknown_built_in_model_gets_the_nearest_one(recipe_folder, capsys):
    assert "did you mean 'tiny-llama'" in refused(capsys, "run", recipe_folder, "--set", "model.name=tiny-lama")


def test_adapter_for_another_base(tmp_path, capsys):
    write_json(tmp_path / "sft/adapter/adapter_config.json", {"base_model_name_or_path": "other/base"})
    (tmp_path / "sft/adapter/adapter_model.safetensors").touch()
    write_text(tmp_path / "news.jsonl", json.dumps({"text": "x"}))
    said = refused(
        capsys, "infer", tmp_path / "news.jsonl", tmp_path / "out.jsonl", "--model", "tiny-llama", "--task", "sentiment",
        "--adapter", tmp_path / "sft",
    )  # fmt: skip
    assert "was trained on base, not on tiny-llama" in said
    assert not (tmp_path / "out.jsonl").exists()


def test_unknown_task_gets_the_nearest_one(tmp_path, capsys):
    said = refused(capsys, "infer", "a.jsonl", "b.jsonl", "--model", "tiny-llama", "--task", "sentimnt")
    assert "did you mean 'sentiment'" in said


def test_stage_without_a_data_set(recipe_folder, tmp_path, capsys):
    said = refused(
        capsys, "sft", "--config", recipe_folder / "sft.yaml", "--model", "tiny-llama", "--output", tmp_path / "o"
    )
    assert "--dataset" in said
    assert not (tmp_path / "o").exists()


def test_unknown_override_of_a_stage(recipe_folder, capsys):
    said = refused(
        capsys, "sft", "--config", recipe_folder / "sft.yaml", "--model", "tiny-llama", "--learning_rat", "1"
    )
    assert "did you mean 'learning_rate'" in said


def test_folder_without_a_data_set(tmp_path, capsys):
    assert "holds no data set" in refused(capsys, "data", "show", tmp_path)


def test_folder_without_an_evaluation(tmp_path, capsys):
    assert "no finished evaluation" in refused(capsys, "backtest", tmp_path)


def test_missing_predictions_get_the_nearest_ones(tmp_path, capsys):
    write_text(tmp_path / "predictions/sft.parquet", "")
    said = refused(capsys, "compare", tmp_path / "predictions/sf.parquet", tmp_path / "predictions/sft.parquet")
    assert "did you mean 'sft.parquet'" in said


def test_folder_without_a_run(tmp_path: Path, capsys):
    refused(capsys, "report", tmp_path)


def test_disk_that_fills_up_leaves_nothing_half_written(recipe_folder, tmp_path):
    """Simulated by a limit on the size of files, which every library meets as it meets a full disk."""
    program = (
        # Python itself would leave cut-off byte code behind, which breaks the next import.
        "import resource, sys; sys.dont_write_bytecode = True;"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000));"
        "from tickertune.cli.main import main; main()"
    )
    output = tmp_path / "data"
    words = ["data", "build", "--config", recipe_folder / "data.yaml", "--output", output]
    ended = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True)
    assert ended.returncode == 2
    assert "The disk is full" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(output.rglob("*.tmp"))
    for path in output.rglob("*.parquet"):
        pl.read_parquet(path)
    assert not (output / "build.json").exists()
