"""A reward model on made pairs: its checkpoint, what it reads, resuming, the held-out pairs, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import torch
import yaml
from peft import PeftModel
from transformers import AutoModelForSequenceClassification, MambaConfig, PreTrainedTokenizerBase

from eval.checkpoint import checkpoint_of
from tests.training.conftest import TINY, Cut, cut_after, equal_weights, weights
from tests.training.rationales.scripted import made_pairs, write_made_pairs
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import model_fingerprint, resolve_model
from tickertune.core.prompting import answer_ids, prompt_ids
from tickertune.core.recipe import RewardModelConfig
from tickertune.core.recipe.loading import parse_config
from tickertune.core.reward_model import RewardModel, rated_ids
from training import reward_model
from training.models import load_rater
from training.pairs import check_pairs
from training.rationales.output import Pair
from training.stage import main
from training.start import start_of
from training.trainer_args import reward_model_args


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-four pairs of six days, of which a third of the days leaves twelve to train on."""
    return write_made_pairs(tmp_path_factory.mktemp("pairs"), made_pairs(24))


def settings(pairs: Path, output: Path, **changes: Any) -> RewardModelConfig:
    """A configuration of six steps."""
    values = {
        "model": TINY, "batch_size": 2, "learning_rate": 1e-3, "save_steps": 2, "held_out": 0.34, "lora": {"r": 4, "alpha": 8},
        "tracking": "none",
    }  # fmt: skip
    return RewardModelConfig.model_validate({**values, "dataset": pairs, "output": output, **changes})


