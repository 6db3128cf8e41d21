"""Trackers on this machine, read back: their curves are those of the log, each step once, also after a kill."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.training.conftest import Cut, cut_after, equal_weights, sft_config
from tests.training.test_log import state
from tests.training.tracked_run import line
from tickertune.core import tracking
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json
from tickertune.core.recipe import SftConfig
from tickertune.core.run import RUN_FILE
from tickertune.core.tracking import trackers_of
from training import sft
from training.log import LogCallback, read_log
from training.stage import origin
from training.trackers import scalars, tracked
from training.tracking import TrackingCallback
from training.trainer_args import sft_args

ROOT = Path(__file__).parents[2]
WANTED = {step: scalars(line(step)) for step in range(1, 7)}


def played(
    folder: Path, tracker: str, before: int, last: int, *die: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Track the steps to ``last`` in a process of its own, ``before`` of which were done before."""
    words = [sys.executable, "-m", "tests.training.tracked_run", str(folder), tracker, str(before), str(last), *die]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "TRACKIO", "HF_"))}
    return subprocess.run(words, cwd=ROOT, env={**own, **variables}, capture_output=True, text=True)


def logged(folder: Path) -> dict[int, dict[str, float]]:
    return {line["step"]: scalars(line) for line in read_log(folder / "log.jsonl")}


