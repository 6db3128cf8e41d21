"""Composition: weights, stages, what is refused, users' own terms, and what a missing outcome means."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_pipeline.dataset import DatasetInfo, read_info
from tests.training.conftest import grpo_config, make_samples, write_samples
from tests.training.rewards.made import THREE, TWO, batch, said
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import GrpoConfig
from tickertune.core.recipe.loading import parse_config
from tickertune.core.recipe.rewards import TERM_NAMES
from training.rewards.batch import Outcome
from training.rewards.compose import Reward, compose
from training.rewards.trl import stage_at

USER = '''
def words(answer, outcome, prompt):
    """A point a word of the prompt, nothing known of flat samples."""
    return None if outcome.label == "flat" else len(prompt.split())

def broken(answer, outcome, prompt):
    raise ZeroDivisionError("the user's own mistake")

def text(answer, outcome, prompt):
    return "high"

number = 3
'''


@pytest.fixture
def info(tmp_path: Path) -> DatasetInfo:
    return read_info(write_samples(tmp_path / "data", make_samples(4)))


@pytest.fixture
def user_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "own_rewards.py").write_text(USER)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "own_rewards", raising=False)
    return "own_rewards"


def config(**changes: Any) -> GrpoConfig:
    return grpo_config(Path(), Path(), **changes)


def composed(info: DatasetInfo, **changes: Any) -> Reward:
    (reward,) = compose(config(**changes), info)
    return reward


@pytest.mark.parametrize(
    ("name", "hint"), [("acuracy", "accuracy"), ("pnll", "pnl"), ("log-score", "log_score"), ("sharp", "sharpe")]
)
def test_an_unknown_term_names_the_nearest_one(name: str, hint: str) -> None:
    with pytest.raises(TickerTuneError, match=rf"unknown reward term '{name}' \(did you mean '{hint}'\?\)"):
        parse_config(GrpoConfig, {"model": {"name": "tiny-llama"}, "rewards": {name: 1.0}}, "grpo.yaml")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rewards": {"pnl": float("nan")}}, "a finite number"),
        ({"terms": {"decision_matrix": {"rows": [[1, float("inf")], [0, 1]]}}}, "a finite number"),
        ({"terms": {"decision_matrix": {"unparsed": float("nan")}}}, "a finite number"),
        ({"terms": {"class_bonus": {"move": float("nan")}}}, "a finite number"),
        ({"pnl": {"cost_bps": float("inf")}}, "a finite number"),
        ({"beta": float("inf")}, "a finite number"),
        ({"rewards": {"pnl": 0.0}}, "at least one reward"),
        ({"rewards": {"sharpe": 1.0}}, "reward sharpe is that of a portfolio of 2 prompts; set prompts_per_step to at least 4"),
        ({"stages": [{"name": "a", "steps": 3, "rewards": {"pnl": 1}}]}, "the stages have 3 steps together, and steps is 4"),
        ({"stages": [{"name": "a", "steps": 4, "rewards": {"pnl": 1}}], "rewards": {"pnl": 1}}, "leave one out"),
        ({"stages": [{"name": "a", "steps": 4, "rewards": {"pmll": 1}}]}, "unknown reward term 'pmll'"),
        ({"terms": {"decision_matrix": {"rows": [[1, 2], [3]]}}}, "2 rows of"),
        ({"terms": {"structure": {"fewest": 8}}}, "structure.fewest 8 is more than structure.most 7"),
    ],
)  # fmt: skip
def test_what_a_recipe_may_not_say(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**changes)


@pytest.mark.parametrize("name", ["consistency", "structure", "evidence", "brier", "log_score"])
def test_terms_of_a_tagged_reply_are_refused_for_a_plain_one(info: DatasetInfo, name: str) -> None:
    with pytest.raises(TickerTuneError, match=rf"has a {name} term, and a plain reply states a label alone"):
        composed(info, rewards={name: 1.0})
    assert composed(info, rewards={name: 1.0}, reply="tagged").weights == {name: 1.0}


def test_a_matrix_of_another_size_is_refused(info: DatasetInfo) -> None:
    with pytest.raises(TickerTuneError, match="has 5 rows, but task movement has 2 labels"):
        composed(info, rewards={"decision_matrix": 1.0})


@pytest.mark.parametrize("name", ["pnl", "sharpe", "cvar", "utility"])
def test_positions_are_refused_for_a_task_without_a_market(tmp_path: Path, name: str) -> None:
    samples = [sample.model_copy(update={"task": "sentiment", "label": "neutral"}) for sample in make_samples(4)]
    about = read_info(write_samples(tmp_path, samples))
    with pytest.raises(TickerTuneError, match="task sentiment takes no positions"):
        composed(about, rewards={name: 1.0}, prompts_per_step=4)
    assert composed(about, rewards={"accuracy": 1.0, "pnl": 0}).weights == {"accuracy": 1.0}


def test_open_answers_are_refused(info: DatasetInfo) -> None:
    with pytest.raises(TickerTuneError, match="Task entities has open answers"):
        compose(config(), info.model_copy(update={"task": "entities"}))


def test_boundaries_have_the_unit_of_the_labels_target(info: DatasetInfo) -> None:
    plain = info.model_copy(update={"label_spec": {"target": "ret_raw"}, "fitted": {"cut_points": [0.0]}})
    assert not composed(plain).settings.cuts_scaled
    assert composed(plain).move_column == "ret_raw"
    smoothed = info.model_copy(update={"label_spec": {"target": "target"}, "fitted": {"cut_points": [0.0]}})
    assert composed(smoothed).settings.cut_points == ()
    assert composed(info).settings.cuts_scaled
    assert composed(info).move_column is None


def test_stages_share_their_terms_and_weigh_them_in_turn(info: DatasetInfo) -> None:
    stages = [
        {"name": "form", "steps": 1, "rewards": {"format": 1.0, "pnl": 0}},
        {"name": "side", "steps": 3, "rewards": {"accuracy": 1.0}, "terms": {"class_bonus": {"move": 2, "hold": 1}}},
        {"name": "bet", "steps": 2, "rewards": {"pnl": 1.0, "format": 0.5}},
    ]
    rewards = compose(config(stages=stages, steps=6), info)
    assert [dict(reward.weights) for reward in rewards] == [
        {"format": 1.0, "accuracy": 0.0, "pnl": 0.0},
        {"format": 0.0, "accuracy": 1.0, "pnl": 0.0},
        {"format": 0.5, "accuracy": 0.0, "pnl": 1.0},
    ]
    assert [reward.settings.terms.class_bonus.move for reward in rewards] == [4, 2, 4]
    assert [stage_at(rewards, step) for step in range(7)] == [0, 1, 1, 1, 2, 2, 2]


def test_a_missing_outcome_makes_every_term_missing(info: DatasetInfo) -> None:
    everything = {name: 1.0 for name in TERM_NAMES if name != "decision_matrix"}
    reward = composed(info, rewards=everything, reply="tagged", prompts_per_step=4)
    outcomes = [
        Outcome("up", 1.0, 0.02),
        Outcome("up"),
        Outcome("up", float("nan"), 0.02),
        Outcome("up", 1.0, None, 0.02),
    ]
    found = reward.terms(batch(TWO, [said(TWO, "up")] * 4, outcomes, tagged=True))
    assert list(found) == list(everything)
    for name, values in found.items():
        assert np.isnan(values).tolist() == [False, True, True, True], name
    assert [reward.scorable(outcome) for outcome in outcomes] == [True, False, False, False]
    assert np.isnan(reward.total(found)).tolist() == [False, True, True, True]


def test_magnitude_alone_needs_the_return_alone(info: DatasetInfo) -> None:
    reward = composed(info, rewards={"magnitude": 1.0})
    assert reward.scorable(Outcome("up", move=0.01))
    assert reward.scorable(Outcome("up", 1.0, 0.02))
    assert not reward.scorable(Outcome("up", 1.0))


def test_a_users_term_sees_answer_outcome_and_prompt(info: DatasetInfo, user_module: str) -> None:
    reward = replace(composed(info, rewards={f"{user_module}.words": 0.5, "accuracy": 1.0}), task=THREE)
    made = batch(THREE, [THREE.answer("up")] * 2, [Outcome("up"), Outcome("flat")], prompts=["one two", "three"])
    found = reward.terms(made)
    assert found[f"{user_module}.words"][0] == 2
    assert reward.total(found)[0] == 3  # 0.5 * 2 + 2
    assert np.isnan([values[1] for values in found.values()]).all(), "None masks the sample"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("own_rewards.nothing", "has no function 'nothing'"),
        ("own_rewards.number", "has no function 'number'"),
        ("own_rewards.inner.words", "there is no module 'own_rewards.inner'"),
        ("nowhere.at.all", "neither in the working folder"),
        ("os.getcwd", "neither in the working folder"),
        ("sys.exit", "neither in the working folder"),
    ],
)
def test_users_terms_that_are_refused(info: DatasetInfo, user_module: str, path: str, message: str) -> None:
    with pytest.raises(TickerTuneError, match=message):
        composed(info, rewards={path: 1.0})


def test_a_users_term_that_fails_is_not_a_reward_of_zero(info: DatasetInfo, user_module: str) -> None:
    made = batch(TWO, [TWO.answer("up")], Outcome("up"))
    said = r"own_rewards.broken' raised ZeroDivisionError: .*own mistake.* \(own_rewards.py, line \d+\)\. Correct it"
    with pytest.raises(TickerTuneError, match=said) as raised:
        composed(info, rewards={f"{user_module}.broken": 1.0}).terms(made)
    assert isinstance(raised.value.__cause__, ZeroDivisionError)
    with pytest.raises(TickerTuneError, match=r"own_rewards.text' returned 'high', not a finite number"):
        composed(info, rewards={f"{user_module}.text": 1.0}).terms(made)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import torch_of_mine\n", r"raised ModuleNotFoundError: No module named 'torch_of_mine' \(NAME.py, line 1\)"),
        ("def term(:\n", r"raised SyntaxError: invalid syntax \(NAME.py, line 1\)\."),
        ("\nLIMIT = 1 / 0\n", r"raised ZeroDivisionError: division by zero \(NAME.py, line 2\)"),
    ],
)
def test_a_users_module_that_cannot_be_imported_is_told(
    info: DatasetInfo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, said: str
) -> None:
    name = f"own_rewards_{len(text)}"
    (tmp_path / f"{name}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(TickerTuneError, match=f"The module of reward term '{name}.term' " + said.replace("NAME", name)):
        composed(info, rewards={f"{name}.term": 1.0})


def test_portfolios_of_several_windows_are_apart(info: DatasetInfo) -> None:
    reward = composed(info, rewards={"sharpe": 1.0}, prompts_per_step=4)
    outcomes = [Outcome("up", float(number), 0.02) for number in (1, 2, 3, -1)]
    texts = [TWO.answer("up")] * 4
    whole = reward.terms(batch(TWO, texts, outcomes), windows=np.array([0, 1, 0, 1]))["sharpe"]
    for rows in ([0, 2], [1, 3]):
        alone = reward.terms(batch(TWO, texts[:2], [outcomes[row] for row in rows]))["sharpe"]
        assert whole[rows] == pytest.approx(alone)
