"""The bench of scores: few-shot sets are held to the targets, the others to what counting allows beside them."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SCORES = [[-1.0, -2.0], [-3.0, -1.0]]


@pytest.fixture
def scoring(script: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.delenv("BENCH_SETS", raising=False)
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parents[2] / "scripts/bench/jobs"), *sys.path])
    return script("bench.jobs.scoring")


def measured(scoring: ModuleType, rates: dict[str, float]) -> tuple[dict[str, float], dict[str, list[dict[str, Any]]]]:
    """Every set alike: two prompts of 1,000 tokens that share 900, two labels, engines with these rates."""
    run = {
        "scores": SCORES, "weights": {"layers": 100, "vocabulary": 25}, "tree": 1100, "tokens": 2000, "read": 1100, "labels": 2,
        "whole_file": {"prompts": 2, "tokens": 2000, "tree": 1100},
    }  # fmt: skip
    read = {"ours": 1100, "lm_eval_vllm": 4000, "lm_eval_hf": 2000, "transformers_loop": 2000}
    raw = {program: [{**run, "read": read[program.split()[1]]}] for program in scoring.PROGRAMS}
    return {program: rates[program.split()[1]] for program in scoring.PROGRAMS}, raw


def test_sets_without_shots_are_told_and_few_shot_sets_are_judged(
    scoring: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    """Four times as fast: less than the targets, and most of the 4.5 that counting allows."""
    medians, raw = measured(scoring, {"ours": 4.0, "lm_eval_vllm": 1.0, "lm_eval_hf": 1.0, "transformers_loop": 1.0})
    assert scoring.misses(medians, raw) == [
        f"{name}: ours is 4.0 times as fast as {engine}, target {target}"
        for name in ("phrasebank_shots", "stocknet_shots")
        for engine, target in (("lm_eval_vllm", 15), ("lm_eval_hf", 10))
    ]
    said = capsys.readouterr().out
    assert "phrasebank: ours is 4.0 times as fast as lm_eval_vllm, target 15: MISSED, not judged here; 0.88 of" in said
    assert "same label in 100.0%" in said


def test_a_set_without_shots_that_falls_far_below_its_bound_is_a_miss(scoring: ModuleType) -> None:
    medians, raw = measured(scoring, {"ours": 20.0, "lm_eval_vllm": 10.0, "lm_eval_hf": 1.0, "transformers_loop": 1.0})
    found = [miss for miss in scoring.misses(medians, raw) if "_shots" not in miss]
    assert len(found) == 2
    assert "phrasebank: ours is 2.0 times as fast as lm_eval_vllm, target 15; counting allows 4.5" in found[0]


def test_targets_that_are_met_and_scores_that_differ(scoring: ModuleType) -> None:
    medians, raw = measured(scoring, {"ours": 20.0, "lm_eval_vllm": 1.0, "lm_eval_hf": 2.0, "transformers_loop": 2.0})
    assert scoring.misses(medians, raw) == []
    raw["stocknet_shots lm_eval_hf"][0]["scores"] = [[-1.0, -2.0], [-1.0, -3.0]]
    assert scoring.misses(medians, raw) == [
        "stocknet_shots: lm_eval_hf differs from ours by 2.0e+00, same label in 50.0%"
    ]
