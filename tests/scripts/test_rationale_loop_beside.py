"""What stands beside a run of the rationale loop: made of the right samples, once, and refused where it was made of others."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import polars as pl
import pytest

from data_pipeline.dataset import read_info, read_split
from eval.checkpoint import Checkpoint
from tests.training.rationales.scripted import tagged_data
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json
from tickertune.core.recipe import (
    EngineTeacherConfig,
    EvalConfig,
    ModelConfig,
    RationalesConfig,
    Recipe,
    SftConfig,
    load_recipe,
)
from training.rationales.samples import training_samples

RECIPE = Path("recipes/rationale_loop/run.yaml")


@pytest.fixture
def loop(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("rationale_loop")


def made_base(folder: Path, weights: str = "as it was") -> ModelConfig:
    """A model's folder, of which nothing but its name and its bytes is looked at."""
    write_json(folder / "config.json", {})
    (folder / "model.safetensors").write_text(weights)
    return ModelConfig(name=str(folder), dtype="float32")


def made_adapter(stage: Path, base: ModelConfig) -> None:
    write_json(stage / "adapter" / "adapter_config.json", {"base_model_name_or_path": base.name})
    (stage / "adapter" / "adapter_model.safetensors").write_text(stage.name)
    write_json(stage / "tickertune.json", {"stage": stage.name})


def test_a_result_is_kept_for_its_own_inputs_and_refused_for_others(loop: ModuleType, tmp_path: Path) -> None:
    data, folder = tagged_data(tmp_path / "data", 8), tmp_path / "labels"
    base = made_base(tmp_path / "base")
    config = SftConfig.model_validate({"model": base})
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        write_json(folder / "tickertune.json", {})

    for _ in range(2):
        loop.once(folder, config, data, base, work)
    assert len(calls) == 1
    with pytest.raises(TickerTuneError, match=r"labels was made with other settings, data or weights \(config\)"):
        loop.once(folder, config.model_copy(update={"learning_rate": 1.0}), data, base, work)
    loop.subset(data, read_split(data, "train")[2:5], tmp_path / "some")
    with pytest.raises(TickerTuneError, match=r"\(data, start\)"):
        loop.once(folder, config, tmp_path / "some", base, work, "other weights")
    made_base(tmp_path / "base", "trained again")
    with pytest.raises(TickerTuneError, match=r"\(base\)"):
        loop.once(folder, config, data, base, work)
    assert len(calls) == 1


