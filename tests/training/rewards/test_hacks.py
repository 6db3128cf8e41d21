"""No shipped reward pays a scripted hack more than an honest policy that is right as often as the words allow."""

import importlib
import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from data_pipeline.dataset import DatasetInfo, read_info
from tests.conftest import ROOT
from tests.training.conftest import make_samples, write_samples
from tickertune.core.recipe import GrpoConfig, load_config, load_recipe
from tickertune.core.recipe.label import label_task_name
from tickertune.core.sample import Message, Sample
from tickertune.core.table import frame_of
from tickertune.core.tasks import get_task
from training.rewards.compose import compose
from training.rewards.hacks import HACKS, HONEST, argument, earnings, scenes_of

RECIPES = sorted((ROOT / "recipes").rglob("grpo.yaml"))
COUNT = 320
TOLD = 0.6
"""Share of samples whose words tell the class; the others' words are drawn by the class shares."""
SHARES = {2: [0.5, 0.5], 3: [0.3, 0.4, 0.3], 5: [0.2] * 5}


def market(task_name: str) -> tuple[list[Sample], list[float]]:
    """Samples whose news half tells their class, and the boundaries of the classes in volatilities."""
    task, rng = get_task(task_name), np.random.default_rng(7)
    shares = SHARES[len(task.labels)]
    returns = rng.normal(size=COUNT)
    cuts = np.quantile(returns, np.cumsum(shares)[:-1])
    classes = np.searchsorted(cuts, returns)
    told = np.where(rng.random(COUNT) < TOLD, classes, rng.choice(len(shares), COUNT, p=shares))
    samples = []
    for number, (scaled, place, said) in enumerate(zip(returns.tolist(), classes, told, strict=True)):
        day = date(2024, 1, 2) + timedelta(days=number // 4)
        entry = datetime(day.year, day.month, day.day, 14, 30, tzinfo=UTC)
        news = f"Tue 09:00 Arvane and event{said} with detail{said} were told of by agency {rng.integers(1000)} on this day"
        content = f"Arvane (ARVF), {day} 09:00\n<news>\n{news}\nTue 09:10 The week saw many other items of little weight\n</news>"
        samples.append(
            Sample(
                sample_id=f"s{number:03d}", task=task_name, instrument_id=f"i{number % 4}", as_of=entry, session=day,
                doc_ids=[], messages=[Message(role="user", content=content)], answer=task.answer(task.labels[place]),
                label=task.labels[place], entry=entry, exit=entry + timedelta(days=1), ret_raw=scaled * 0.02,
                ret_excess=scaled * 0.02, ret_scaled=scaled, volatility=0.02, split="train", provenance="test",
            )
        )  # fmt: skip
    return samples, cuts.tolist()


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> DatasetInfo:
    return read_info(write_samples(tmp_path_factory.mktemp("data"), make_samples(4)))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.parent.name)
def test_no_hack_beats_the_honest_policy(path: Path, info: DatasetInfo) -> None:
    recipe = load_recipe(path.parent)
    assert recipe.grpo is not None
    (data, *_) = (world.data for world in recipe.worlds.values())
    samples, cuts = market(label_task_name(data.label))
    about = info.model_copy(update={"task": samples[0].task, "fitted": {"cut_points": cuts}})
    scenes = scenes_of(frame_of(Sample, samples), compose(recipe.grpo, about))
    assert scenes[0].accuracy > max(SHARES[len(cuts) + 1]) + 0.1, "the words tell something"
    assert len(HACKS) >= 12
    for scene in scenes:
        paid = earnings(scene)
        winners = {hack: value - paid[HONEST] for hack, value in paid.items() if value > paid[HONEST] + 1e-9}
        assert not winners, scene.reward.stage
    last = earnings(scenes[-1])
    assert all(last[hack] < last[HONEST] - 0.01 for hack in HACKS), "in the end reading pays more than any hack"


