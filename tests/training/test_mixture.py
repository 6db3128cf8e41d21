"""GRPO on mixtures: the unit of the scored label, sets that label otherwise, and samples of other tasks."""

import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from transformers import PreTrainedTokenizerBase

from data_pipeline.build.mixture import build_mixture
from data_pipeline.dataset import read_info, read_split
from tests.training.conftest import grpo_config, make_samples, sft_config, write_samples
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json
from tickertune.core.recipe import MixtureDataConfig
from tickertune.core.sample import Sample
from tickertune.core.tasks import get_task
from training.grpo import train
from training.preflight.look import look
from training.prompts import usable_prompts
from training.rewards.batch import Batch
from training.rewards.compose import Reward, compose
from training.rewards.constant import constant_baselines, with_outcomes

CUTS = [-0.01, 0.01]


def relabelled(samples: Sequence[Sample], task: str, labels: Sequence[str], prefix: str = "") -> list[Sample]:
    """Samples of another task, with texts and ids of their own."""
    answers = [get_task(task).answer(label) for label in labels]
    return [
        sample.model_copy(
            update={
                "sample_id": prefix + sample.sample_id,
                "task": task,
                "label": label,
                "answer": answer,
                "doc_ids": [prefix + document for document in sample.doc_ids],
                "messages": [
                    turn.model_copy(update={"content": f"{prefix}\n{turn.content}"}) for turn in sample.messages
                ],
            }
        )
        for sample, label, answer in zip(samples, labels, answers, strict=True)
    ]


def of_returns(prefix: str = "") -> list[Sample]:
    """Samples of three classes of the plain return; the scaled one is of something else."""
    samples = make_samples()
    moves = [sample.ret_raw or 0.0 for sample in samples]
    labels = ["up" if move > CUTS[1] else "down" if move < CUTS[0] else "flat" for move in moves]
    found = relabelled(samples, "movement3", labels, prefix)
    return [
        sample.model_copy(update={"ret_scaled": (move - 0.004) / 0.02})
        for sample, move in zip(found, moves, strict=True)
    ]


def write(folder: Path, samples: list[Sample], target: str = "ret_raw", cuts: Sequence[float] = CUTS) -> Path:
    """A data set whose label cuts ``target`` at ``cuts``."""
    write_samples(folder, samples)
    path = folder / "dataset" / "info.json"
    write_json(
        path, read_json(path) | {"label_spec": {"name": "made", "target": target}, "fitted": {"cut_points": cuts}}
    )
    return folder


def mixed(folder: Path, scored: Path, *others: Path) -> Path:
    blocks: list[dict[str, Any]] = [{"name": "own", "path": scored}]
    blocks += [{"name": f"other{number}", "path": path, "scored": False} for number, path in enumerate(others)]
    build_mixture(MixtureDataConfig.model_validate({"sets": blocks}), folder)
    return folder


def reward_of(folder: Path, **rewards: float) -> Reward:
    return compose(grpo_config(folder, folder, rewards=rewards), read_info(folder))[0]


def paid(folder: Path) -> Counter[float]:
    """What ``accuracy`` pays for flat, by value."""
    reward = reward_of(folder, accuracy=1.0)
    samples, outcomes = with_outcomes(read_split(folder, "train"), reward)
    count = samples.height
    batch = Batch(
        reward.task, [reward.read("Answer: flat")], np.zeros(count, np.int64), outcomes, [""] * count, range(count)
    )
    return Counter(reward.terms(batch)["accuracy"].tolist())


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("scored"), of_returns())


