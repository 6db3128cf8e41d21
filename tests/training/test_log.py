import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from training.alarms import alarms
from training.log import LogCallback, log_line, read_log


def state(step: int, tokens: int = 0) -> Any:
    return SimpleNamespace(global_step=step, max_steps=6, num_input_tokens_seen=tokens, is_world_process_zero=True)


def write(callback: LogCallback, steps: range) -> None:
    for step in steps:
        callback.on_log(None, state(step, 10 * step), None, logs={"loss": 1 / step, "train_runtime": 3.0})


def test_interrupted_training_leaves_the_log_of_uninterrupted(tmp_path: Path) -> None:
    whole, resumed = LogCallback(tmp_path / "whole.jsonl", "t"), tmp_path / "resumed.jsonl"
    whole.on_train_begin(None, state(0), None)
    write(whole, range(1, 7))
    whole.close()

    first = LogCallback(resumed, "t")
    first.on_train_begin(None, state(0), None)
    write(first, range(1, 6))
    first.close()
    with resumed.open("a") as handle:
        handle.write('{"step": 6, "lo')  # killed while it wrote
    second = LogCallback(resumed, "t")
    second.on_train_begin(None, state(3), None)
    write(second, range(4, 7))
    second.close()
    assert resumed.read_text() == (tmp_path / "whole.jsonl").read_text()


def test_a_fresh_start_empties_an_old_log(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\n')
    callback = LogCallback(path, "t")
    callback.on_train_begin(None, state(0), None)
    callback.close()
    assert read_log(path) == []


def test_lines_hold_finite_numbers_and_nothing_of_the_clock() -> None:
    logs = {
        "loss": 0.5, "reward": float("nan"), "step_time": 3.0, "train_tokens_per_second": 9.0, "num_tokens": 7,
        "profiling/x": 1.0, "note": "text",
    }  # fmt: skip
    assert log_line(logs, 4, 70) == {"step": 4, "loss": 0.5, "tokens": 70}


def test_other_processes_write_nothing(tmp_path: Path) -> None:
    callback = LogCallback(tmp_path / "log.jsonl", "t")
    other = SimpleNamespace(**{**vars(state(1)), "is_world_process_zero": False})
    callback.on_train_begin(None, other, None)
    callback.on_log(None, other, None, logs={"loss": 1.0})
    assert not (tmp_path / "log.jsonl").exists()


def test_an_alarm_is_said_once(tmp_path: Path, capsys: Any) -> None:
    callback = LogCallback(tmp_path / "log.jsonl", "grpo", alarms)
    for step in (1, 2):
        callback.on_log(None, state(step), None, logs={"share/up": 1.0, "share/down": 0.0, "share/unparsed": 0.0})
    assert capsys.readouterr().err.count("collapsed") == 1
    assert [json.loads(line)["step"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == [1, 2]


def test_alarms() -> None:
    healthy = {"share/up": 0.6, "share/down": 0.4, "share/unparsed": 0.0, "frac_reward_zero_std": 0.3}
    assert alarms([healthy]) == []
    assert len(alarms([{**healthy, "frac_reward_zero_std": 0.9}])) == 1
    assert alarms([{"share/up": 0.1, "share/down": 0.0, "share/unparsed": 0.9}]) == [], "too few answers to tell"
    hacked = [{"rewards/format/mean": 0.1 * step, "rewards/accuracy/mean": 1 - 0.3 * step} for step in range(8)]
    assert alarms(hacked) == ["the format reward rises while accuracy falls"]


def test_alarm_for_the_format_without_an_accuracy_term() -> None:
    """The share of right answers is logged whatever is rewarded."""
    falling = [{"rewards/format/mean": 0.1 * step, "right": 0.6 - 0.05 * step} for step in range(8)]
    assert alarms(falling) == ["the format reward rises while accuracy falls"]
    steady = [{"rewards/format/mean": 0.1 * step, "right": 0.6 - 0.01 * step} for step in range(8)]
    assert alarms(steady) == []
