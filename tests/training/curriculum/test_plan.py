"""The curriculum of a recipe, laid out on made samples."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_pipeline.labels.regimes import Regimes
from tests.training.conftest import grpo_config, make_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import GrpoConfig
from tickertune.core.recipe.loading import parse_config
from tickertune.core.sample import Sample
from tickertune.core.table import frame_of
from training.curriculum import plan_of

HERE = Path()
SAMPLES = frame_of(Sample, make_samples(60))
MANY = frame_of(Sample, make_samples(90))


def config(**changes: Any) -> GrpoConfig:
    return grpo_config(HERE, HERE, **{"steps": 6, "prompts_per_step": 4, **changes})


def steps_of(order: list[int], per_step: int = 4) -> list[list[int]]:
    return [order[start : start + per_step] for start in range(0, len(order), per_step)]


def test_easy_prompts_come_first_and_settled_ones_never() -> None:
    shares = [1.0] * 5 + [2 / 3] * 5 + [0.6] * 10 + [0.4] * 20 + [0.1] * 15 + [0.0] * 5
    plan = plan_of(SAMPLES, config(curriculum={"difficulty": {}}), shares)
    drawn = [[shares[row] for row in step] for step in steps_of(plan.order)]
    means = [float(np.mean(step)) for step in drawn]
    assert means == sorted(means, reverse=True)
    assert {share for step in drawn for share in step} == {0.6, 0.4, 0.1}
    assert plan.dropped == {"always_right": 10, "always_wrong": 5}
    told = plan.facts["difficulty"]
    assert (told["bucket_1"], told["bucket_2"], told["bucket_3"], told["last"]) == (10, 20, 15, 0)


def test_buckets_of_probabilities_are_of_equal_size() -> None:
    """An early checkpoint is about as sure of every label: ranges of equal width would hold all prompts in one."""
    shares = [0.55 - 0.001 * row for row in range(60)]
    plan = plan_of(SAMPLES, config(curriculum={"difficulty": {"by": "probability"}}), shares)
    told = plan.facts["difficulty"]
    assert (told["bucket_1"], told["bucket_2"], told["bucket_3"]) == (20, 20, 20)
    assert max(plan.order[:8]) < 20 <= min(plan.order[8:16])
    assert min(plan.order[16:]) >= 40


def test_a_share_on_a_bound_belongs_to_the_easier_bucket() -> None:
    difficulty = {"rollouts": 6, "always_right": "keep", "always_wrong": "keep"}
    plan = plan_of(SAMPLES, config(curriculum={"difficulty": difficulty}), [2 / 3] * 30 + [1 / 3] * 30)
    told = plan.facts["difficulty"]
    assert (told["bucket_1"], told["bucket_2"], told["bucket_3"]) == (30, 30, 0)


def test_settled_prompts_can_come_last_or_stay() -> None:
    shares = [1.0] * 20 + [0.5] * 20 + [0.0] * 20
    difficulty = {"always_right": "last", "always_wrong": "keep"}
    plan = plan_of(SAMPLES, config(curriculum={"difficulty": difficulty}), shares)
    drawn = [{shares[row] for row in step} for step in steps_of(plan.order)]
    assert drawn == [{0.5}, {0.5}, {0.0}, {0.0}, {1.0}, {1.0}]
    assert plan.dropped == {"always_right": 0, "always_wrong": 0}
    assert plan.facts["difficulty"]["last"] == 20


def test_a_curriculum_without_prompts_is_refused() -> None:
    with pytest.raises(TickerTuneError, match="leaves none of 60 prompts \\(60 always_right, 0 always_wrong\\)"):
        plan_of(SAMPLES, config(curriculum={"difficulty": {}}), [1.0] * 60)


def test_clear_moves_come_first() -> None:
    stages = [{"steps": 2, "least": 1.0}, {"steps": 4, "least": 0.2}]
    plan = plan_of(SAMPLES, config(curriculum={"noise": {"stages": stages}}))
    moves = SAMPLES["ret_scaled"].abs().to_numpy()
    drawn = steps_of(plan.order)
    assert all(moves[row] >= 1.0 for step in drawn[:2] for row in step)
    assert all(moves[row] >= 0.2 for step in drawn[2:] for row in step)
    assert min(moves[row] for step in drawn[2:] for row in step) < 1.0
    small = int((moves < 0.2).sum())
    assert plan.dropped == {"no_move": 0, "small_move": small}
    assert plan.facts["noise"] == {"least_1": int((moves >= 1).sum()), "least_0.2": 60 - small}


def test_steps_that_share_replies_share_prompts() -> None:
    """Six steps draw replies three times; the third time is behind the stage of clear moves."""
    noise = {"stages": [{"steps": 4, "least": 1}, {"steps": 2, "least": 0}]}
    plan = plan_of(SAMPLES, config(trainer={"num_iterations": 2}, curriculum={"noise": noise}))
    moves = np.abs(SAMPLES["ret_scaled"].to_numpy())
    drawn = [bool((moves[step] >= 1).all()) for step in steps_of(plan.order)]
    assert drawn == [True, True, False]


def test_a_stage_with_too_few_clear_moves_is_refused() -> None:
    noise = {"stages": [{"steps": 2, "least": 50}, {"steps": 4, "least": 0}]}
    with pytest.raises(TickerTuneError, match="takes 4 prompts of the data set, and the curriculum has 0"):
        plan_of(SAMPLES, config(curriculum={"noise": noise}))


def test_samples_without_a_return_are_counted() -> None:
    table = SAMPLES.with_columns(pl.when(pl.int_range(pl.len()) > 6).then("ret_scaled").alias("ret_scaled"))
    plan = plan_of(table, config(curriculum={"noise": {"stages": [{"steps": 6, "least": 0}]}}))
    assert plan.dropped == {"no_move": 7, "small_move": 0}
    assert min(plan.order) >= 7


@settings(deadline=None, max_examples=40)
@given(share=st.floats(0.1, 0.9), per_step=st.integers(2, 8), seed=st.integers(0, 5))
def test_classes_are_balanced_whatever_their_shares(share: float, per_step: int, seed: int) -> None:
    up = max(int(60 * share), 4)
    table = SAMPLES.with_columns(
        label=pl.when(pl.int_range(pl.len()) < up).then(pl.lit("up")).otherwise(pl.lit("down"))
    )
    recipe = config(curriculum={"balance": True}, prompts_per_step=per_step, seed=seed)
    plan = plan_of(table, recipe)
    labels = table["label"].to_list()
    for step in steps_of(plan.order, per_step):
        assert len(set(step)) == per_step
        assert abs(sum(labels[row] == "up" for row in step) - per_step / 2) <= 0.5
    assert sum(labels[row] == "up" for row in plan.order) == per_step * 3, "over an even number of steps, equal"
    assert plan.facts["classes"] == {"down": 60 - up, "up": up}
    assert plan == plan_of(table, recipe)


def test_balance_needs_two_classes() -> None:
    table = SAMPLES.with_columns(label=pl.lit("up"))
    with pytest.raises(TickerTuneError, match="all 60 prompts are 'up'"):
        plan_of(table, config(curriculum={"balance": True}))


@settings(deadline=None, max_examples=40)
@given(counts=st.lists(st.integers(6, 30), min_size=3, max_size=3), per_step=st.integers(3, 6))
def test_each_step_holds_its_share_of_each_regime(counts: list[int], per_step: int) -> None:
    names = [name for name, count in zip(("down", "flat", "up"), counts, strict=True) for _ in range(count)]
    samples = MANY[: len(names)]
    recipe = config(curriculum={"regimes": {}}, prompts_per_step=per_step)
    plan = plan_of(samples, recipe, regimes=Regimes(names, (0.0, 0.1)))
    for step in steps_of(plan.order, per_step):
        for name, count in zip(("down", "flat", "up"), counts, strict=True):
            assert abs(sum(names[row] == name for row in step) - per_step * count / len(names)) < 1
    assert plan.facts["regimes"] == {
        "by": "trend", "bounds": [0.0, 0.1], **dict(zip(("down", "flat", "up"), counts, strict=True))
    }  # fmt: skip


def test_parts_combine() -> None:
    """Balanced classes, regimes within them, and easy prompts first in each."""
    shares = list(np.random.default_rng(0).uniform(0.05, 0.95, 60))
    names = [("down", "up")[row // 2 % 2] for row in range(60)]
    recipe = config(curriculum={"balance": True, "regimes": {}, "difficulty": {"buckets": 2}}, prompts_per_step=8)
    plan = plan_of(SAMPLES, recipe, shares, Regimes(names, (0.0, 0.1)))
    labels = SAMPLES["label"].to_list()
    steps = steps_of(plan.order, 8)
    assert all(sum(labels[row] == "up" for row in step) == 4 for step in steps)
    means = [float(np.mean([shares[row] for row in step])) for step in steps]
    assert min(means[:2]) > max(means[-2:])


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"curriculum": {"difculty": {}}}, "unknown key 'curriculum.difculty' \\(did you mean 'difficulty'\\?\\)"),
        ({"curriculum": {"difficulty": {"rollout": 4}}}, "did you mean 'rollouts'"),
        ({"curriculum": {"difficulty": {}, "noise": {"stages": [{"steps": 6, "least": 0}]}}}, "leave one out"),
        ({"curriculum": {"noise": {"stages": [{"steps": 5, "least": 0}]}}}, "have 5 steps together, and steps is 6"),
        (
            {
                "trainer": {"num_iterations": 2},
                "curriculum": {"noise": {"stages": [{"steps": 3, "least": 1}, {"steps": 3, "least": 0}]}},
            },
            r"replies serve 2 steps \(trainer.num_iterations\), and 3 steps, of training or of a stage",
        ),
        ({"trainer": {"num_iterations": 4}}, r"replies serve 4 steps \(trainer.num_iterations\), and 6 steps"),
        ({"trainer": {"num_iterations": 0}}, "'trainer.num_iterations' is 0, not a whole number from 1 on"),
        ({"trainer": {"num_iterations": "two"}}, "'trainer.num_iterations' is 'two', not a whole number from 1 on"),
        (
            {"curriculum": {"noise": {"stages": [{"steps": 3, "least": 1}, {"steps": 3, "least": 1}]}}},
            "least must fall from stage to stage",
        ),
        (
            {"curriculum": {"distractors": {"stages": [{"steps": 5, "items": 0}]}}},
            "curriculum.distractors have 5 steps together, and steps is 6",
        ),
        (
            {"curriculum": {"distractors": {"stages": [{"steps": 3, "items": 1}, {"steps": 3, "items": 1}]}}},
            "items must rise from stage to stage, and 1 follows 1",
        ),
        ({"curriculum": {"difficulty": {"by": "probability"}}, "reply": "tagged"}, "set by to rollouts"),
        ({"select": {}, "reply": "tagged"}, "select scores plain replies"),
        ({"collapse": {"acton": "stop"}}, "did you mean 'action'"),
    ],
)
def test_what_does_not_fit_is_refused(block: dict[str, Any], said: str) -> None:
    with pytest.raises(TickerTuneError, match=said):
        parse_config(GrpoConfig, {"model": {"name": "tiny-llama"}, "steps": 6, **block}, "grpo.yaml")
