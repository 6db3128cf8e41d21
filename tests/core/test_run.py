import json
from pathlib import Path

import pytest

from tickertune.core import run as run_module
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import Recipe
from tickertune.core.run import INPUTS_FILE, MARKER, Run

SPLIT = {
    "train_start": "2020-01-01",
    "train_end": "2020-06-01",
    "validation_end": "2020-07-01",
    "test_start": "2020-07-01",
    "test_end": "2020-09-01",
}


def recipe(folder: Path) -> Recipe:
    world = {"data": {"kind": "movement", "source": {"kind": "simulated"}, "split": SPLIT}}
    values = {"name": "test", "model": {"name": "tiny-llama"}, "worlds": {"planted": world}, "output": folder}
    return Recipe.model_validate(values)


def writes(text: str):
    def work(folder: Path) -> dict[str, str]:
        (folder / "result.txt").write_text(text)
        return {"wrote": text}

    return work


def refuses(folder: Path) -> dict[str, str]:
    raise AssertionError("the stage was repeated")


def test_finished_stage_is_not_repeated(tmp_path):
    run = Run(tmp_path)
    assert run.stage("w", "data", {"a": 1}, writes("one"))
    assert not run.stage("w", "data", {"a": 1}, refuses)
    assert json.loads((tmp_path / "w/data" / MARKER).read_text())["wrote"] == "one"


def test_changed_inputs_start_the_stage_afresh(tmp_path):
    run = Run(tmp_path)
    run.stage("w", "data", {"a": 1}, writes("one"))
    (tmp_path / "w/data/stale").touch()
    first = run.stage_key("w", "data")
    assert run.stage("w", "data", {"a": 2}, writes("two"))
    assert (tmp_path / "w/data/result.txt").read_text() == "two"
    assert not (tmp_path / "w/data/stale").exists()
    assert run.stage_key("w", "data") != first


def test_stage_that_was_cut_off_is_taken_up_in_its_folder(tmp_path):
    run = Run(tmp_path)

    def dies(folder: Path) -> dict[str, str]:
        (folder / "checkpoint").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run.stage("w", "sft", {"a": 1}, dies)
    assert run.stage_key("w", "sft") is None
    run.stage("w", "sft", {"a": 1}, lambda folder: {"resumed": (folder / "checkpoint").exists()})
    assert json.loads((tmp_path / "w/sft" / MARKER).read_text())["resumed"]


def test_folder_of_unknown_origin_is_not_taken_for_resumable_work(tmp_path):
    """As after a kill between the folder's creation and inputs.json, or in the middle of a removal."""
    folder = tmp_path / "w/sft"
    folder.mkdir(parents=True)
    (folder / "checkpoint").touch()
    Run(tmp_path).stage("w", "sft", {"a": 1}, lambda folder: {"resumed": (folder / "checkpoint").exists()})
    assert not json.loads((folder / MARKER).read_text())["resumed"]


def test_removal_that_is_cut_off_never_leaves_a_finished_looking_stage(tmp_path, monkeypatch):
    run = Run(tmp_path)
    run.stage("w", "data", {"a": 1}, writes("one"))

    def dies(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run_module.shutil, "rmtree", dies)
    with pytest.raises(KeyboardInterrupt):
        run.stage("w", "data", {"a": 2}, refuses)
    monkeypatch.undo()
    assert not (tmp_path / "w/data" / MARKER).exists()
    assert not (tmp_path / "w/data" / INPUTS_FILE).exists()
    assert run.stage("w", "data", {"a": 1}, writes("one"))


def test_facts_cannot_forge_the_key(tmp_path):
    run = Run(tmp_path)
    run.stage("w", "data", {"a": 1}, lambda folder: {"key": "forged"})
    assert run.stage_key("w", "data") != "forged"


def test_start_refuses_a_folder_of_others(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(TickerTuneError, match="holds no run"):
        Run.start(recipe(tmp_path))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["thesis.tex"]


def test_start_after_a_kill_before_its_first_file_succeeds(tmp_path):
    (tmp_path / ".run.json.x.tmp").touch()
    (tmp_path / ".lock").touch()
    Run.start(recipe(tmp_path))
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".lock", "recipe.yaml", "run.json"]


def test_start_keeps_the_facts_of_the_first_start(tmp_path):
    Run.start(recipe(tmp_path))
    (tmp_path / "run.json").write_text('{"git_commit": "first"}')
    Run.start(recipe(tmp_path))
    assert json.loads((tmp_path / "run.json").read_text()) == {"git_commit": "first"}


def test_start_removes_what_a_killed_process_left_half_written(tmp_path):
    Run.start(recipe(tmp_path))
    leftover = tmp_path / "planted/data/.dataset.abc.tmp"
    leftover.mkdir(parents=True)
    (leftover / "train.parquet").touch()
    (tmp_path / "planted/data/kept.parquet").touch()
    Run.start(recipe(tmp_path))
    assert [entry.name for entry in (tmp_path / "planted/data").iterdir()] == ["kept.parquet"]


def test_what_is_keyed_by_content_stays_when_the_inputs_change(tmp_path):
    run, folder = Run(tmp_path), tmp_path / "w/eval"

    def scores(_: Path) -> dict[str, str]:
        (folder / "store").mkdir(exist_ok=True)
        (folder / "predictions").mkdir(exist_ok=True)
        (folder / "store" / "scores").touch()
        return {}

    run.stage("w", "eval", {"a": 1}, scores, keep=("store",))
    left = []
    run.stage("w", "eval", {"a": 2}, lambda _: {"left": left.extend(p.name for p in folder.iterdir())}, keep=("store",))
    assert sorted(left) == ["inputs.json", "store"]
    run.stage("w", "eval", {"a": 3}, lambda _: {"left": left.extend(p.name for p in folder.iterdir())})
    assert left[2:] == ["inputs.json"]
