import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.training.conftest import (
    TINY,
    Cut,
    cut_after,
    cut_before_the_result,
    equal_weights,
    make_samples,
    sft_config,
    weights,
    write_samples,
)
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.models import model_fingerprint, resolve_model, weights_hash
from tickertune.core.recipe import ModelConfig
from training import sft
from training.sft import train

FILES = [
    "adapter_config.json",
    "adapter_model.safetensors",
    "chat_template.jinja",
    "tokenizer.json",
    "tokenizer_config.json",
]


@pytest.fixture(scope="module")
def whole(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An undisturbed run of six steps."""
    output = tmp_path_factory.mktemp("whole")
    train(sft_config(dataset, output))
    return output


def test_stage_folder_holds_the_result_and_its_facts(whole: Path) -> None:
    facts = read_json(whole / "tickertune.json")
    lines = [json.loads(line) for line in (whole / "log.jsonl").read_text().splitlines()]
    assert sorted(path.name for path in (whole / "adapter").iterdir()) == FILES
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert (facts["method"], facts["model"], facts["quantization"], facts["steps"]) == ("lora", "tiny-llama", None, 6)
    assert facts["tokens"] == lines[-1]["tokens"] > lines[0]["tokens"] > 0
    assert [path.name for path in (whole / "checkpoints").glob("checkpoint-*")] == ["checkpoint-6"]
    assert any(bool(tensor.abs().max() > 0) for name, tensor in weights(whole / "adapter").items() if "lora_B" in name)


def test_resumed_training_ends_in_the_same_weights_and_log(
    whole: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        cut_after(patch, 5)
        with pytest.raises(Cut):
            train(sft_config(dataset, tmp_path))
    assert not (tmp_path / "adapter").exists()
    halfway = tmp_path / "checkpoints" / "checkpoint-5"  # as if the kill had hit the saving of step 5
    shutil.copytree(tmp_path / "checkpoints" / "checkpoint-3", halfway)
    (halfway / "adapter_model.safetensors").write_bytes(b"cut")
    train(sft_config(dataset, tmp_path))
    said = capsys.readouterr().err
    assert "1 checkpoint(s)" in said
    assert "checkpoint-3" in said
    assert equal_weights(whole / "adapter", tmp_path / "adapter")
    assert (whole / "log.jsonl").read_text() == (tmp_path / "log.jsonl").read_text()
    facts, other = read_json(whole / "tickertune.json"), read_json(tmp_path / "tickertune.json")
    assert {**facts, "seconds": 0} == {**other, "seconds": 0}


@pytest.mark.parametrize(("epochs", "steps"), [(0.5, 3), (1.5, 9)])
def test_killed_between_its_last_checkpoint_and_its_result_a_stage_takes_no_further_step(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, epochs: float, steps: int
) -> None:
    """In the middle of an epoch there are samples left, which transformers would go on with."""
    changes = {"epochs": epochs, "scheduler": "constant", "save_steps": 3}
    whole = train(sft_config(dataset, tmp_path / "whole", **changes))
    with monkeypatch.context() as patch:
        cut_before_the_result(patch, sft)
        with pytest.raises(Cut):
            train(sft_config(dataset, tmp_path / "cut", **changes))
    again = train(sft_config(dataset, tmp_path / "cut", **changes))
    assert whole["steps"] == steps
    assert {**whole, "seconds": 0} == {**again, "seconds": 0}
    assert equal_weights(tmp_path / "whole" / "adapter", tmp_path / "cut" / "adapter")
    assert (tmp_path / "whole" / "log.jsonl").read_text() == (tmp_path / "cut" / "log.jsonl").read_text()


def test_same_seed_same_bytes_and_another_seed_others(whole: Path, dataset: Path, tmp_path: Path) -> None:
    for seed in (0, 1):
        train(sft_config(dataset, tmp_path / str(seed), seed=seed))
    files = [folder / "adapter" / "adapter_model.safetensors" for folder in (whole, tmp_path / "0", tmp_path / "1")]
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()


def test_facts_name_the_base_by_its_contents(whole: Path) -> None:
    facts, base = read_json(whole / "tickertune.json"), resolve_model(TINY)
    assert facts["base_fingerprint"] == model_fingerprint(base)
    assert facts["base_weights"] == weights_hash(base)


def test_a_finished_stage_is_not_trained_again(whole: Path, dataset: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(whole, again)
    train(sft_config(dataset, again))
    assert equal_weights(whole / "adapter", again / "adapter")
    assert (whole / "log.jsonl").read_text() == (again / "log.jsonl").read_text()


def test_checkpoints_of_another_learning_rate_are_not_taken_up(whole: Path, dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "run")
    with pytest.raises(TickerTuneError, match=r"trained with other settings or data \(learning_rate\)"):
        train(sft_config(dataset, tmp_path / "run", learning_rate=2e-3))


def test_batch_of_one_accumulated_eight_times_equals_batch_of_eight(dataset: Path, tmp_path: Path) -> None:
    # Plain gradient descent: Adam's division would blow rounding errors of tiny gradients up.
    shared = {
        "trainer": {"optim": "sgd", "max_grad_norm": 1e9},
        "learning_rate": 1.0,
        "warmup_ratio": 0.0,
        "token_budget": 900,
    }
    train(sft_config(dataset, tmp_path / "a", batch_size=8, **shared))
    train(sft_config(dataset, tmp_path / "b", batch_size=1, gradient_accumulation=8, **shared))
    first, second = weights(tmp_path / "a" / "adapter"), weights(tmp_path / "b" / "adapter")
    moved = max(float(tensor.abs().max()) for name, tensor in first.items() if "lora_B" in name)
    assert moved > 1e-3
    for name in first:
        torch.testing.assert_close(first[name], second[name], rtol=1e-3, atol=1e-3 * moved)


def test_full_fine_tuning_stores_the_recipes_type(dataset: Path, tmp_path: Path) -> None:
    model = ModelConfig(name=TINY.name, dtype="bfloat16")
    facts = train(sft_config(dataset, tmp_path, model=model, method="full", lora={}, token_budget=300))
    saved = weights(tmp_path / "model")
    assert {tensor.dtype for tensor in saved.values()} == {torch.bfloat16}
    assert read_json(tmp_path / "model" / "config.json")["dtype"] == "bfloat16"
    assert facts["dropped"]["over_token_budget"] > 0
    assert not list((tmp_path / "model").glob("*.bin"))


def test_packing_trains_on_the_same_tokens(dataset: Path, whole: Path, tmp_path: Path) -> None:
    facts = train(sft_config(dataset, tmp_path, packing=True, max_length=256, batch_size=2))
    assert facts["samples"] == 24
    assert 0 < facts["steps"] < 6


def test_qlora_trains_in_four_bits_on_the_cpu(dataset: Path, tmp_path: Path) -> None:
    facts = train(sft_config(dataset, tmp_path, method="qlora", token_budget=400))
    assert facts["quantization"] == "nf4"
    assert any(
        bool(tensor.abs().max() > 0) for name, tensor in weights(tmp_path / "adapter").items() if "lora_B" in name
    )


def test_missing_data_set_and_empty_train_split(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match=r"nowhere does not exist\. Build it"):
        train(sft_config(tmp_path / "nowhere", tmp_path / "out"))
    test_only = [sample.model_copy(update={"split": "test"}) for sample in make_samples(4)]
    with pytest.raises(TickerTuneError, match="the train split is empty"):
        train(sft_config(write_samples(tmp_path / "data", test_only), tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_layers_to_transform_gets_the_only_adapters(dataset: Path, tmp_path: Path) -> None:
    config = sft_config(dataset, tmp_path)
    train(config.model_copy(update={"lora": config.lora.model_copy(update={"layers_to_transform": [1]})}))
    names = weights(tmp_path / "adapter")
    assert {name.split(".layers.")[1].split(".")[0] for name in names} == {"1"}
    assert {name.split(".")[-3] for name in names} == {
        "q_proj",
        "k_proj",
        "v_proj",
        "o_proj",
        "gate_proj",
        "up_proj",
        "down_proj",
    }


def test_layer_that_the_model_lacks_is_refused(dataset: Path, tmp_path: Path) -> None:
    config = sft_config(dataset, tmp_path)
    with pytest.raises(TickerTuneError, match="names layer 2, but the model has layers 0 to 1"):
        train(config.model_copy(update={"lora": config.lora.model_copy(update={"layers_to_transform": [1, 2]})}))
    assert not (tmp_path / "adapter").exists()
