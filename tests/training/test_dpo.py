"""DPO on made pairs: the reference, the loss, resuming, and what is refused."""

import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, PreTrainedTokenizerBase

from tests.training.conftest import TINY, Cut, cut_after, cut_before_the_result, equal_weights, sft_config, weights
from tests.training.rationales.scripted import made_pairs, write_made_pairs
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import model_fingerprint, resolve_model
from tickertune.core.prompting import answer_ids, prompt_ids
from tickertune.core.recipe import DpoConfig
from training import dpo, sft
from training.pairs import read_pairs, tokenise_pairs
from training.stage import main
from training.trainer_args import dpo_args


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pairs, right against wrong."""
    return write_made_pairs(tmp_path_factory.mktemp("pairs"), made_pairs())


@pytest.fixture(scope="module")
def init(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SFT adapter."""
    output = tmp_path_factory.mktemp("sft")
    sft.train(sft_config(dataset, output, learning_rate=1e-2))
    return output


def settings(pairs: Path, output: Path, **changes: Any) -> DpoConfig:
    """A configuration of six steps."""
    values = {"model": TINY, "batch_size": 2, "learning_rate": 1e-3, "save_steps": 2, "lora": {"r": 4, "alpha": 8}}
    return DpoConfig.model_validate({**values, "dataset": pairs, "output": output, **changes})


