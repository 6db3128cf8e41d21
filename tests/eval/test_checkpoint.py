import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from eval.backends.transformers import TransformersBackend
from eval.checkpoint import Checkpoint, base_checkpoint, checkpoint_of, fingerprint, materialise
from tickertune.core.errors import TickerTuneError
from tickertune.core.quantization import nf4_config
from tickertune.core.recipe import ModelConfig

MODEL = ModelConfig(name="tiny-llama", dtype="float32")


def test_stage_adapter_and_adapter_folder_are_the_same_checkpoint(tiny_adapter: Path, tiny_base: str) -> None:
    of_stage = checkpoint_of("sft", tiny_adapter, MODEL)
    assert of_stage == checkpoint_of("sft", tiny_adapter / "adapter", MODEL)
    assert of_stage.trained
    assert not base_checkpoint(MODEL).trained
    weights = materialise(of_stage)
    assert (weights.model, weights.adapter) == (tiny_base, tiny_adapter / "adapter")


def test_checkpoint_of_training_is_scored_as_its_stage_says(tmp_path: Path, tiny_adapter: Path) -> None:
    shutil.copytree(tiny_adapter / "adapter", tmp_path / "sft" / "checkpoints" / "checkpoint-20")
    (tmp_path / "sft" / "tickertune.json").write_text('{"quantization": "nf4", "dtype": "float32"}')
    found = checkpoint_of("sft-20", tmp_path / "sft" / "checkpoints" / "checkpoint-20", MODEL)
    assert (found.quantization, found.dtype) == ("nf4", "float32")
    assert found.adapter == tmp_path / "sft" / "checkpoints" / "checkpoint-20"


def test_full_model_replaces_the_base(tmp_path: Path, tiny_base: str) -> None:
    shutil.copytree(tiny_base, tmp_path / "sft" / "model")
    checkpoint = checkpoint_of("sft", tmp_path / "sft", MODEL)
    assert materialise(checkpoint).model == str(tmp_path / "sft" / "model")
    assert checkpoint.base == tiny_base


def test_model_folder_without_weights_is_refused(tmp_path: Path, tiny_base: str) -> None:
    (tmp_path / "model").mkdir()
    shutil.copy(Path(tiny_base) / "config.json", tmp_path / "model")
    with pytest.raises(TickerTuneError, match="no weights"):
        checkpoint_of("sft", tmp_path, MODEL)


def test_absent_folder_and_empty_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TickerTuneError, match="does not exist"):
        checkpoint_of("sft", tmp_path / "absent", MODEL)
    with pytest.raises(TickerTuneError, match="adapter_model"):
        checkpoint_of("sft", tmp_path, MODEL)


def test_adapter_for_another_base_is_refused(tmp_path: Path, tiny_adapter: Path) -> None:
    shutil.copytree(tiny_adapter, tmp_path / "sft")
    config = tmp_path / "sft" / "adapter" / "adapter_config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"base_model_name_or_path": "owner/other"}))
    with pytest.raises(TickerTuneError, match="was trained on other"):
        checkpoint_of("sft", tmp_path / "sft", MODEL)


def test_fingerprint_follows_the_weights_and_not_the_paths(tmp_path: Path, tiny_adapter: Path) -> None:
    shutil.copytree(tiny_adapter, tmp_path / "copy")
    original, moved = checkpoint_of("sft", tiny_adapter, MODEL), checkpoint_of("sft", tmp_path / "copy", MODEL)
    assert fingerprint(original) == fingerprint(moved)
    assert fingerprint(original) != fingerprint(base_checkpoint(MODEL))
    weights = tmp_path / "copy" / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert fingerprint(original) != fingerprint(moved)


def test_unknown_quantisation_is_refused(tiny_base: str) -> None:
    with pytest.raises(TickerTuneError, match="'int3'"):
        materialise(Checkpoint("sft", tiny_base, Path("adapter"), quantization="int3"))


def test_qlora_adapter_is_scored_on_the_model_that_it_was_trained_on(
    tmp_path: Path, tiny_adapter: Path, tiny_base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    monkeypatch.setenv("TICKERTUNE_CACHE", str(tmp_path / "cache"))
    shutil.copytree(tiny_adapter, tmp_path / "sft")
    (tmp_path / "sft" / "tickertune.json").write_text('{"quantization": "nf4", "dtype": "float32"}')
    prompts, labels = [list(range(1000, 1020)), list(range(3000, 3009))], [5, 6]
    trained = AutoModelForCausalLM.from_pretrained(
        tiny_base, dtype=torch.float32, quantization_config=nf4_config("float32")
    )
    trained = PeftModel.from_pretrained(trained, tmp_path / "sft" / "adapter")
    with torch.no_grad():
        expected = [trained(torch.tensor([ids])).logits[0, -1].log_softmax(-1)[labels].tolist() for ids in prompts]

    monkeypatch.setattr("eval.checkpoint.resolve_model", lambda _: tiny_base)
    weights = materialise(checkpoint_of("sft", tmp_path / "sft", MODEL))
    scored = TransformersBackend(weights.model, tiny_base, "float32", 2).score(prompts, labels, weights.adapter)
    on_original = TransformersBackend(tiny_base, tiny_base, "float32", 2).score(prompts, labels, weights.adapter)
    assert np.abs(scored - expected).max() < 1e-3
    assert np.abs(on_original - expected).max() > 10 * np.abs(scored - expected).max()
    assert materialise(checkpoint_of("sft", tmp_path / "sft", MODEL)) == weights
