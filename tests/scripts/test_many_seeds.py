"""What a study of many seeds says of them."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest


@pytest.fixture
def many_seeds(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("many_seeds")


def rows(*values: tuple[int, str, float], world: str = "planted") -> list[dict[str, object]]:
    return [
        {"seed": seed, "world": world, "checkpoint": name, "metric": "pnl_reward", "value": value}
        for seed, name, value in values
    ]


def of_seeds(sft: Sequence[float], grpo: Sequence[float], bayes: Sequence[float]) -> list[dict[str, object]]:
    named = {"sft": sft, "grpo": grpo, "bayes": bayes}
    return rows(*((seed, name, value) for name, values in named.items() for seed, value in enumerate(values)))


def test_the_gap_closed_is_the_gain_over_what_the_bayes_policy_gains(many_seeds: ModuleType) -> None:
    (found,) = many_seeds.gap_closed(of_seeds([0.1, 0.2, 0.0], [0.2, 0.1, 0.3], [0.5, 0.4, 0.3]))
    assert (found["world"], found["seeds"], found["seeds_without"]) == ("planted", 3, 0)
    assert found["gap"] == pytest.approx(0.3)
    assert found["gained"] == pytest.approx(0.1)
    assert found["share"] == pytest.approx(1 / 3)
    margin = 4.302653 * 0.1 / 3**0.5  # t with 2 degrees of freedom; the gaps 0.4, 0.2 and 0.3 have a deviation of 0.1
    assert (found["gap_low"], found["gap_high"]) == pytest.approx((0.3 - margin, 0.3 + margin), abs=1e-6)
    assert [(one["seed"], round(one["gap"], 9), round(one["gained"], 9)) for one in found["each"]] == [
        (0, 0.4, 0.1), (1, 0.2, -0.1), (2, 0.3, 0.3),
    ]  # fmt: skip
    told = "planted, 3 seeds: GRPO gains 0.100 of the 0.300 [0.052, 0.548] in P&L reward between SFT and the Bayes policy, 33%"
    assert many_seeds.gap_line(found) == told


def test_seeds_in_which_sft_earns_more_than_the_bayes_policy_count(many_seeds: ModuleType) -> None:
    (found,) = many_seeds.gap_closed(of_seeds([0.1, 0.5, 0.1], [0.3, 0.1, 0.2], [0.4, 0.1, 0.4]))
    assert found["seeds"] == len(found["each"]) == 3
    assert found["gap"] == pytest.approx((0.3 - 0.4 + 0.3) / 3)
    assert found["gained"] == pytest.approx((0.2 - 0.4 + 0.1) / 3)
    assert found["share"] is None
    assert "a share is not told, since the gap is 0.067 [" in many_seeds.gap_line(found)


def test_noise_has_no_share(many_seeds: ModuleType) -> None:
    drawing = np.random.default_rng(0)
    found = [many_seeds.gap_closed(of_seeds(*drawing.normal(size=(3, 10))))[0] for _ in range(100)]
    assert sum(one["share"] is not None for one in found) <= 6  # 2.5 are expected
    assert {one["seeds"] for one in found} == {10}
    assert abs(np.mean([one["gap"] for one in found])) < 0.15  # seeds with a gap alone would have a mean of 1.1
    clear = many_seeds.gap_closed(of_seeds(*(drawing.normal(size=(3, 10)) / 10 + [[0.0], [0.5], [1.0]])))[0]
    assert clear["share"] == pytest.approx(0.5, abs=0.1)


def test_one_seed_does_not_tell_whether_there_is_a_gap(many_seeds: ModuleType) -> None:
    (found,) = many_seeds.gap_closed(of_seeds([0.1], [0.3], [0.5]))
    assert (found["gap_low"], found["share"]) == (None, None)
    assert "one seed does not tell its spread" in many_seeds.gap_line(found)


def test_seeds_that_lack_one_of_the_three_are_counted(many_seeds: ModuleType) -> None:
    told = of_seeds([0.1, 0.1, 0.1], [0.3, 0.3], [0.5, 0.4, 0.6])
    (found,) = many_seeds.gap_closed(told)
    assert (found["seeds"], found["seeds_without"]) == (2, 1)
    assert many_seeds.gap_line(found).startswith("planted, 2 seeds (and 1 without all three): GRPO gains 0.200")


def test_worlds_without_a_bayes_policy_have_no_gap(many_seeds: ModuleType) -> None:
    assert many_seeds.gap_closed(rows((0, "sft", 0.1), (0, "grpo", 0.2))) == []
    both = [*rows((0, "sft", 0.1), (0, "grpo", 0.2), (0, "bayes", 0.4)), *rows((0, "sft", 0.1), world="other")]
    assert [row["world"] for row in many_seeds.gap_closed(both)] == ["planted"]


def test_where_sft_earns_what_the_bayes_policy_earns_there_is_no_share(many_seeds: ModuleType) -> None:
    (found,) = many_seeds.gap_closed(of_seeds([0.0, 0.0], [0.0, 0.0], [0.0, 0.0]))
    assert (found["gap"], found["gap_low"], found["gained"], found["share"]) == (0.0, 0.0, 0.0, None)


def test_above_and_below_zero_are_counted_for_intervals_and_chances_for_p_values(many_seeds: ModuleType) -> None:
    def row(metric: str, value: float, low: float | None, high: float | None) -> dict[str, object]:
        about = {"seed": 0, "world": "planted", "checkpoint": "sft", "metric": metric}
        return {**about, "value": value, "low": low, "high": high}

    table = many_seeds.summarise(
        [
            row("mcc", 0.2, 0.1, 0.3),
            row("mcc", -0.2, -0.3, -0.1),
            row("mcc", 0.0, -0.1, 0.1),
            row("mcc_p_above_zero_holm", 0.01, 0.01, 0.01),
            row("mcc_p_above_zero_holm", 0.9, 0.9, 0.9),
            row("accuracy", 0.6, None, None),
        ]
    )
    counts = table.select("metric", "seeds", "above_zero", "below_zero", "p_below_5_percent").rows()
    assert counts == [
        ("mcc", 3, 1, 1, None),
        ("mcc_p_above_zero_holm", 2, None, None, 1),
        ("accuracy", 1, None, None, None),
    ]


@pytest.mark.parametrize("count", ["0", "-1", "two", "1.5"])
def test_no_seeds_are_refused_by_the_parser(
    count: str, many_seeds: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["many_seeds.py", "run.yaml", "--seeds", count])
    with pytest.raises(SystemExit) as ended:
        many_seeds.main()
    assert ended.value.code == 2
    assert f"argument --seeds: '{count}' is no whole number from 1 on" in capsys.readouterr().err


def test_seeds_that_nobody_looked_at_run_from_the_first_that_is_named(
    many_seeds: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = []

    def run_seed(recipe: Path, seed: int, output: Path, sets: list[str]) -> list[dict[str, object]]:
        ran.append((seed, output.name, sets))
        found = rows((seed, "sft", 0.1), (seed, "grpo", 0.3), (seed, "bayes", 0.5 + seed / 100))
        return [{**row, "low": None, "high": None} for row in found]

    monkeypatch.setattr(many_seeds, "run_seed", run_seed)
    words = ["run.yaml", "--seeds", "2", "--first-seed", "3", "--output", str(tmp_path), "--set", "grpo.steps=1"]
    monkeypatch.setattr(sys, "argv", ["many_seeds.py", *words])
    many_seeds.main()
    assert ran == [(3, "3", ["grpo.steps=1"]), (4, "4", ["grpo.steps=1"])]
    (gap,) = json.loads((tmp_path / "seeds.json").read_text())["gap_closed"]
    assert [one["seed"] for one in gap["each"]] == [3, 4]
    assert gap["share"] == pytest.approx(0.2 / 0.435)
    assert "planted, 2 seeds: GRPO gains 0.200 of the 0.435 [" in capsys.readouterr().out