def tensorboard_scalars(folder: Path) -> dict[int, dict[str, float]]:
    """What TensorBoard shows of a stage; a step that it shows twice is an error."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "tracking" / "tensorboard"), size_guidance={"scalars": 0})
    events.Reload()
    found: dict[int, dict[str, float]] = {}
    for name in events.Tags()["scalars"]:
        for event in events.Scalars(name):
            assert name not in found.setdefault(event.step, {}), f"{name} of step {event.step} stands there twice"
            found[event.step][name] = event.value
    return found


def same(found: dict[int, dict[str, float]], wanted: dict[int, dict[str, float]]) -> None:
    assert found.keys() == wanted.keys()
    for step, values in wanted.items():
        assert found[step] == pytest.approx(values, rel=1e-6)  # TensorBoard stores 32 bits


def test_tensorboard_shows_the_log_of_a_stage_that_was_cut_off_once(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed (make setup)")
    config = sft_config(dataset, tmp_path / "cut", tracking="tensorboard")
    with monkeypatch.context() as patch:
        cut_after(patch, 5)
        with pytest.raises(Cut):
            sft.train(config)
    name = read_json(tmp_path / "cut" / "tracking" / "run.json")
    sft.train(config)
    wanted = logged(tmp_path / "cut")
    assert sorted(wanted) == [1, 2, 3, 4, 5, 6]
    assert "train/loss" in wanted[1]
    same(tensorboard_scalars(tmp_path / "cut"), wanted)
    assert len(list((tmp_path / "cut" / "tracking" / "tensorboard").iterdir())) == 2
    assert read_json(tmp_path / "cut" / "tracking" / "run.json") == name
    assert not list((tmp_path / "cut" / "checkpoints").rglob("events.*"))
    sft.train(sft_config(dataset, tmp_path / "untracked", tracking="none"))
    assert equal_weights(tmp_path / "cut" / "adapter", tmp_path / "untracked" / "adapter")
    assert (tmp_path / "cut" / "log.jsonl").read_bytes() == (tmp_path / "untracked" / "log.jsonl").read_bytes()
    assert not (tmp_path / "untracked" / "tracking").exists()


def play(folder: Path, trackers: list[Any], first: int, last: int, main: bool = True) -> None:
    """Log steps as a trainer does that resumes from the step before ``first``."""
    log = LogCallback(folder / "log.jsonl", "t")
    callback = TrackingCallback(trackers, log, folder, {"learning_rate": 0.5})
    for step in range(first - 1, last + 1):
        now = SimpleNamespace(**{**vars(state(step)), "is_world_process_zero": main})
        for one in (log, callback):
            if step == first - 1:
                one.on_train_begin(None, now, None)
            else:
                one.on_log(None, now, None, logs={"loss": 1 / step})
    callback.close()


def test_a_tracker_that_is_switched_on_midway_gets_the_steps_before(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="TensorBoard is not installed (make setup)")
    play(tmp_path, [], 1, 4)
    play(tmp_path, ["tensorboard"], 4, 6)
    same(tensorboard_scalars(tmp_path), logged(tmp_path))


def test_only_the_main_process_tracks(tmp_path: Path) -> None:
    play(tmp_path, ["tensorboard"], 1, 2, main=False)
    assert not list(tmp_path.iterdir())


def test_trackio_stays_on_this_machine_is_silent_and_holds_each_step_once(tmp_path: Path) -> None:
    pytest.importorskip("trackio", reason="trackio is not installed (make setup)")
    variables = {
        "TRACKIO_DIR": str(tmp_path / "trackio"), "HF_TOKEN": "hf_secret", "TRACKIO_SPACE_ID": "someone/space",
        "TRACKIO_WEBHOOK_URL": "https://example.com/hook",
    }  # fmt: skip
    at_once = played(tmp_path / "stage", "trackio", 0, 4, "0", **variables)  # what trackio had not yet written is lost
    later = played(tmp_path / "stage", "trackio", 3, 5, "2", **variables)
    ended = played(tmp_path / "stage", "trackio", 3, 6, **variables)
    assert [run.returncode for run in (at_once, later, ended)] == [9, 9, 0], ended.stderr
    assert "TRACKIO_SPACE_ID, TRACKIO_WEBHOOK_URL is not followed" in ended.stderr
    assert at_once.stdout == later.stdout == ended.stdout == ""
    code = (
        "import json; from trackio.sqlite_storage import SQLiteStorage as S; "
        "print(json.dumps({name: S.get_logs('tickertune', name) for name in S.get_runs('tickertune')}, default=str)); "
        "print(json.dumps([S.get_run_config('tickertune', name) for name in S.get_runs('tickertune')], default=str))"
    )
    read = subprocess.run([sys.executable, "-c", code], env={**os.environ, **variables}, capture_output=True, text=True)
    runs, configs = map(json.loads, read.stdout.splitlines())
    (name,) = runs
    assert name == read_json(tmp_path / "stage" / "tracking" / "run.json")["name"]
    assert [row["step"] for row in runs[name]] == [1, 2, 3, 4, 5, 6]
    same({row["step"]: {key: row[key] for key in row if "/" in key} for row in runs[name]}, WANTED)
    assert configs[0]["dataset"] == "data"
    stored = b"".join(path.read_bytes() for path in (tmp_path / "trackio").rglob("*") if path.is_file())
    assert b"hf_secret" not in stored


def test_wandb_offline_holds_each_step_once_and_no_key(tmp_path: Path) -> None:
    pytest.importorskip("wandb", reason="wandb is not installed (make setup)")
    variables = {"WANDB_MODE": "offline", "WANDB_API_KEY": "5ec2e7" * 7, "WANDB_CACHE_DIR": str(tmp_path / "cache")}
    killed = played(tmp_path / "stage", "wandb", 0, 5, "0", **variables)
    assert killed.returncode == 9, killed.stderr
    ended = played(tmp_path / "stage", "wandb", 3, 6, **variables)
    assert ended.returncode == 0, ended.stderr
    assert killed.stdout == ended.stdout == ""
    identity = read_json(tmp_path / "stage" / "tracking" / "run.json")["id"]
    (folder,) = (tmp_path / "stage" / "tracking" / "wandb").glob("offline-run-*")
    assert folder.name.endswith(identity)
    same(wandb_history(folder / f"run-{identity}.wandb"), WANTED)
    stored = b"".join(path.read_bytes() for path in (tmp_path / "stage" / "tracking").rglob("*") if path.is_file())
    assert b"5ec2e7" not in stored
    assert b"/srv/someone" not in stored


def leveldb_records(content: bytes, header: int = 7, block: int = 32768) -> Iterator[bytes]:
    """Records of a file in LevelDB's log format, after wandb's own header of seven bytes."""
    place, parts = header, b""
    while place + 7 <= len(content):
        if block - place % block < 7:
            place += block - place % block
            continue
        length, kind = int.from_bytes(content[place + 4 : place + 6], "little"), content[place + 6]
        parts += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # whole, or the last part
            yield parts
            parts = b""


def wandb_history(file: Path) -> dict[int, dict[str, float]]:
    from wandb.proto.wandb_internal_pb2 import Record

    found: dict[int, dict[str, float]] = {}
    for data in leveldb_records(file.read_bytes()):
        record = Record()
        record.ParseFromString(data)
        if record.WhichOneof("record_type") == "history":
            row = {
                ".".join([item.key, *item.nested_key]).lstrip("."): json.loads(item.value_json)
                for item in record.history.item
            }
            assert row["_step"] not in found
            found[row["_step"]] = {key: value for key, value in row.items() if key.startswith("train/")}
    return found


def test_auto_is_trackio_where_it_is_installed_and_says_where_not(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda name: object())
    assert trackers_of("auto") == ["trackio"]
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    assert trackers_of("auto") == trackers_of("none") == []
    sft.train(sft_config(dataset, tmp_path, token_budget=600))
    assert capsys.readouterr().err.count(tracking.UNTRACKED) == 1


def test_a_tracker_that_cannot_be_used_is_told_before_anything_is_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking, "find_spec", lambda name: None if name == "tensorboard" else object())
    config = sft_config(tmp_path, tmp_path / "out", tracking=["trackio", "tensorboard"])
    with pytest.raises(TickerTuneError, match=r"names tensorboard, which is not installed.*make setup"):
        sft.train(config)
    assert not (tmp_path / "out").exists()
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    with pytest.raises(TickerTuneError, match=r"WANDB_API_KEY is not set.*WANDB_MODE to offline"):
        trackers_of("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    assert trackers_of(["wandb", "wandb"]) == ["wandb"]


@pytest.mark.parametrize("key", ["report_to", "trackio_space_id", "run_name"])
def test_trackers_are_not_named_in_the_trainer_block(key: str) -> None:
    with pytest.raises(TickerTuneError, match=rf"'trainer.{key}' is refused \(set tracking: "):
        sft_args(sft_config(Path(), Path(), trainer={key: "x"}), Path())


def test_tracking_is_no_part_of_what_a_checkpoint_was_trained_with(dataset: Path, tmp_path: Path) -> None:
    from data_pipeline.dataset import read_info, read_split
    from tickertune.core.models import resolve_model

    made: list[Any] = [sft_config(dataset, tmp_path, tracking=value) for value in ("none", ["tensorboard", "wandb"])]
    known = (read_info(dataset), read_split(dataset, "train"), resolve_model(made[0].model))
    assert origin(made[0], *known) == origin(made[1], *known)
    assert "tracking" not in origin(made[0], *known)


def test_a_stage_of_a_run_is_named_after_run_world_and_stage(tmp_path: Path) -> None:
    write_json(tmp_path / "demo" / RUN_FILE, {})
    found = tracked(tmp_path / "demo" / "planted" / "sft", {})
    assert found.name == f"demo-planted-sft-{found.id[:8]}"
    assert tracked(tmp_path / "demo" / "planted" / "sft", {}) == found
    alone = tracked(tmp_path / "alone", {})
    assert alone.name.startswith("alone-")
    assert alone.id != found.id


def test_an_unknown_tracker_is_refused() -> None:
    with pytest.raises(ValueError, match="tracking"):
        SftConfig.model_validate({"model": {"name": "tiny-llama"}, "tracking": "mlflow"})