@pytest.fixture(scope="module")
def whole(pairs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed run of six steps."""
    output = tmp_path_factory.mktemp("whole")
    reward_model.train(settings(pairs, output))
    return output


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_stage_folder_holds_a_classifier_of_one_label_and_its_facts(whole: Path) -> None:
    facts, lines = read_json(whole / "tickertune.json"), log(whole)
    assert (facts["kind"], facts["method"], facts["steps"], facts["pairs"]) == ("reward_model", "lora", 6, 12)
    assert facts["dropped"] == {"too_long": 0, "equal": 0, "overlapping": 4}
    assert facts["base_fingerprint"] == model_fingerprint(resolve_model(TINY))
    assert facts["tokens"] == lines[-1]["tokens"] > 0
    assert {"loss", "accuracy", "margin"} <= lines[0].keys()
    loaded = AutoModelForSequenceClassification.from_pretrained(whole / "model")
    assert (loaded.config.num_labels, loaded.score.out_features) == (1, 1)
    kinds = {path.suffix for name in ("model", "adapter") for path in (whole / name).iterdir()}
    assert kinds <= {".safetensors", ".json", ".jinja"}
    judged = facts["held_out"]
    assert (judged["pairs"], judged["days"], judged["chance"]) == (8, 2, 0.5)
    assert judged["low"] <= judged["accuracy"] <= judged["high"]
    assert judged["since"] == "2024-01-06T14:00:00+00:00"
    assert judged["rules"].keys() == {"longer_reply", "commonest_label"}


def test_merged_model_gives_what_the_adapter_gives_on_prompt_and_reply(
    whole: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    rows = [
        rated_ids(tokenizer, pair.prompt, reply) for pair in made_pairs(6) for reply in (pair.chosen, pair.rejected)
    ]
    rows.append(rated_ids(tokenizer, made_pairs(1)[0].prompt, "up"))
    first = made_pairs(1)[0]
    assert rows[0] == prompt_ids(tokenizer, first.prompt) + answer_ids(tokenizer, first.chosen)
    rater = load_rater(resolve_model(TINY), TINY, "full", tokenizer, seed=7)  # another head than training began with
    adapted = PeftModel.from_pretrained(rater, str(whole / "adapter")).eval()
    with torch.no_grad():
        alone = [float(adapted(torch.tensor([row])).logits[0, 0]) for row in rows]
    model = RewardModel.of_stage(whole)
    np.testing.assert_allclose(model.rewards(rows, batch_size=4), alone, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.rewards(rows[::-1], batch_size=16)[::-1], alone, rtol=1e-4, atol=1e-5)
    assert len({round(number, 6) for number in alone}) > 6
    with pytest.raises(TickerTuneError, match=r"have 3000 tokens, and the reward model reads 2048"):
        model.rewards([[5] * 3000])


def test_resumed_training_ends_in_the_same_weights_log_and_accuracy(
    whole: Path, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        cut_after(patch, 5)
        with pytest.raises(Cut):
            reward_model.train(settings(pairs, tmp_path))
    assert not (tmp_path / "model").exists()
    reward_model.train(settings(pairs, tmp_path))
    assert equal_weights(whole / "adapter", tmp_path / "adapter")
    assert equal_weights(whole / "model", tmp_path / "model")
    assert (whole / "log.jsonl").read_text() == (tmp_path / "log.jsonl").read_text()
    facts, again = read_json(whole / "tickertune.json"), read_json(tmp_path / "tickertune.json")
    assert {**facts, "seconds": 0} == {**again, "seconds": 0}


def test_same_seed_same_bytes_and_another_seed_others(whole: Path, pairs: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        reward_model.train(settings(pairs, tmp_path / str(seed), seed=seed))
    files = [folder / "model" / "model.safetensors" for folder in (whole, tmp_path / "0", tmp_path / "1")]
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
    assert (whole / "model" / "config.json").read_text() == (tmp_path / "0" / "model" / "config.json").read_text()


def test_pairs_that_leave_nothing_to_train_on_are_told_before_a_stage_reads_them(pairs: Path, tmp_path: Path) -> None:
    check_pairs(pairs, settings(pairs, tmp_path))
    one_day = write_made_pairs(tmp_path / "day", made_pairs(4)[:4])
    with pytest.raises(TickerTuneError, match="no later day can be held out"):
        check_pairs(one_day, settings(one_day, tmp_path))
    check_pairs(one_day, settings(one_day, tmp_path, held_out=None))


def test_held_out_pairs_and_those_not_known_in_time_train_nothing(whole: Path, pairs: Path, tmp_path: Path) -> None:
    """All that was decided from the third day on says something else, and the weights are the same."""
    frame = pl.read_parquet(pairs / "pairs" / "data" / "train.parquet").sort("sample_id")
    late = pl.col("sample_id") >= "s012"
    changed = frame.with_columns(
        **{
            name: pl.when(late).then(pl.lit("nothing ") + pl.col(name)).otherwise(pl.col(name))
            for name in ("chosen", "rejected")
        }
    )
    reward_model.train(settings(spoilt(pairs, tmp_path / "pairs", changed), tmp_path / "out"))
    assert equal_weights(whole / "model", tmp_path / "out" / "model")
    early = frame.with_columns(
        pl.when(~late).then(pl.lit("nothing ") + pl.col("chosen")).otherwise("chosen").alias("chosen")
    )
    reward_model.train(settings(spoilt(pairs, tmp_path / "early", early), tmp_path / "other"))
    assert not equal_weights(whole / "model", tmp_path / "other" / "model")


def test_it_learns_what_makes_a_reply_better_and_full_weights_are_stored_in_their_type(tmp_path: Path) -> None:
    """Better replies point at what the news says, worse ones at rumours: on later days, too, it tells them apart."""
    made = [
        Pair(pair.sample_id, pair.label, pair.prompt, pair.chosen, pair.chosen.replace("it says", "rumour has it"))
        for pair in made_pairs(24)
    ]
    folder = write_made_pairs(tmp_path / "made", made)
    shared = {
        "method": "full", "lora": {}, "learning_rate": 1e-3, "batch_size": 12, "epochs": 8, "save_steps": 100,
        "scheduler": "constant",
    }  # fmt: skip
    facts = reward_model.train(settings(folder, tmp_path / "out", **shared))
    assert log(tmp_path / "out")[-1]["accuracy"] == 1.0
    assert (facts["held_out"]["accuracy"], facts["held_out"]["verdict"]) == (1.0, "above chance")
    assert facts["held_out"]["rules"] == {"longer_reply": 0.0, "commonest_label": 0.5}
    half = {"model": {**TINY.model_dump(), "dtype": "bfloat16"}, "epochs": 1, "held_out": None}
    facts = reward_model.train(settings(folder, tmp_path / "half", **{**shared, **half}))
    assert "held_out" not in facts
    assert facts["pairs"] == 24
    stored = weights(tmp_path / "half" / "model")
    assert {tensor.dtype for tensor in stored.values()} == {torch.bfloat16}
    assert "score.weight" in stored


def test_long_pairs_are_dropped_or_refused_never_cut(tmp_path: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    """One of the pairs that are trained on and one of those held out are longer than the rest."""
    made = made_pairs(24)
    limit = max(len(rated_ids(tokenizer, pair.prompt, pair.chosen)) for pair in made)
    for place in (0, 20):
        made[place] = replace(made[place], rejected=made[place].rejected + " and so on" * 20)
    folder = write_made_pairs(tmp_path / "made", made)
    facts = reward_model.train(settings(folder, tmp_path / "a", max_length=limit, method="full", lora={}))
    assert (facts["pairs"], facts["dropped"]["too_long"]) == (11, 1)
    assert (facts["held_out"]["pairs"], facts["held_out"]["dropped"]["too_long"]) == (7, 1)
    with pytest.raises(TickerTuneError, match=f"1 of 12 pairs are longer than max_length {limit}"):
        reward_model.train(settings(folder, tmp_path / "b", max_length=limit, too_long="raise"))


def spoilt(pairs: Path, folder: Path, frame: pl.DataFrame) -> Path:
    (folder / "data").mkdir(parents=True)
    frame.write_parquet(folder / "data" / "train.parquet")
    (folder / "info.json").write_text((pairs / "pairs" / "info.json").read_text())
    return folder


def test_bad_input_is_told_before_a_model_is_loaded(
    pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pl.read_parquet(pairs / "pairs" / "data" / "train.parquet")
    cases = {
        "a": (frame.drop("rejected"), "lacks the column(s) rejected"),
        "b": (frame.drop("as_of", "exit"), "24 of 24 pairs are not dated"),
        "c": (frame.with_columns(pl.col("label").alias("exit")), "has a column of the wrong type"),
    }
    recipe = tmp_path / "reward_model.yaml"
    recipe.write_text(yaml.safe_dump({"model": {"name": "tiny-llama", "dtype": "float32"}}))
    for name, (rows, sentence) in cases.items():
        folder = spoilt(pairs, tmp_path / name, rows)
        words = ["--config", str(recipe), "--dataset", str(folder), "--output", str(tmp_path / "out")]
        assert main(RewardModelConfig, reward_model.train, words) == 2
        assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out" / "model").exists()
    with pytest.raises(TickerTuneError, match=r"unknown key 'held_ot' \(did you mean 'held_out'\?\)"):
        parse_config(RewardModelConfig, {"model": {"name": "tiny-llama"}, "held_ot": 0.1}, "x.yaml")
    with pytest.raises(TickerTuneError, match="method full trains all weights: remove the lora block"):
        parse_config(RewardModelConfig, {"model": {"name": "tiny-llama"}, "method": "full", "lora": {"r": 3}}, "x.yaml")
    with pytest.raises(TickerTuneError, match=r"'trainer.disable_dropout' is set by the recipe itself"):
        reward_model_args(settings(pairs, tmp_path, trainer={"disable_dropout": True}), tmp_path)


def test_a_model_without_such_a_head_is_refused(tmp_path: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    MambaConfig(num_hidden_layers=1).save_pretrained(tmp_path)
    with pytest.raises(TickerTuneError, match="transformers has no sequence classifier of type mamba"):
        load_rater(str(tmp_path), TINY, "lora", tokenizer, 0)


def test_a_reward_model_is_no_policy_and_a_policy_no_reward_model(whole: Path, answering_model: Path) -> None:
    with pytest.raises(TickerTuneError, match="holds a reward model, which writes no replies"):
        start_of(whole)
    with pytest.raises(TickerTuneError, match="holds a reward model, which writes no replies"):
        checkpoint_of("rater", whole, TINY)
    with pytest.raises(TickerTuneError, match="holds no reward model"):
        RewardModel.of_stage(answering_model)