@pytest.fixture(scope="module")
def tasks(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mixture with samples of a text task, and of a task whose labels are some of the scored one's."""
    root, samples = tmp_path_factory.mktemp("tasks"), make_samples(12, seed=5)
    undated = [sample.model_copy(update={"as_of": None, "instrument_id": None}) for sample in samples]
    texts = relabelled(undated, "sentiment", ["negative"] * 12, "t")
    sides = relabelled(samples, "movement", [sample.label for sample in samples], "m")
    return mixed(
        root / "mixture", scored, write(root / "texts", texts), write(root / "sides", sides, "ret_scaled", [0.0])
    )


def test_a_mixture_pays_what_its_scored_set_pays(scored: Path, tmp_path: Path) -> None:
    own = paid(scored)
    assert own[1.8] > 0
    assert paid(mixed(tmp_path / "one", scored)) == own
    assert paid(mixed(tmp_path / "nested", mixed(tmp_path / "inner", scored))) == own
    reward = reward_of(tmp_path / "nested", magnitude=1.0, accuracy=1.0)
    assert (reward.move_column, reward.settings.cuts_scaled) == ("ret_raw", False)


def test_a_set_of_the_task_on_another_target_is_refused(scored: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other", of_returns("o"), "ret_scaled")
    data = mixed(tmp_path / "mixture", scored, other)
    with pytest.raises(TickerTuneError, match="Set other0 of the mixture labels ret_scaled, the scored set ret_raw"):
        reward_of(data, pnl=1.0)
    nested = mixed(tmp_path / "nested", scored, mixed(tmp_path / "inner", other))
    with pytest.raises(TickerTuneError, match="Set other0/own of the mixture labels ret_scaled"):
        reward_of(nested, pnl=1.0)


def test_a_set_with_other_bounds_is_refused_where_a_term_reads_them(scored: Path, tmp_path: Path) -> None:
    data = mixed(tmp_path / "mixture", scored, write(tmp_path / "other", of_returns("o"), cuts=[-0.02, 0.02]))
    with pytest.raises(
        TickerTuneError, match=r"cuts its classes at \[-0.02, 0.02\], the scored set at \[-0.01, 0.01\]"
    ):
        reward_of(data, accuracy=1.0)
    assert reward_of(data, pnl=1.0).weights == {"pnl": 1.0}


def test_a_mixture_of_an_earlier_version_is_refused(scored: Path, tmp_path: Path) -> None:
    data = mixed(tmp_path / "mixture", scored)
    path = data / "dataset" / "info.json"
    write_json(path, {name: value for name, value in read_json(path).items() if name != "mixed"})
    with pytest.raises(TickerTuneError, match=r"does not say what the labels of its sets cut.*Build the mixture again"):
        reward_of(data, pnl=1.0)
    with pytest.raises(TickerTuneError, match="Set own is a mixture that does not say"):
        mixed(tmp_path / "outer", data)


def test_samples_of_other_tasks_are_left_out_and_counted(
    tasks: Path, scored: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    config, reward = grpo_config(tasks, tmp_path, rewards={"accuracy": 1.0}), reward_of(tasks, accuracy=1.0)
    samples, alone = read_split(tasks, "train"), read_split(scored, "train")
    usable = usable_prompts(samples, tokenizer, reward, config)
    assert usable.dropped["other_task"] == 24 == samples.height - alone.height
    assert set(usable.samples["task"]) == {"movement3"}
    assert len(usable.rows) == alone.height
    own = samples.filter(pl.col("task") == "movement3")
    assert constant_baselines(samples, reward, 1, 0) == constant_baselines(own, reward, 1, 0)
    found = look(config, tasks, 1, "lora", others=())
    assert found["dropped"]["other_task"] == 24
    assert [row["rows"] for row in found["lengths"]] == [alone.height]


def test_preflight_reads_a_sample_of_the_scored_task(tasks: Path, tmp_path: Path) -> None:
    files = sorted((tasks / "dataset").rglob("train.parquet"))
    shutil.copytree(tasks, tmp_path / "mixture")
    (path,) = (tmp_path / "mixture" / file.relative_to(tasks) for file in files)
    own = pl.col("task") == "movement3"
    rows = pl.read_parquet(path)
    pl.concat([rows.filter(~own), rows.filter(own)]).write_parquet(path)
    reading = look(sft_config(tmp_path / "mixture", tmp_path), tmp_path / "mixture", 1, "lora", others=())["reading"]
    assert reading["sample_id"] == rows.filter(own)["sample_id"][0]


def test_a_mixture_of_tasks_is_trained_on(tasks: Path, tmp_path: Path) -> None:
    noise = {"distractors": {"stages": [{"steps": 1, "items": 1}]}}
    facts = train(grpo_config(tasks, tmp_path, steps=1, rewards={"accuracy": 1.0}, curriculum=noise))
    assert facts["dropped"]["other_task"] == 24


def test_no_sample_of_the_rewarded_task_is_refused(
    tasks: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    samples = read_split(tasks, "train").filter(pl.col("task") != "movement3")
    reward = reward_of(tasks, accuracy=1.0)
    said = r"None of the 24 training samples is of task movement3, which is rewarded \(tasks: movement, sentiment\)"
    with pytest.raises(TickerTuneError, match=said):
        usable_prompts(samples, tokenizer, reward, grpo_config(tasks, tmp_path))
    with pytest.raises(TickerTuneError, match=said):
        constant_baselines(samples, reward, 1, 0)
