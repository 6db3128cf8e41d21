"""``tickertune eval --sweep`` on a made run: a stage with checkpoints, scored by the fake engine."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from eval.backends.fake import FakeBackend
from eval.report import write_report
from tests.eval.conftest import made_samples, write_made
from tickertune.cli import main as front
from tickertune.core.files import read_json, write_json, write_text
from training.checkpoints import seal


def call(*words: object) -> int:
    with pytest.raises(SystemExit) as ended:
        front.main([str(word) for word in words])
    return int(ended.value.code or 0)


def made_stage(folder: Path, steps: tuple[int, ...]) -> Path:
    """A finished stage whose checkpoints differ in their weights."""
    write_json(folder / "tickertune.json", {"method": "lora", "dtype": "float32", "quantization": None})
    for step in steps:
        checkpoint = folder / "checkpoints" / f"checkpoint-{step}"
        write_text(checkpoint / "adapter_model.safetensors", f"weights {step}")
        write_json(checkpoint / "adapter_config.json", {"r": 4, "base_model_name_or_path": base_folder()})
        seal(checkpoint)
    return folder


def base_folder() -> str:
    from tickertune.core.models import resolve_model
    from tickertune.core.recipe import ModelConfig

    return resolve_model(ModelConfig(name="tiny-llama"))


def made_run(folder: Path) -> Path:
    """A run of one world with data of three splits and an SFT stage; its last checkpoint was cut off."""
    write_json(folder / "run.json", {"name": "made", "versions": {}})
    recipe = {
        "model": {"name": "tiny-llama"},
        "worlds": {"planted": {"data": {}}},
        "eval": {"backend": "fake", "dtype": "float32", "resamples": 200},
    }
    write_text(folder / "recipe.yaml", yaml.safe_dump(recipe))
    day = pl.col("sample_id").str.slice(-3).cast(pl.Int64)
    split = pl.when(day.is_between(8, 11)).then(pl.lit("validation")).otherwise(pl.col("split"))
    write_made(made_samples().with_columns(split.alias("split")), folder / "planted" / "data", "movement")
    write_json(folder / "planted" / "data" / "done.json", {"key": "data"})
    stage = made_stage(folder / "planted" / "sft", (2, 4, 10))
    write_json(stage / "done.json", {"key": "sft", "stage_seconds": 1.0})
    write_text(stage / "checkpoints" / "checkpoint-12" / "adapter_model.safetensors", "half")
    return folder


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that was swept."""
    folder = made_run(tmp_path_factory.mktemp("swept") / "run")
    assert call("eval", "--sweep", folder, "--json") == 0
    return folder


def test_every_whole_checkpoint_is_scored_on_the_validation_split(swept: Path) -> None:
    rows = read_json(swept / "planted" / "sweep" / "metrics.json")
    assert {row["checkpoint"] for row in rows} == {"base", "sft-02", "sft-04", "sft-10"}
    assert {row["n"] for row in rows if row["metric"] == "mcc"} == {12}
    assert len({row["value"] for row in rows if row["metric"] == "log_score"}) == 4
    meta = read_json(swept / "planted" / "sweep" / "meta.json")
    assert (meta["split"], meta["trials"]) == ("validation", 4)
    assert {"split_hash", "prompt_hash", "parser_version"} <= set(meta)
    assert all("fingerprint" in facts for facts in meta["predictors"].values())


def test_report_has_the_table_and_the_curve(swept: Path) -> None:
    markdown, page = (swept / "report.md").read_text(), (swept / "report.html").read_text()
    lines = [line for line in markdown.splitlines() if line.startswith("| step ")]
    assert [line.split("|")[1].strip() for line in lines] == ["step 2", "step 4", "step 10"]
    assert "Of 3 checkpoints SFT at step" in markdown
    assert "Checkpoints over training" in page
    assert "Each checkpoint that training kept, with its 95% interval" in page


def test_second_sweep_scores_nothing_and_the_test_split_is_told(
    swept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = shutil.copytree(swept, tmp_path / "run")
    score, calls = FakeBackend.score, []

    def noted(backend: FakeBackend, prompts: list[list[int]], *rest: Any) -> Any:
        calls.append(len(prompts))
        return score(backend, prompts, *rest)

    monkeypatch.setattr(FakeBackend, "score", noted)
    assert call("eval", "--sweep", again) == 0
    assert calls == []
    assert call("eval", "--sweep", again / "planted" / "sft", "--split", "test") == 0
    assert calls == [24] * 4
    assert "has seen the test split" in (again / "report.md").read_text()


def test_sweep_of_a_stage_that_was_trained_again_is_not_shown(swept: Path, tmp_path: Path) -> None:
    again = shutil.copytree(swept, tmp_path / "run")
    write_json(again / "planted" / "sft" / "done.json", {"key": "other"})
    write_report(again)
    assert "Checkpoints over training" not in (again / "report.html").read_text()


def test_stage_of_no_run_is_swept_with_data_model_and_output(swept: Path, tmp_path: Path, capsys) -> None:
    stage = made_stage(tmp_path / "alone", (3,))
    capsys.readouterr()
    words = [
        "--data",
        swept / "planted" / "data",
        "--model",
        "tiny-llama",
        "--output",
        tmp_path / "out",
        "--world",
        "w",
    ]
    assert call("eval", "--sweep", stage, *words, "--backend", "fake", "--resamples", 200, "--json") == 0
    said = capsys.readouterr()
    assert {row["checkpoint"] for row in json.loads(said.out)} == {"base", "alone-3"}
    assert "keep_checkpoints: all" in " ".join(said.err.split())


@pytest.mark.parametrize(
    ("break_it", "told"),
    [
        (lambda stage: shutil.rmtree(stage / "checkpoints"), "kept no checkpoint"),
        (lambda stage: (stage / "tickertune.json").unlink(), "has not finished"),
        (lambda stage: (stage / "done.json").unlink(), "has no finished training stage"),
        (lambda stage: (stage.parents[1] / "run.json").unlink(), "is no run and no stage of one"),
    ],
)
def test_what_cannot_be_swept_is_told(swept: Path, tmp_path: Path, capsys, break_it, told: str) -> None:
    again = shutil.copytree(swept, tmp_path / "run")
    break_it(again / "planted" / "sft")
    assert call("eval", "--sweep", again) == 2
    assert told in capsys.readouterr().err


def test_words_that_are_missing_are_named(capsys) -> None:
    assert call("eval", "--model", "tiny-llama") == 2
    assert "--data, --model and --output" in capsys.readouterr().err