@pytest.fixture(scope="module")
def whole(pairs: Path, init: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed run of six steps."""
    output = tmp_path_factory.mktemp("whole")
    dpo.train(settings(pairs, output, init=init))
    return output


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_stage_folder_holds_the_adapter_and_its_facts(whole: Path, init: Path) -> None:
    facts, lines = read_json(whole / "tickertune.json"), log(whole)
    assert (facts["method"], facts["steps"], facts["pairs"]) == ("lora", 6, 12)
    assert facts["base_fingerprint"] == model_fingerprint(resolve_model(TINY))
    assert facts["tokens"] == lines[-1]["tokens"] > 0
    assert sorted(path.name for path in (whole / "adapter").iterdir())[:2] == [
        "adapter_config.json",
        "adapter_model.safetensors",
    ]
    assert not list((whole / "adapter").glob("ref*"))
    assert {"loss", "rewards/margins", "rewards/accuracies", "logps/chosen"} <= lines[0].keys()
    assert not equal_weights(whole / "adapter", init / "adapter")


def test_the_reference_is_the_sft_adapter_and_stays_so(whole: Path, init: Path) -> None:
    """The first step starts at it, so that the margin is 0 and the loss log 2; after six steps it is as it was."""
    first, last = log(whole)[0], log(whole)[-1]
    assert first["loss"] == pytest.approx(math.log(2), abs=1e-6)
    assert first["rewards/margins"] == pytest.approx(0.0, abs=1e-6)
    assert abs(last["rewards/margins"]) > 1e-3
    (checkpoint,) = (whole / "checkpoints").glob("checkpoint-*")
    reference, started = weights(checkpoint / "ref"), weights(init / "adapter")
    assert reference.keys() == started.keys()
    assert all(bool((reference[name] == started[name]).all()) for name in started)


def test_resumed_training_ends_in_the_same_weights_and_log(
    whole: Path, pairs: Path, init: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        cut_after(patch, 5)
        with pytest.raises(Cut):
            dpo.train(settings(pairs, tmp_path, init=init))
    assert not (tmp_path / "adapter").exists()
    dpo.train(settings(pairs, tmp_path, init=init))
    assert equal_weights(whole / "adapter", tmp_path / "adapter")
    assert (whole / "log.jsonl").read_text() == (tmp_path / "log.jsonl").read_text()
    facts, again = read_json(whole / "tickertune.json"), read_json(tmp_path / "tickertune.json")
    assert {**facts, "seconds": 0} == {**again, "seconds": 0}


def test_killed_between_its_last_checkpoint_and_its_result_it_takes_no_further_step(
    pairs: Path, init: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"init": init, "epochs": 0.5, "scheduler": "constant"}
    whole = dpo.train(settings(pairs, tmp_path / "whole", **changes))
    with monkeypatch.context() as patch:
        cut_before_the_result(patch, dpo)
        with pytest.raises(Cut):
            dpo.train(settings(pairs, tmp_path / "cut", **changes))
    again = dpo.train(settings(pairs, tmp_path / "cut", **changes))
    assert {**whole, "seconds": 0} == {**again, "seconds": 0}
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")


def test_same_seed_same_bytes_and_another_seed_others(whole: Path, pairs: Path, init: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        dpo.train(settings(pairs, tmp_path / str(seed), init=init, seed=seed))
    files = [folder / "adapter" / "adapter_model.safetensors" for folder in (whole, tmp_path / "0", tmp_path / "1")]
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_prompt_tokens_have_no_loss(
    pairs: Path, init: Path, tmp_path: Path, tokenizer: PreTrainedTokenizerBase
) -> None:
    """What the first step logs of both replies is the sum over their own tokens, end token included, and no other."""
    from peft import PeftModel

    made = settings(pairs, tmp_path, init=init, batch_size=12)
    dpo.train(made)
    model = AutoModelForCausalLM.from_pretrained(resolve_model(TINY), dtype=torch.float32)
    model = PeftModel.from_pretrained(model, str(init / "adapter")).eval()
    means = {"chosen": 0.0, "rejected": 0.0}
    for pair in made_pairs():
        prompt = prompt_ids(tokenizer, pair.prompt)
        for name in means:
            reply = answer_ids(tokenizer, getattr(pair, name))
            with torch.no_grad():
                logits = model(torch.tensor([prompt + reply])).logits[0, len(prompt) - 1 : -1]
            scores = logits.log_softmax(-1)[torch.arange(len(reply)), reply]
            means[name] += float(scores.sum()) / 12
    first = log(tmp_path)[0]
    assert {name: first[f"logps/{name}"] for name in means} == pytest.approx(means, rel=1e-4)


def test_a_new_adapter_is_compared_with_the_base(pairs: Path, tmp_path: Path) -> None:
    dpo.train(settings(pairs, tmp_path))
    assert log(tmp_path)[0]["loss"] == pytest.approx(math.log(2), abs=1e-6)


def test_the_trained_adapter_has_the_recipes_dropout_and_the_reference_none(
    pairs: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRL would switch off both. With ``init`` it is the dropout that SFT had."""
    lora = {"r": 4, "alpha": 8, "dropout": 0.5}
    sft.train(sft_config(dataset, tmp_path / "sft", lora=lora))
    made: list[Any] = []

    def keep(trainer: Any, *_: Any) -> None:
        made.append(trainer)
        raise Cut

    monkeypatch.setattr(dpo, "run_trainer", keep)
    for number, changes in enumerate(({"lora": lora}, {"init": tmp_path / "sft"}, {})):
        with pytest.raises(Cut):
            dpo.train(settings(pairs, tmp_path / str(number), **changes))
    for trainer, drops in zip(made, (True, True, False), strict=True):
        batch = next(iter(trainer.get_train_dataloader()))
        model = trainer.model.train()
        rows = {"input_ids": batch["input_ids"], "attention_mask": batch["attention_mask"]}
        with torch.no_grad():
            for name, tensor in model.named_parameters():  # a new adapter changes nothing, dropped or not
                if "lora_B" in name:
                    tensor.data.add_(0.1)
            twice = [model(**rows).logits for _ in range(2)]
        assert torch.equal(*twice) is not drops
        references = [trainer.compute_ref_log_probs(model, batch) for _ in range(2)]
        assert torch.equal(references[0][0], references[1][0])


def test_it_learns_to_prefer_the_chosen_reply(pairs: Path, tmp_path: Path) -> None:
    dpo.train(settings(pairs, tmp_path, learning_rate=1e-2, batch_size=12, epochs=6, save_steps=100))
    last = log(tmp_path)[-1]
    assert last["rewards/accuracies"] >= 0.9
    assert last["rewards/margins"] > 0.05
    assert last["loss"] < math.log(2)


def test_checkpoints_of_other_pairs_are_not_taken_up(whole: Path, pairs: Path, init: Path, tmp_path: Path) -> None:
    frame = pl.read_parquet(pairs / "pairs" / "data" / "train.parquet")
    spoilt(pairs, tmp_path / "other", frame.with_columns(pl.col("chosen").str.replace("it says", "we read")))
    with pytest.raises(TickerTuneError, match=r"trained with other settings or data \(pairs_hash\)"):
        dpo.train(settings(tmp_path / "other", whole, init=init))


def spoilt(pairs: Path, folder: Path, frame: pl.DataFrame) -> Path:
    (folder / "data").mkdir(parents=True)
    frame.write_parquet(folder / "data" / "train.parquet")
    (folder / "info.json").write_text((pairs / "pairs" / "info.json").read_text())
    return folder


def test_bad_pairs_are_told(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pl.read_parquet(pairs / "pairs" / "data" / "train.parquet")
    turned = frame.with_columns(pl.lit("sideways").alias("label"))
    cases = {
        "a": (frame.drop("rejected", "prompt"), r"lacks the column(s) prompt, rejected. Preference pairs have"),
        "b": (frame.head(0), "has no pair. Raise draws or reflection_rounds"),
        "c": (turned, "Label 'sideways' in"),
        "d": (frame.with_columns(pl.col("label").alias("prompt")), "has a column of the wrong type"),
        "e": (frame.with_columns(pl.col("chosen").alias("rejected")), "No pair is left of 12 (12 equal)"),
    }
    recipe = tmp_path / "dpo.yaml"
    recipe.write_text(yaml.safe_dump({"model": {"name": "tiny-llama", "dtype": "float32"}}))
    for name, (rows, sentence) in cases.items():
        folder = spoilt(pairs, tmp_path / name, rows)
        words = ["--config", str(recipe), "--dataset", str(folder), "--output", str(tmp_path / "out")]
        assert main(DpoConfig, dpo.train, words) == 2
        assert sentence in capsys.readouterr().err
    with pytest.raises(TickerTuneError, match=r"holds no preference pairs .*python -m training.rationales"):
        read_pairs(tmp_path)
    assert not (tmp_path / "out" / "adapter").exists()


def test_long_pairs_are_dropped_or_refused_never_cut(pairs: Path, tokenizer: PreTrainedTokenizerBase) -> None:
    frame, _ = read_pairs(pairs)
    lengths = [
        len(prompt) + max(len(chosen), len(rejected))
        for made in [tokenise_pairs(frame, tokenizer, settings(pairs, pairs))]
        for prompt, chosen, rejected in zip(made.prompt_ids, made.chosen_ids, made.rejected_ids, strict=True)
    ]
    limit = max(lengths) - 1
    kept = tokenise_pairs(frame, tokenizer, settings(pairs, pairs, max_length=limit))
    assert 0 < len(kept) == sum(length <= limit for length in lengths) < 12
    assert kept.dropped["too_long"] == 12 - len(kept)
    with pytest.raises(TickerTuneError, match=rf"{12 - len(kept)} of 12 pairs are longer than max_length {limit}"):
        tokenise_pairs(frame, tokenizer, settings(pairs, pairs, max_length=limit, too_long="raise"))


def test_starts_that_dpo_cannot_take_are_told(pairs: Path, answering_model: Path, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=r"holds fully trained weights.*set model.name to .*model"):
        dpo.train(settings(pairs, tmp_path, init=answering_model))
    with pytest.raises(TickerTuneError, match="to start from does not exist"):
        dpo.train(settings(pairs, tmp_path, init=tmp_path / "nowhere"))
    with pytest.raises(TickerTuneError, match=r"unknown key 'trainer.bta' \(did you mean 'beta'\?\)"):
        dpo_args(settings(pairs, tmp_path, trainer={"bta": 1}), tmp_path)
    with pytest.raises(TickerTuneError, match=r"'trainer.disable_dropout' is set by the recipe itself"):
        dpo_args(settings(pairs, tmp_path, trainer={"disable_dropout": False}), tmp_path)
    with pytest.raises(TickerTuneError, match=r"'trainer.max_length' is set by the recipe itself"):
        dpo_args(settings(pairs, tmp_path, trainer={"max_length": 8}), tmp_path)
