import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
from sklearn.metrics import matthews_corrcoef
from transformers import AutoModelForCausalLM, PreTrainedTokenizerBase

from data_pipeline.dataset import read_split
from tests.training.conftest import (
    TINY,
    Cut,
    cut_after,
    cut_before_the_result,
    equal_weights,
    make_samples,
    sft_config,
    write_samples,
)
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import resolve_model
from tickertune.core.recipe.sft import SelectConfig
from tickertune.core.tasks import TextTask, get_task
from training import selection, sft
from training.selection import scores_of, validation_of
from training.sft import train

SELECT = {"by": "log_score", "samples": 8}


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 training and 12 validation samples."""
    late = [
        s.model_copy(update={"sample_id": f"v{s.sample_id}", "split": "validation"}) for s in make_samples(12, seed=1)
    ]
    return write_samples(tmp_path_factory.mktemp("parted"), [*make_samples(), *late])


def scripted(monkeypatch: pytest.MonkeyPatch, values: list[float]) -> None:
    """Let the checkpoints score these values in turn."""
    turn = iter(values)
    monkeypatch.setattr(
        "training.selection.scores_of", lambda *_, **__: {"log_score": next(turn), "mcc": 0.0, "brier": 0.0}
    )


def test_scores_are_those_written_out(parted: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    task = get_task("movement")
    samples = read_split(parted, "validation")
    validation = validation_of(samples, tokenizer, task, SelectConfig(samples=None), 0)
    model = AutoModelForCausalLM.from_pretrained(resolve_model(TINY), dtype=torch.float32).train()
    found = scores_of(validation, model, tokenizer, 5)
    assert model.training
    shares = []
    for prompt in validation.prompts:
        with torch.no_grad():
            logits = model.eval()(input_ids=torch.tensor([prompt])).logits[0, -1].double()
        shares.append(torch.softmax(logits[[ids[0] for ids in validation.continuations]], dim=-1).numpy())
    table, truth = np.array(shares), validation.truth
    assert [task.labels[place] for place in truth] == samples["label"].to_list()
    own = table[np.arange(len(table)), truth]
    assert found["log_score"] == pytest.approx(np.log(own).mean(), abs=1e-5)
    assert found["brier"] == pytest.approx(-((table - np.eye(2)[truth]) ** 2).sum(axis=1).mean(), abs=1e-5)
    assert found["mcc"] == pytest.approx(matthews_corrcoef(truth, table.argmax(axis=1)))


def test_labels_that_share_their_first_token_are_scored_by_all_their_tokens(
    parted: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    task = TextTask("collide", ["zzzqa", "zzzqb", "zzz"], "Answer:", "sentiment@1")
    samples = read_split(parted, "validation").with_columns(label=pl.lit("zzzqb"))
    validation = validation_of(samples, tokenizer, task, SelectConfig(samples=4), 0)
    labels = validation.continuations
    assert len({ids[0] for ids in labels}) == 1 < len({tuple(ids) for ids in labels}) == 3
    model = AutoModelForCausalLM.from_pretrained(resolve_model(TINY), dtype=torch.float32).eval()
    sums = np.zeros((4, 3))
    for row, prompt in enumerate(validation.prompts):
        for place, ids in enumerate(labels):
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([prompt + ids])).logits[0, len(prompt) - 1 : -1].double()
            sums[row, place] = logits.log_softmax(-1)[range(len(ids)), ids].sum()
    normalised = sums - np.logaddexp.reduce(sums, axis=1, keepdims=True)
    found = scores_of(validation, model, tokenizer, 5)
    assert found["log_score"] == pytest.approx(normalised[:, 1].mean(), abs=1e-4)


def test_the_best_checkpoint_is_the_result(parted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, [-0.9, -0.5, -0.7])
    facts = train(sft_config(parted, tmp_path / "a", save_steps=2, select=SELECT))
    assert facts["selected"]["step"] == 4
    assert facts["selected_by"] == "log_score"
    assert [line["step"] for line in read_json(tmp_path / "a" / "selection.json")["checkpoints"]] == [2, 4, 6]
    assert not (tmp_path / "a" / "best").exists()
    with monkeypatch.context() as patch:
        cut_after(patch, 5)
        with pytest.raises(Cut):
            train(sft_config(parted, tmp_path / "b", save_steps=2))
    assert equal_weights(tmp_path / "a" / "adapter", tmp_path / "b" / "checkpoints" / "checkpoint-4")


def test_scoring_disturbs_nothing(parted: Path, tmp_path: Path) -> None:
    train(sft_config(parted, tmp_path / "a", select=SELECT, lora={"r": 4, "alpha": 8, "dropout": 0.1}))
    train(sft_config(parted, tmp_path / "b", lora={"r": 4, "alpha": 8, "dropout": 0.1}))
    last = "checkpoints/checkpoint-6"
    assert equal_weights(tmp_path / "a" / last, tmp_path / "b" / last)
    assert (tmp_path / "a" / "log.jsonl").read_text() == (tmp_path / "b" / "log.jsonl").read_text()


@pytest.mark.parametrize("killed_at", ["before the score", "after the score"])
def test_a_killed_run_ends_in_the_same_choice(
    parted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: str
) -> None:
    config = {"save_steps": 2, "select": SELECT}
    whole = train(sft_config(parted, tmp_path / "whole", **config))
    add = selection.SelectionCallback._add

    def dying(self: Any, step: int) -> None:
        if killed_at == "after the score":
            add(self, step)
        if step == 4:
            raise Cut
        if killed_at == "before the score":
            add(self, step)

    with monkeypatch.context() as patch:
        patch.setattr(selection.SelectionCallback, "_add", dying)
        with pytest.raises(Cut):
            train(sft_config(parted, tmp_path / "cut", **config))
    cut = train(sft_config(parted, tmp_path / "cut", **config))
    assert {**whole, "seconds": 0} == {**cut, "seconds": 0}
    assert read_json(tmp_path / "whole" / "selection.json") == read_json(tmp_path / "cut" / "selection.json")
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
    again = train(sft_config(parted, tmp_path / "cut", **config))  # finished: nothing is trained or lost
    assert {**again, "seconds": 0} == {**cut, "seconds": 0}
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")


def test_training_stops_when_patience_does(parted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, [-0.5, -0.6, -0.7])
    facts = train(sft_config(parted, tmp_path, save_steps=1, select={**SELECT, "patience": 2}))
    assert (facts["steps"], facts["selected"]["step"]) == (3, 1)


def test_a_run_that_was_killed_after_patience_ended_it_takes_no_further_step(
    parted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = {"save_steps": 1, "select": {**SELECT, "patience": 2}}
    scripted(monkeypatch, [-0.5, -0.6, -0.7])
    whole = train(sft_config(parted, tmp_path / "whole", **config))
    scripted(monkeypatch, [-0.5, -0.6, -0.7])
    with monkeypatch.context() as patch:
        cut_before_the_result(patch, sft)
        with pytest.raises(Cut):
            train(sft_config(parted, tmp_path / "cut", **config))
    cut = train(sft_config(parted, tmp_path / "cut", **config))
    assert {**whole, "seconds": 0} == {**cut, "seconds": 0}
    assert (tmp_path / "whole" / "log.jsonl").read_text() == (tmp_path / "cut" / "log.jsonl").read_text()


def test_of_equal_checkpoints_the_first_is_kept(parted: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted(monkeypatch, [-0.5, -0.5])
    assert train(sft_config(parted, tmp_path, select=SELECT))["selected"]["step"] == 3


def test_without_a_validation_split_nothing_can_be_chosen(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match="the data set has none"):
        train(sft_config(dataset, tmp_path, select=SELECT))
    assert not (tmp_path / "adapter").exists()


def test_samples_are_drawn_by_the_seed_alone(parted: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    samples = read_split(parted, "validation")
    drawn = [
        validation_of(samples, tokenizer, get_task("movement"), SelectConfig(samples=5), seed).prompts
        for seed in (0, 0, 1)
    ]
    assert len(drawn[0]) == 5
    assert drawn[0] == drawn[1] != drawn[2]
    assert math.isclose(len(validation_of(samples, tokenizer, get_task("movement"), SelectConfig(), 0).prompts), 12)


@pytest.mark.parametrize(("key", "stored"), [("rslora", "use_rslora"), ("dora", "use_dora")])
def test_other_adapters_train_and_resume(
    key: str, stored: str, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora = {"r": 4, "alpha": 8, key: True}
    train(sft_config(dataset, tmp_path / "whole", lora=lora))
    assert read_json(tmp_path / "whole" / "adapter" / "adapter_config.json")[stored] is True
    with monkeypatch.context() as patch:
        cut_after(patch, 5)
        with pytest.raises(Cut):
            train(sft_config(dataset, tmp_path / "cut", lora=lora))
    train(sft_config(dataset, tmp_path / "cut", lora=lora))
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
    shutil.rmtree(tmp_path / "cut")
