"""What a study of many seeds says of them."""

from collections.abc import Callable
from types import ModuleType

import pytest


@pytest.fixture
def many_seeds(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("many_seeds")


def rows(*values: tuple[int, str, float], world: str = "planted") -> list[dict[str, object]]:
    return [
        {"seed": seed, "world": world, "checkpoint": name, "metric": "pnl_reward", "value": value}
        for seed, name, value in values
    ]


def test_the_gap_closed_is_the_gain_over_what_the_bayes_policy_gains(many_seeds: ModuleType) -> None:
    told = rows(
        (0, "sft", 0.1), (0, "grpo", 0.2), (0, "bayes", 0.5), (1, "sft", 0.2), (1, "grpo", 0.1), (1, "bayes", 0.4)
    )
    (found,) = many_seeds.gap_closed(told)
    assert found["world"] == "planted"
    assert found["gap"] == pytest.approx(0.3)
    assert found["gained"] == pytest.approx(0.0)
    assert found["share"] == pytest.approx(0.0)
    assert found["shares"] == pytest.approx([0.25, -0.5])


def test_worlds_without_a_bayes_policy_have_no_gap(many_seeds: ModuleType) -> None:
    assert many_seeds.gap_closed(rows((0, "sft", 0.1), (0, "grpo", 0.2))) == []
    both = [*rows((0, "sft", 0.1), (0, "grpo", 0.2), (0, "bayes", 0.4)), *rows((0, "sft", 0.1), world="other")]
    assert [row["world"] for row in many_seeds.gap_closed(both)] == ["planted"]


def test_where_sft_earns_what_the_bayes_policy_earns_there_is_no_gap(many_seeds: ModuleType) -> None:
    flat = rows((0, "sft", 0.0), (0, "grpo", 0.0), (0, "bayes", 0.0), world="placebo")
    assert many_seeds.gap_closed(flat) == []
