"""What the study of the rationale loop says of its seeds, and the training subsets that it makes."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from data_pipeline.dataset import read_info, read_split
from tests.training.rationales.scripted import tagged_data
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import (
    Recipe,
)

RECIPE = Path("recipes/rationale_loop/run.yaml")


@pytest.fixture
def loop(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("rationale_loop")


def row(name: str, value: float, metric: str = "mcc") -> dict[str, Any]:
    return {"checkpoint": name, "metric": metric, "value": value, "low": value - 0.1, "high": value + 0.1}


def figures(mcc: float) -> dict[str, Any]:
    """One world of one seed."""
    facts = {
        "rationales": {"asked": 100, "right": 50, "kept": 40, "dropped": {"wrong": 45, "above_keep": 10}},
        "rationales_by_label": {"down": {"asked": 60, "right": 20}, "up": {"asked": 40, "right": 30}},
        "samples_with_a_rationale": 40,
        "samples": 50,
        "pairs": 12,
        "tokens_in": 9000,
        "tokens_out": 4000,
    }
    names = ("labels", "sft@8", "dpo@8", "dpo@8 minus labels", "labels minus base")
    return {
        "teacher": {"base": facts},
        "training": {
            "sft": {"samples": 40, "tokens": 12345, "seconds": 7.0},
            "dpo": {"pairs": 12, "tokens": 99, "seconds": 3.0},
            "reward_model": {
                "pairs": 9,
                "tokens": 88,
                "seconds": 2.0,
                "held_out": {
                    "accuracy": 0.625,
                    "low": 0.5,
                    "high": 0.75,
                    "pairs": 3,
                    "since": "2023-06-01T13:00:00+00:00",
                    "rules": {"longer_reply": 0.5},
                },
            },
        },
        "metrics": [row(name, mcc) for name in names] + [row("labels", 0.5, "accuracy")],
        "votes": [
            {**row("sft", mcc + replies / 100), "replies": replies, "rule": rule}
            for rule in ("majority", "best_of_n")
            for replies in (1, 8)
        ],
    }


def test_the_tables_tell_shares_means_and_each_seed(loop: ModuleType) -> None:
    told = loop.tables({0: {"planted": figures(0.2)}, 1: {"planted": figures(0.4)}}).splitlines()
    acceptance = "| base | 100 | 95.0% | 50.0% | 40.0% | down 33.3%, up 75.0% | 40 of 50 | 12 | 9,000 + 4,000 |"
    assert f"| planted | 0 {acceptance}" in told
    assert f"| planted | 1 {acceptance}" in told
    assert "| planted | labels | 2 of 2 | 0.300 | 0.500 |  |  | 0.200 [0.100, 0.300]; 0.400 [0.300, 0.500] |" in told
    assert (
        "| planted | dpo@8 minus labels | 2 of 2 | 0.300 |  |  |  | 0.200 [0.100, 0.300]; 0.400 [0.300, 0.500] |"
        in told
    )
    assert not any(line.startswith("| planted | labels minus base") for line in told)
    assert "| planted | 0 | sft | majority | 0.210 | 0.280 [0.180, 0.380] |" in told
    assert "| planted | 1 | sft | best_of_n | 0.410 | 0.480 [0.380, 0.580] |" in told
    assert "- planted 0: 0.625 [0.500, 0.750] of 3 pairs since 2023-06-01 (longer_reply 0.500)" in told
    assert "- planted 1: sft 40, 12,345 tokens, 7 s; dpo 12, 99 tokens, 3 s; reward_model 9, 88 tokens, 2 s" in told


def test_the_tables_tell_of_how_many_seeds_a_mean_is(loop: ModuleType) -> None:
    first, second, third = figures(0.2), figures(0.4), figures(0.6)
    third["metrics"] = [one for one in third["metrics"] if one["checkpoint"] != "labels"]
    second["metrics"] = [one for one in second["metrics"] if one["metric"] != "accuracy"]
    told = loop.tables({seed: {"planted": own} for seed, own in enumerate((first, second, third))}).splitlines()
    each = "0.200 [0.100, 0.300]; 0.400 [0.300, 0.500]"
    assert f"| planted | labels | 2 of 3 | 0.300 | 0.500 (1) |  |  | {each} |" in told
    assert f"| planted | sft@8 | 3 of 3 | 0.400 |  |  |  | {each}; 0.600 [0.500, 0.700] |" in told


def test_a_reward_model_that_holds_no_pairs_out_is_not_judged(loop: ModuleType) -> None:
    own = figures(0.2)
    del own["training"]["reward_model"]["held_out"]
    told = loop.tables({0: {"planted": own}})
    assert "- planted 0: not judged, since reward_model.held_out is null" in told


def test_a_subset_is_a_data_set_of_its_own(loop: ModuleType, tmp_path: Path) -> None:
    data = tagged_data(tmp_path / "data", 8)
    some = read_split(data, "train")[2:5]
    loop.subset(data, some, tmp_path / "some")
    assert read_split(tmp_path / "some", "train")["sample_id"].to_list() == some["sample_id"].to_list()
    assert read_info(tmp_path / "some").split_hash != read_info(data).split_hash
    assert read_info(tmp_path / "some").counts["samples_train"] == 3


def test_a_world_that_the_recipe_lacks_is_refused(loop: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=r"no world plantd.*It has planted, placebo"):
        loop.run_seed(RECIPE, 0, tmp_path, {}, ["plantd"])


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ("recipes/seeds/run.yaml", "no rationales, sft and dpo stage"),
        ("recipes/rationales/run.yaml", "no model of this process"),
    ],
)
def test_a_recipe_without_the_loop_is_refused(recipe: str, said: str, loop: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=said):
        loop.run_seed(Path(recipe), 0, tmp_path, {})


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ({"rationales.samples": "null"}, r"planted is asked about all.*samples: None"),
        ({"rationales.samples": "2400"}, r"planted is asked about all.*samples: 2400, train split: 2400"),
        ({"eval.votes": "null", "reward_model": "null"}, "draws no votes"),
    ],
)
def test_settings_that_end_in_no_table_are_refused_before_anything_runs(
    sets: dict[str, str], said: str, loop: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[Recipe] = []
    monkeypatch.setattr(loop, "run_recipe", ran.append)
    with pytest.raises(TickerTuneError, match=said):
        loop.run_seed(RECIPE, 0, tmp_path, sets)
    assert ran == []


def test_the_parser_refuses_no_seeds_and_what_sets_nothing(
    loop: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[object] = []
    monkeypatch.setattr(loop, "run_seed", lambda *arguments: ran.append(arguments))
    with pytest.raises(SystemExit) as ended:
        loop.main([str(RECIPE), "--seeds", "0"])
    assert ended.value.code == 2
    assert "argument --seeds: '0' is no whole number from 1 on" in capsys.readouterr().err
    assert loop.main([str(RECIPE), "--set", "sft.epochs"]) == 2
    assert "--set sft.epochs is no KEY=VALUE" in capsys.readouterr().err
    assert ran == []
