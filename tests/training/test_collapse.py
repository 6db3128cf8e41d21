"""The guard against collapse: what it sees in the log, when it stops, and whose weights are the result."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.conftest import Cut, cut_after, equal_weights, grpo_config, make_samples, write_samples
from tickertune.core.answers import read_reply
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import ModelConfig
from tickertune.core.recipe.curriculum import CollapseConfig
from tickertune.core.tasks import get_task
from training import grpo
from training.collapse import FILE, KEPT, causes
from training.log import LogCallback
from training.log import log_line as plain_line
from training.rewards.batch import Batch, Outcome, outcomes_of
from training.rewards.trl import decided_shares

HEALTHY = {"share/up": 0.6, "share/down": 0.4, "share/unparsed": 0.0, "frac_reward_zero_std": 0.3, "entropy": 0.5}
HEALTHY |= {"decided/up": 0.5, "decided/down": 0.5}
DOWN = {**HEALTHY, "share/up": 0.01, "share/down": 0.99}


def test_what_shows_a_collapse() -> None:
    config = CollapseConfig(entropy=0.1)
    assert causes([HEALTHY], config) == {}
    assert causes([DOWN, DOWN], config).keys() == {"one_label"}
    assert "say 'down'" in causes([DOWN], config)["one_label"]
    assert causes([{**HEALTHY, "frac_reward_zero_std": 0.9}], config).keys() == {"flat_groups"}
    assert causes([{**HEALTHY, "entropy": 0.05}], config).keys() == {"entropy"}
    assert causes([{**HEALTHY, "entropy": 0.0}], CollapseConfig()) == {}, "the bound is off unless it is set"
    assert all(len(said) < 120 for said in causes([{**DOWN, "frac_reward_zero_std": 1, "entropy": 0}], config).values())


def test_the_mean_of_the_window_counts() -> None:
    assert causes([HEALTHY, DOWN], CollapseConfig()) == {}
    silent = {**DOWN, "share/up": 0.0, "share/down": 0.3, "share/unparsed": 0.7}
    assert causes([silent], CollapseConfig()) == {}, "too few readable answers to tell"
    between = {"loss": 0.1, "entropy": 0.5}  # a step that learns from replies drawn before
    assert causes([DOWN, between] * 2, CollapseConfig()).keys() == {"one_label"}
    half = {"share/up": 0.0, "share/down": 0.6, "share/unparsed": 0.4}
    assert causes([half], CollapseConfig()).keys() == {"one_label"}, "of the readable ones"


def test_a_lean_on_every_prompt_is_a_collapse_of_decisions() -> None:
    """80% of the answers to each prompt say up: the most likely label is up for all."""
    leaning = {**HEALTHY, "share/up": 0.8, "share/down": 0.2, "decided/up": 1.0, "decided/down": 0.0}
    assert causes([leaning], CollapseConfig()) == {}, "a step's few groups may agree by chance"
    assert causes([leaning] * 4, CollapseConfig(), decisions=True).keys() == {"one_decision"}
    mixed = {**leaning, "decided/up": 0.7, "decided/down": 0.3}
    assert causes([leaning, mixed] * 2, CollapseConfig(), decisions=True) == {}
    assert len(causes([leaning], CollapseConfig(), decisions=True)["one_decision"]) < 120


def test_commonest_answers_of_groups() -> None:
    task = get_task("movement")
    answers = [read_reply(task, task.answer(label)) for label in ("up", "down")] + [read_reply(task, "no idea")]
    which = np.array([0, 0, 1, 0, 1, 2, 2, 2, 2, 1, 1, 1])
    rows = [Outcome("up")] * 12
    groups = ["a"] * 3 + ["b"] * 3 + ["c"] * 3 + ["d"] * 3
    batch = Batch(task, answers, which, outcomes_of(task, *zip(*rows, strict=True)), [""] * 12, groups)
    assert decided_shares(batch) == {"decided/up": pytest.approx(0.375), "decided/down": pytest.approx(0.375)}


@pytest.fixture(scope="module")
def base(answering_model: Path) -> ModelConfig:
    return ModelConfig(name=str(answering_model / "model"), dtype="float32")


def collapsing(monkeypatch: pytest.MonkeyPatch, first: int) -> None:
    """Let the log show, from step ``first`` on, that nearly all answers say down."""

    def line(logs: dict[str, Any], step: int, tokens: int) -> dict[str, Any]:
        return {**plain_line(logs, step, tokens), **(DOWN if step >= first else HEALTHY)}

    monkeypatch.setattr("training.log.log_line", line)


STOP = {"action": "stop", "window": 2}
SIZES = {"steps": 8, "save_steps": 1}


def test_training_stops_and_keeps_the_weights_from_before(
    dataset: Path, base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collapsing(monkeypatch, 4)
    whole = grpo_config(dataset, tmp_path / "whole", model=base, collapse=STOP, **SIZES)
    facts = grpo.train(whole)
    assert (facts["steps"], facts["samples"], facts["rollouts"]) == (5, 10, 40)
    assert (facts["collapse"]["step"], facts["collapse"]["kept"]) == (5, 3)
    assert "say 'down'" in facts["collapse"]["causes"]["one_label"]
    assert facts["collapse"]["means"]["share/down"] == 0.99
    assert read_json(tmp_path / "whole" / FILE) == facts["collapse"]
    assert not (tmp_path / "whole" / KEPT).exists()
    lines = [json.loads(line) for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert [bool(line.get("alarms")) for line in lines] == [False] * 3 + [True] * 2

    with monkeypatch.context() as patch:
        cut_after(patch, 4)
        with pytest.raises(Cut):
            grpo.train(grpo_config(dataset, tmp_path / "three", model=base, **SIZES))
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "three" / "checkpoints" / "checkpoint-3")


@pytest.mark.parametrize("step", [2, 4, 5])
def test_a_killed_run_ends_in_the_same_stop(
    dataset: Path, base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    collapsing(monkeypatch, 4)
    whole = grpo.train(grpo_config(dataset, tmp_path / "whole", model=base, collapse=STOP, **SIZES))
    config = grpo_config(dataset, tmp_path / "cut", model=base, collapse=STOP, **SIZES)
    with monkeypatch.context() as patch:
        cut_after(patch, step)
        with pytest.raises(Cut):
            grpo.train(config)
    facts = grpo.train(config)
    assert {**facts, "seconds": 0} == {**whole, "seconds": 0}
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
    assert (tmp_path / "whole" / "log.jsonl").read_text() == (tmp_path / "cut" / "log.jsonl").read_text()
    again = grpo.train(config)
    assert {**again, "seconds": 0} == {**whole, "seconds": 0}, "a finished run that is started again loses nothing"
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")


def test_a_collapse_before_any_checkpoint_is_an_error(
    dataset: Path, base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collapsing(monkeypatch, 1)
    with pytest.raises(TickerTuneError, match=r"collapsed by step 2, before a checkpoint was kept: at least 95%"):
        grpo.train(grpo_config(dataset, tmp_path, model=base, collapse=STOP, **SIZES))
    assert not (tmp_path / "adapter").exists()
    assert not (tmp_path / "tickertune.json").exists()


def test_a_warning_notes_the_collapse_and_trains_on(
    dataset: Path, base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    collapsing(monkeypatch, 2)
    config = grpo_config(dataset, tmp_path, model=base, collapse={"window": 2})
    facts = grpo.train(config)
    assert facts["steps"] == 4
    assert (facts["collapse"]["step"], facts["collapse"]["action"]) == (3, "warn")
    assert "grpo: collapsed by step 3, over 2 steps: at least 95% of the answers say 'down'" in capsys.readouterr().err
    assert not (tmp_path / KEPT).exists()


def test_a_healthy_run_leaves_no_finding(
    dataset: Path, base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    collapsing(monkeypatch, 99)
    facts = grpo.train(grpo_config(dataset, tmp_path, model=base, collapse=STOP))
    assert (facts["steps"], facts["collapse"]) == (4, None)
    assert not (tmp_path / FILE).exists()
    assert not (tmp_path / KEPT).exists()


def test_with_a_validation_split_the_best_checkpoint_is_the_result(
    base: ModelConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples = [
        sample.model_copy(update={"split": "train" if number < 24 else "validation"})
        for number, sample in enumerate(make_samples(36))
    ]
    data = write_samples(tmp_path / "data", samples)
    turn = iter([-0.5, -0.4, -0.6, -0.7, -0.8])
    monkeypatch.setattr("training.selection.scores_of", lambda *_, **__: {"log_score": next(turn)})
    collapsing(monkeypatch, 4)
    config = grpo_config(data, tmp_path / "out", model=base, collapse=STOP, select={"samples": None}, **SIZES)
    facts = grpo.train(config)
    assert (facts["steps"], facts["selected"]["step"], facts["collapse"]["step"]) == (5, 2, 5)
    assert (tmp_path / "out" / "adapter" / "adapter_model.safetensors").is_file()
    with monkeypatch.context() as patch:
        cut_after(patch, 3)
        with pytest.raises(Cut):
            grpo.train(grpo_config(data, tmp_path / "two", model=base, **SIZES))
    assert equal_weights(tmp_path / "out" / "adapter", tmp_path / "two" / "checkpoints" / "checkpoint-2")


def test_the_log_is_that_of_the_main_process(tmp_path: Path) -> None:
    assert LogCallback(tmp_path / "log.jsonl", "grpo").lines == []
