"""Packed samples: nobody sees a neighbour, nothing is lost, and what is learnt is what padded samples teach."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, MambaConfig, PreTrainedTokenizerBase
from trl import pack_dataset

from data_pipeline.dataset import read_split
from tests.training.conftest import TINY, Cut, cut_after, equal_weights, sft_config, weights
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import resolve_model
from tickertune.core.tasks import get_task
from training.examples import Examples, build_examples
from training.packing import Rows, check_isolation, check_packing, pack, real_tokens
from training.preflight.look import look
from training.sft import train

LENGTH = 128


@pytest.fixture(scope="module")
def examples(dataset: Path, tokenizer: PreTrainedTokenizerBase) -> Examples:
    config = sft_config(dataset, dataset, max_length=LENGTH)
    return build_examples(read_split(dataset, "train"), tokenizer, get_task("movement"), config)


def packed(examples: Examples) -> list[dict[str, Any]]:
    labels = [
        [token if scored else -100 for token, scored in zip(ids, mask, strict=True)]
        for ids, mask in zip(examples.input_ids, examples.completion_mask, strict=True)
    ]
    rows = examples.dataset().remove_columns("completion_mask").add_column("labels", labels)
    return list(pack_dataset(rows, LENGTH, "bfd"))


def load(attention: str) -> Any:
    return AutoModelForCausalLM.from_pretrained(
        resolve_model(TINY), dtype=torch.float32, attn_implementation=attention
    ).eval()


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_packed_logits_equal_those_of_each_sample_alone(
    examples: Examples, tokenizer: PreTrainedTokenizerBase, attention: str
) -> None:
    model, rows = load(attention), packed(examples)
    batch = Rows(tokenizer.pad_token_id)(rows)
    assert max(len(row["seq_lengths"]) for row in rows) >= 2
    seen = []
    with torch.no_grad():
        together = model(input_ids=batch["input_ids"], position_ids=batch["position_ids"], use_cache=False).logits
        for number, row in enumerate(rows):
            start = 0
            for length in row["seq_lengths"]:
                ids = row["input_ids"][start : start + length]
                alone = model(input_ids=torch.tensor([ids])).logits[0]
                torch.testing.assert_close(together[number, start : start + length], alone, rtol=1e-4, atol=1e-5)
                seen.append(tuple(ids))
                start += length
    assert sorted(seen) == sorted(map(tuple, examples.input_ids))


def test_only_answers_carry_a_loss_and_padding_is_no_token(
    examples: Examples, tokenizer: PreTrainedTokenizerBase
) -> None:
    batch = Rows(tokenizer.pad_token_id)(packed(examples))
    assert int((batch["labels"] != -100).sum()) == sum(map(sum, examples.completion_mask))
    assert int(real_tokens(batch["position_ids"]).sum()) == examples.tokens < batch["input_ids"].numel()
    assert tokenizer.pad_token_id in examples.input_ids[0]  # which is why tokens cannot be counted by their value


def test_a_packed_step_is_the_padded_step(dataset: Path, tmp_path: Path) -> None:
    shared = {
        "trainer": {"optim": "sgd", "max_grad_norm": 1e9},
        "learning_rate": 1.0,
        "warmup_ratio": 0.0,
        "batch_size": 24,
        "max_length": LENGTH,
    }
    padded = train(sft_config(dataset, tmp_path / "a", **shared))
    together = train(sft_config(dataset, tmp_path / "b", packing=True, **shared))
    assert padded["steps"] == together["steps"] == 1
    assert padded["tokens"] == together["tokens"]
    losses = [json.loads((tmp_path / name / "log.jsonl").read_text())["loss"] for name in ("a", "b")]
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    first, second = weights(tmp_path / "a" / "adapter"), weights(tmp_path / "b" / "adapter")
    moved = max(float(tensor.abs().max()) for name, tensor in first.items() if "lora_B" in name)
    assert moved > 1e-3
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-3, atol=1e-3 * moved)


def test_packed_training_that_was_cut_off_ends_in_the_same_weights(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = {"packing": True, "max_length": LENGTH, "batch_size": 2, "save_steps": 2}
    whole = train(sft_config(dataset, tmp_path / "whole", **shared))
    assert whole["steps"] > 3
    with monkeypatch.context() as patch:
        cut_after(patch, 3)
        with pytest.raises(Cut):
            train(sft_config(dataset, tmp_path / "cut", **shared))
    train(sft_config(dataset, tmp_path / "cut", **shared))
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
    assert read_json(tmp_path / "cut" / "tickertune.json")["tokens"] == whole["tokens"]


def test_preflight_foretells_the_steps_of_packed_training(dataset: Path, examples: Examples, tmp_path: Path) -> None:
    config = sft_config(dataset, tmp_path, packing=True, max_length=LENGTH, batch_size=2)
    found = look(config, dataset, 1, "lora")
    assert found["batches"]["steps"] == train(config)["steps"] < 12
    assert max(map(len, pack(examples.input_ids, LENGTH))) <= LENGTH


def test_model_in_which_packed_samples_see_each_other_is_found() -> None:
    for attention in ("sdpa", "eager"):
        model = load(attention)
        check_isolation(model)
        forward = model.forward
        model.forward = lambda forward=forward, **given: forward(**{**given, "use_cache": True})
        if attention == "eager":  # its blocks are apart whatever the mask says
            check_isolation(model)
            continue
        with pytest.raises(
            TickerTuneError, match=r"another sample in front moves the logits by \d+"
        ):  # the mask is wrong then
            check_isolation(model)


def test_model_with_a_state_and_wrapped_packing_are_refused_before_weights_are_loaded(
    dataset: Path, tmp_path: Path
) -> None:
    MambaConfig(num_hidden_layers=1).save_pretrained(tmp_path / "mamba")
    config = sft_config(dataset, tmp_path, packing=True)
    with pytest.raises(TickerTuneError, match=r"MambaForCausalLM carries a state .* Set packing to false"):
        check_packing(config, str(tmp_path / "mamba"))
    check_packing(config.model_copy(update={"packing": False}), str(tmp_path / "mamba"))
    check_packing(config, resolve_model(TINY))
    wrapped = sft_config(dataset, tmp_path / "out", packing=True, trainer={"packing_strategy": "wrapped"})
    with pytest.raises(TickerTuneError, match="wrapped cuts samples"):
        train(wrapped)
    assert not (tmp_path / "out").exists()
