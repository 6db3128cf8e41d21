"""What a study of many seeds says of them."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
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


def test_seeds_that_nobody_looked_at_run_from_the_first_that_is_named(
    many_seeds: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = []

    def run_seed(recipe: Path, seed: int, output: Path, sets: list[str]) -> list[dict[str, object]]:
        ran.append((seed, output.name, sets))
        found = rows((seed, "sft", 0.1), (seed, "grpo", 0.3), (seed, "bayes", 0.1 * seed))
        return [{**row, "low": None, "high": None} for row in found]

    monkeypatch.setattr(many_seeds, "run_seed", run_seed)
    words = ["run.yaml", "--seeds", "2", "--first-seed", "3", "--output", str(tmp_path), "--set", "grpo.steps=1"]
    monkeypatch.setattr(sys, "argv", ["many_seeds.py", *words])
    many_seeds.main()
    assert ran == [(3, "3", ["grpo.steps=1"]), (4, "4", ["grpo.steps=1"])]
    (gap,) = json.loads((tmp_path / "seeds.json").read_text())["gap_closed"]
    assert gap["shares"] == pytest.approx([0.2 / 0.2, 0.2 / 0.3])
