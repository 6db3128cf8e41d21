"""Best of n by a reward model: its numbers are its own, stored once, and the best reply decides."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from eval.backends import fake
from eval.checkpoint import Checkpoint
from eval.evaluate import evaluate
from eval.results import ResultStore
from eval.voting import tally
from eval.voting.ballots import NONE
from eval.voting.rating import Rater, rated
from eval.voting.rules import best_votes, weights_of
from tests.eval.voting.made import ballots
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import EvalConfig
from tickertune.core.recipe.loading import parse_config
from tickertune.core.reward_model import RewardModel, rated_ids

UP, DOWN = "After this news the stock price went up", "After this news the stock price went down"


@pytest.fixture(scope="module")
def reward_model(tmp_path_factory: pytest.TempPathFactory, tiny_base: str) -> Path:
    """A sequence classifier of one output with random weights, as TRL's RewardTrainer saves it."""
    folder = tmp_path_factory.mktemp("reward") / "model"
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model = AutoModelForSequenceClassification.from_pretrained(tiny_base, num_labels=1, dtype=torch.float32)
        torch.nn.init.normal_(model.score.weight)
    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    model.config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def rate(folder: Path, samples: pl.DataFrame, replies: list[list[str]], store: Path) -> Any:
    made = ballots(replies)
    return rated(made, Rater(folder), samples, replies, ResultStore(store), 3, 2, "rating")


def test_rewards_are_those_of_the_classifier_on_prompt_and_reply(
    reward_model: Path, movement_samples: pl.DataFrame, tmp_path: Path
) -> None:
    samples = movement_samples.head(3)
    replies = [[UP, DOWN, "No idea"], [f"{UP} indeed", "", UP], [DOWN, DOWN, UP]]
    found = rate(reward_model, samples, replies, tmp_path / "store")
    model = AutoModelForSequenceClassification.from_pretrained(reward_model)
    tokenizer = AutoTokenizer.from_pretrained(reward_model)
    for row, messages in enumerate(samples["messages"].to_list()):
        for draw, reply in enumerate(replies[row]):
            if found.labels[row, draw] == NONE:
                assert np.isnan(found.rewards[row, draw])
                assert found.rated_tokens[row, draw] == 0
                continue
            ids = rated_ids(tokenizer, messages, reply)
            with torch.no_grad():
                expected = float(model(torch.tensor([ids])).logits[0, 0])
            assert found.rewards[row, draw] == pytest.approx(expected, abs=1e-5)
            assert found.rated_tokens[row, draw] == len(ids)
    assert len(set(found.rewards[~np.isnan(found.rewards)].round(6))) == 6  # two of seven replies are equal