class Beside:
    """A run whose stages are done, with stand-ins for all that trains, asks and scores; they note what they are given."""

    def __init__(self, loop: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._loop, self.place, self.beside = loop, folder / "0" / "planted", folder / "0-labels" / "planted"
        self.base = made_base(folder / "base")
        self.data = tagged_data(self.place / "data", 12)
        self.trained: list[SftConfig] = []
        self.asked: list[RationalesConfig] = []
        self.scored: list[tuple[Path, list[Checkpoint], EvalConfig, Path, str]] = []
        for stage in ("sft", "dpo"):
            made_adapter(self.place / stage, self.base)
        for stage in ("rationales", "reward_model"):
            write_json(self.place / stage / "tickertune.json", {"stage": stage})
        monkeypatch.setattr(loop.sft, "train", self._train)
        monkeypatch.setattr(loop, "synthesise", self._synthesise)
        monkeypatch.setattr(loop, "evaluate", self._evaluate)

    def recipe(self, samples: int) -> Recipe:
        stages = ("sft", "dpo", "reward_model", "rationales.teacher")
        names = {f"{stage}.model.name": self.base.name for stage in stages}
        return load_recipe(RECIPE, {"model.name": self.base.name, "rationales.samples": str(samples), **names})

    def run(self, samples: int = 8) -> Any:
        recipe = self.recipe(samples)
        return self._loop._beside(recipe, recipe.rationales, recipe.sft, "planted", self.place, self.beside)

    def _train(self, config: SftConfig) -> None:
        self.trained.append(config)
        assert config.output is not None
        made_adapter(config.output, self.base)

    def _synthesise(self, config: RationalesConfig) -> None:
        self.asked.append(config)
        assert config.output is not None
        write_json(config.output / "tickertune.json", {"asked": config.output.name})

    def _evaluate(
        self, data: Path, checkpoints: list[Checkpoint], config: EvalConfig, folder: Path, world: str
    ) -> None:
        self.scored.append((data, checkpoints, config, folder, world))
        write_json(folder / "metrics.json", ["metrics"])
        write_json(folder / "votes.json", ["votes"])


@pytest.fixture
def done(loop: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Beside:
    """A run with rationales of five of the eight samples that the teacher was asked about, two of one of them."""
    made = Beside(loop, tmp_path, monkeypatch)
    rationales = made.recipe(8).rationales
    assert rationales is not None
    asked, _ = training_samples(made.data, read_info(made.data), rationales)
    kept = pl.concat(
        [
            asked[[0, 2, 3, 5, 7]].with_columns(pl.col("sample_id") + "~0"),
            asked[:1].with_columns(pl.col("sample_id") + "~1"),
        ]
    )
    loop.subset(made.data, kept, made.place / "rationales" / "sft")
    return made


def ids(folder: Path) -> list[str]:
    return sorted(read_split(folder, "train")["sample_id"].to_list())


def test_beside_the_run_stand_labels_of_the_same_samples_and_of_all_that_were_asked(done: Beside) -> None:
    found = done.run()
    kept = sorted({name.partition("~")[0] for name in ids(done.place / "rationales" / "sft")})
    own = done.recipe(8).sft
    assert own is not None
    assert [config.output for config in done.trained] == [done.beside / "labels", done.beside / "labels-all"]
    same, every = (config.dataset for config in done.trained)
    assert same is not None
    assert every is not None
    assert ids(same) == kept
    assert len(kept) == 5
    assert len(ids(every)) == 8
    assert set(kept) < set(ids(every))
    for config in done.trained:
        assert config == own.model_copy(update={"dataset": config.dataset, "output": config.output})
    assert found["training"] == {
        name: {"stage": name} for name in ("labels", "labels-all", "sft", "dpo", "reward_model")
    }


def test_the_tuned_models_are_asked_about_samples_that_are_new_to_them(done: Beside) -> None:
    found = done.run()
    for stage, config in zip(("sft", "dpo"), done.asked, strict=True):
        assert isinstance(config.teacher, EngineTeacherConfig)
        assert config.teacher.adapter == done.place / stage / "adapter"
        assert (config.samples, config.reflection_rounds) == (None, 0)
        assert config.output == done.beside / "teacher" / stage
        assert config.dataset is not None
        assert ids(config.dataset) == sorted(set(ids(done.data)) - set(ids(done.beside / "labels-all-data")))
        assert len(ids(config.dataset)) == 4
    assert found["teacher"] == {"base": {"stage": "rationales"}, "sft": {"asked": "sft"}, "dpo": {"asked": "dpo"}}


def test_all_are_scored_together_on_the_runs_replies(done: Beside) -> None:
    found = done.run()
    ((data, checkpoints, scoring, folder, world),) = done.scored
    assert (data, folder, world) == (done.data, done.beside / "eval", "planted")
    places = {"labels": done.beside, "labels-all": done.beside, "sft": done.place, "dpo": done.place}
    assert [(one.name, one.adapter) for one in checkpoints] == [
        ("base", None), *((name, place / name / "adapter") for name, place in places.items()),
    ]  # fmt: skip
    assert scoring.store == done.place / "eval" / "store"
    assert scoring.votes is not None
    assert (scoring.votes.rules, scoring.votes.reward_model) == (["majority", "best_of_n"], done.place / "reward_model")
    assert (found["metrics"], found["votes"]) == (["metrics"], ["votes"])


def test_what_stands_beside_is_not_made_twice_and_refused_for_another_base(done: Beside) -> None:
    first = done.run()
    assert done.run() == first
    assert (len(done.trained), len(done.asked)) == (2, 2)
    made_base(Path(done.base.name), "trained again")
    with pytest.raises(TickerTuneError, match=r"labels was made with other settings, data or weights \(base\)"):
        done.run()
    for name in ("labels", "labels-all"):
        shutil.rmtree(done.beside / name)
    with pytest.raises(TickerTuneError, match=r"teacher/sft was made with other settings, data or weights \(base\)"):
        done.run()


def test_a_teacher_that_was_asked_about_every_sample_is_refused_before_training(done: Beside) -> None:
    with pytest.raises(
        TickerTuneError, match=r"asked about all its training samples \(rationales.samples: 12, train split: 12\)"
    ):
        done.run(samples=50)
    assert done.trained == []