@pytest.mark.parametrize("task", ["movement", "movement3", "movement5"])
@pytest.mark.parametrize("name", ["accuracy", "pnl", "brier", "log_score", "sharpe", "utility"])
def test_terms_that_need_no_others_against_hacks(name: str, task: str, info: DatasetInfo) -> None:
    """Each of these pays reading best all by itself, at 1 basis point a side."""
    samples, cuts = market(task)
    about = info.model_copy(update={"task": task, "fitted": {"cut_points": cuts}})
    config = GrpoConfig.model_validate(
        {"model": {"name": "tiny-llama"}, "rewards": {name: 1.0}, "reply": "tagged", "pnl": {"cost_bps": 1}}
    )
    paid = earnings(scenes_of(frame_of(Sample, samples), compose(config, about))[0])
    assert not {hack: value for hack, value in paid.items() if hack != HONEST and value >= paid[HONEST]}


def test_the_honest_argument_is_proven_by_the_prompt(info: DatasetInfo) -> None:
    samples, _ = market("movement")
    config = load_config(GrpoConfig, ROOT / "recipes" / "trading_r1" / "grpo.yaml")
    about = info.model_copy(update={"task": "movement5", "fitted": {}})
    (_, claims, _) = compose(config, about)
    five, _ = market("movement5")
    (scene,) = scenes_of(frame_of(Sample, five[:40]), [claims])
    assert earnings(scene)[HONEST] == pytest.approx(1.5)  # 0.25 + 0.25 + 1: format, structure, evidence
    assert argument("no news here").count('""') == 6
    assert argument(samples[0].messages[0].content).count('""') == 0


def test_a_reward_for_form_alone_is_found_out(info: DatasetInfo) -> None:
    """The check can fail: holding is paid best where the boundary of the right and the wrong does not matter."""
    samples, cuts = market("movement3")
    about = info.model_copy(update={"task": "movement3", "fitted": {"cut_points": cuts}})
    config = GrpoConfig.model_validate(
        {"model": {"name": "tiny-llama"}, "rewards": {"cvar": 1.0}, "pnl": {"cost_bps": 100}}
    )
    (scene,) = scenes_of(frame_of(Sample, samples), compose(config, about))
    paid = earnings(scene)
    assert paid["always hold"] > paid[HONEST]


def test_the_script_prints_and_judges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    script = importlib.import_module("reward_hacks")
    data = write_samples(tmp_path / "data", market("movement")[0][:80])
    (tmp_path / "grpo.yaml").write_text("model: {name: tiny-llama}\nrewards: {accuracy: 1.0}\n")
    command = ["reward_hacks", "--config", str(tmp_path / "grpo.yaml"), "--dataset", str(data)]
    monkeypatch.setattr(sys, "argv", [*command, "--json"])
    assert script.main() == 0
    (found,) = json.loads(capsys.readouterr().out).values()
    assert found["reward"].keys() == {HONEST, *HACKS}
    (tmp_path / "grpo.yaml").write_text("model: {name: tiny-llama}\nrewards: {accuracy: -1.0}\n")
    monkeypatch.setattr(sys, "argv", command)
    assert script.main() == 1
    assert "silence" in capsys.readouterr().out
    (tmp_path / "grpo.yaml").write_text("model: {name: tiny-llama}\nrewards: {acuracy: 1.0}\n")
    assert script.main() == 2
    assert "did you mean 'accuracy'" in capsys.readouterr().err


def test_samples_without_returns_are_left_out(info: DatasetInfo) -> None:
    samples, _ = market("movement")
    table = frame_of(Sample, samples[:60])
    some = table.with_columns(pl.when(pl.int_range(pl.len()) > 3).then("ret_scaled").alias("ret_scaled"))
    config = GrpoConfig.model_validate({"model": {"name": "tiny-llama"}})
    (scene,) = scenes_of(some, compose(config, info))
    assert len(scene.prompts) == 56