def test_what_is_stored_is_not_rated_again(
    reward_model: Path, movement_samples: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill in the second chunk of three costs that chunk; equal replies of a sample are rated once."""
    samples, replies = movement_samples.head(3), [[UP, DOWN, UP], [f"{UP} now", UP, DOWN], [DOWN, UP, f"{DOWN} now"]]
    whole = rate(reward_model, samples, replies, tmp_path / "whole")
    asked: list[int] = []
    rewards = RewardModel.rewards

    def dies(self: RewardModel, rows: list[list[int]], batch_size: int = 16) -> Any:
        asked.append(len(rows))
        if len(asked) == 2:
            raise KeyboardInterrupt
        return rewards(self, rows, batch_size)

    monkeypatch.setattr(RewardModel, "rewards", dies)
    with pytest.raises(KeyboardInterrupt):
        rate(reward_model, samples, replies, tmp_path / "cut")
    found = rate(reward_model, samples, replies, tmp_path / "cut")
    assert asked == [3, 3, 3, 2]
    np.testing.assert_allclose(found.rewards, whole.rewards, atol=1e-6)
    monkeypatch.setattr(RewardModel, "rewards", lambda *_: pytest.fail("rated again"))
    np.testing.assert_array_equal(rate(reward_model, samples, replies, tmp_path / "cut").rewards, found.rewards)


REWARDS = st.lists(
    st.tuples(st.sampled_from([NONE, 0, 1, 2]), st.floats(-5, 5, allow_nan=False, width=32)), min_size=1, max_size=8
)


@given(REWARDS)
def test_the_best_reply_decides(drawn: list[tuple[int, float]]) -> None:
    labels = np.array([[label for label, _ in drawn]])
    rewards = np.array([[np.nan if label == NONE else reward for label, reward in drawn]])
    result = best_votes(labels, rewards)
    named = [(reward, label) for label, reward in drawn if label != NONE]
    if not named:
        assert result.labels.tolist() == [NONE]
        assert np.isnan(result.shares[0])
        return
    best = max(reward for reward, _ in named)
    assert result.labels[0] == next(label for reward, label in named if reward == best)
    odds = {label: sum(np.exp(r - best) for r, other in named if other == label) for _, label in named}
    assert result.shares[0] == pytest.approx(odds[int(result.labels[0])] / sum(odds.values()))
    assert result.tied[0] == (len({label for reward, label in named if reward == best}) > 1)
    assert (tally("best_of_n", labels, rewards, 3).labels == result.labels).all()


def test_a_rule_that_needs_rewards_says_so() -> None:
    with pytest.raises(ValueError, match="replies that a reward model rated"):
        weights_of(ballots([[UP]]), "best_of_n")


def settings(**votes: Any) -> EvalConfig:
    block = {"backend": "fake", "resamples": 200, "baselines": ["majority"], "votes": {"samples": 4, **votes}}
    return parse_config(EvalConfig, block, "r.yaml")


def test_best_of_n_stands_beside_the_votes_with_its_curve_and_its_cost(
    movement_data: Path,
    tiny_base: str,
    reward_model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = fake.FakeBackend.__init__
    monkeypatch.setattr(fake.FakeBackend, "__init__", lambda self: made(self, (UP, DOWN, f"{UP} now", "Hard to say")))
    config = settings(rules=["majority", "best_of_n"], reward_model=str(reward_model))
    facts = evaluate(movement_data, [Checkpoint("base", tiny_base)], config, tmp_path / "eval", "w")
    assert facts["predictors"] == ["base", "base@4", "base@4-best_of_n", "majority"]
    told = read_json(tmp_path / "eval" / "meta.json")["predictors"]["base@4-best_of_n"]
    assert told["reward_model"] == Rater(reward_model).fingerprint
    assert told["rated_tokens"] > told["reply_tokens"]
    assert "rated_tokens" not in read_json(tmp_path / "eval" / "meta.json")["predictors"]["base@4"]
    rows = {(row["checkpoint"], row["metric"]): row["value"] for row in read_json(tmp_path / "eval" / "metrics.json")}
    curve = {
        (point["rule"], point["replies"], point["metric"]): point
        for point in read_json(tmp_path / "eval" / "votes.json")
    }
    last = curve["best_of_n", 4, "mcc"]
    assert last["value"] == last["expected"] == rows["base@4-best_of_n", "mcc"]
    assert last["rated_tokens"] == pytest.approx(told["rated_tokens"] / 24)
    costs = [curve["best_of_n", count, "mcc"]["rated_tokens"] for count in (1, 2, 3, 4)]
    assert costs == sorted(costs)
    assert costs[0] > 0
    assert curve["majority", 4, "mcc"]["rated_tokens"] == 0
    assert curve["best_of_n", 1, "mcc"]["value"] == curve["majority", 1, "mcc"]["value"]
    before = (tmp_path / "eval" / "metrics.json").read_bytes()
    monkeypatch.setattr(RewardModel, "__init__", lambda *_: pytest.fail("loaded again"))
    evaluate(movement_data, [Checkpoint("base", tiny_base)], config, tmp_path / "eval", "w")
    assert (tmp_path / "eval" / "metrics.json").read_bytes() == before


def test_what_is_no_reward_model_is_refused(tiny_base: str, reward_model: Path, tmp_path: Path) -> None:
    for folder, said in (
        (Path(tiny_base), "holds a LlamaForCausalLM of 2 outputs"),
        (tmp_path, "holds no reward model"),
    ):
        with pytest.raises(TickerTuneError, match=said):
            Rater(folder)
    for path in reward_model.iterdir():
        if path.suffix != ".safetensors":
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickled")
    with pytest.raises(TickerTuneError, match="pickled weights are not loaded"):
        Rater(tmp_path)
    for votes in ({"rules": ["best_of_n"]}, {"reward_model": str(reward_model)}):
        with pytest.raises(TickerTuneError, match=r"best_of_n and votes\.reward_model go together"):
            settings(**votes)
