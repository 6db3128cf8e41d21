from pathlib import Path

import pytest

from tests.training.conftest import Cut, cut_after, equal_weights, grpo_config, sft_config
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import ModelConfig
from training import grpo, sft
from training.checkpoints import (
    check_origin,
    is_complete,
    keep_last,
    last_complete,
    note_origin,
    remove_incomplete,
    seal,
)


def checkpoint(folder: Path, step: int, *, whole: bool = True) -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "adapter_model.safetensors").write_bytes(b"weights" * step)
    (path / "part").mkdir()
    (path / "part" / "optimizer.pt").write_bytes(b"moments")
    if whole:
        seal(path)
    return path


def test_the_newest_whole_checkpoint_is_taken_by_number(tmp_path: Path) -> None:
    for step in (9, 10, 2):
        checkpoint(tmp_path, step)
    checkpoint(tmp_path, 12, whole=False)
    assert last_complete(tmp_path) == tmp_path / "checkpoint-10"


def test_no_checkpoint_no_resume(tmp_path: Path) -> None:
    assert last_complete(tmp_path / "absent") is None


def test_truncated_and_missing_files_are_noticed(tmp_path: Path) -> None:
    short, lacking, whole = (checkpoint(tmp_path, step) for step in (3, 2, 1))
    (short / "adapter_model.safetensors").write_bytes(b"weig")
    (lacking / "part" / "optimizer.pt").unlink()
    assert [is_complete(path) for path in (short, lacking, whole)] == [False, False, True]
    assert last_complete(tmp_path) == whole
    assert remove_incomplete(tmp_path) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-1"]


def test_keep_last(tmp_path: Path) -> None:
    for step in (1, 2, 11):
        checkpoint(tmp_path, step)
    keep_last(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint-11"]


def test_checkpoints_of_other_settings_are_not_resumed(tmp_path: Path) -> None:
    note_origin(tmp_path, {"seed": 0, "lr": 1})
    check_origin(tmp_path, {"seed": 1, "lr": 1})  # nothing was trained yet
    note_origin(tmp_path, {"seed": 1, "lr": 1, "order": 5})
    checkpoint(tmp_path, 1)
    check_origin(tmp_path, {"seed": 1, "lr": 1, "order": 5})
    check_origin(tmp_path, {"seed": 1, "lr": 1}, later=["order"])
    with pytest.raises(TickerTuneError, match=r"trained with other settings or data \(order\)"):
        check_origin(tmp_path, {"seed": 1, "lr": 1})
    with pytest.raises(TickerTuneError, match=r"trained with other settings or data \(lr\)"):
        check_origin(tmp_path, {"seed": 1, "lr": 2, "order": 5})


def test_grpo_that_is_held_to_a_reference_resumes_to_the_same_weights(
    dataset: Path, answering_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its checkpoints hold two adapters, and transformers alone would load the reference only."""
    model = ModelConfig(name=str(answering_model / "model"), dtype="float32")
    sft.train(sft_config(dataset, tmp_path / "sft", model=model, token_budget=400))
    changes = {"model": model, "init": tmp_path / "sft", "beta": 0.5}
    grpo.train(grpo_config(dataset, tmp_path / "whole", **changes))
    with monkeypatch.context() as patch:
        cut_after(patch, 3)
        with pytest.raises(Cut):
            grpo.train(grpo_config(dataset, tmp_path / "cut", **changes))
    assert is_complete(tmp_path / "cut" / "checkpoints" / "checkpoint-2")
    grpo.train(grpo_config(dataset, tmp_path / "cut", **changes))
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
    assert not equal_weights(tmp_path / "whole" / "adapter", tmp_path / "sft" / "adapter")
