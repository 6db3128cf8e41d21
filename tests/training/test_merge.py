import importlib
import json
import shutil
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from eval.checkpoint import Checkpoint, Weights, base_checkpoint, checkpoint_of, materialise
from tests.conftest import ROOT
from tests.training.conftest import sft_config
from tests.training.made_stage import write_stage
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json
from tickertune.core.models import resolve_model
from tickertune.core.quantization import nf4_config
from tickertune.core.recipe import ModelConfig
from training import sft
from training.merge import DEFAULT_TOLERANCE, Tolerance, merge

TINY = ModelConfig(name="tiny-llama")


@pytest.fixture(scope="module")
def stage(tmp_path_factory) -> Path:
    return write_stage(tmp_path_factory.mktemp("run") / "sft")


def test_merged_model_in_float32_equals_the_adapter(stage, tmp_path):
    fidelity = merge(checkpoint_of("sft", stage, TINY), tmp_path / "merged", "float32")
    assert fidelity.max_abs_logit_difference < 1e-4
    assert fidelity.same_top_token_share == 1.0


def test_merged_model_in_bfloat16_is_close_and_says_how_close(stage, tmp_path):
    fidelity = merge(checkpoint_of("sft", stage, TINY), tmp_path / "merged")
    assert 0 < fidelity.max_abs_logit_difference < 0.2
    assert fidelity.merge_error < 1e-5 < fidelity.rounding_error
    written = json.loads((tmp_path / "merged/merge.json").read_text())
    assert written["max_abs_logit_difference"] == fidelity.max_abs_logit_difference
    assert checkpoint_of("merged", tmp_path / "merged", TINY).model == tmp_path / "merged"


@pytest.mark.parametrize("kind", [{"rslora": True}, {"dora": True}, {"quantization": "nf4"}])
def test_every_kind_of_adapter_merges(kind, tmp_path):
    checkpoint = checkpoint_of("sft", write_stage(tmp_path / "sft", **kind), TINY)
    fidelity = merge(checkpoint, tmp_path / "merged", "float32")
    assert fidelity.max_abs_logit_difference < 1e-4
    assert fidelity.same_top_token_share == 1.0
    written = json.loads((tmp_path / "merged/merge.json").read_text())
    assert written["quantization"] == kind.get("quantization")
    assert written["tolerance"] == asdict(DEFAULT_TOLERANCE)


def test_qlora_is_merged_into_what_it_was_trained_on(tmp_path):
    stage = write_stage(tmp_path / "sft", quantization="nf4")
    merge(checkpoint_of("sft", stage, TINY), tmp_path / "merged", "float32")
    merge(checkpoint_of("sft", write_stage(tmp_path / "plain"), TINY), tmp_path / "original", "float32")
    base = resolve_model(TINY)
    rounded = AutoModelForCausalLM.from_pretrained(
        base, dtype=torch.float32, quantization_config=nf4_config("float32"), device_map={"": "cpu"}
    )
    trained = PeftModel.from_pretrained(rounded, str(stage / "adapter")).eval()
    ids = torch.arange(100, 160)[None]

    def off(name: str) -> float:
        merged = AutoModelForCausalLM.from_pretrained(tmp_path / name, dtype=torch.float32).eval()
        with torch.no_grad():
            return float((merged(ids).logits - trained(ids).logits).abs().mean())

    assert off("merged") < 1e-3  # the kernel for four bits rounds within
    assert off("original") > 20 * off("merged")


TRAINED = {
    "lora": {"learning_rate": 1e-2},
    "dora": {"learning_rate": 1e-2, "lora": {"r": 4, "alpha": 8, "dora": True}},
    "qlora": {"learning_rate": 1e-2, "method": "qlora"},
}


def into_other_base(checkpoint: Checkpoint) -> Weights:
    """The weights that a merge must not take: the original base for a QLoRA adapter, the rounded one for another."""
    return materialise(replace(checkpoint, quantization="nf4" if checkpoint.quantization is None else None))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", TRAINED)
def test_trained_adapter_is_merged_into_its_own_base_and_refused_in_another(
    kind, dtype, dataset, tmp_path, monkeypatch
):
    base = ModelConfig(name="tiny-llama", dtype=dtype)
    sft.train(sft_config(dataset, tmp_path / "sft", model=base, **TRAINED[kind]))
    checkpoint = checkpoint_of("sft", tmp_path / "sft", base)
    assert checkpoint.quantization == ("nf4" if kind == "qlora" else None)
    right = merge(checkpoint, tmp_path / "right", "float32")
    assert right.merge_error < DEFAULT_TOLERANCE.merge / 20
    assert right.rounding_error == 0
    rounded = merge(checkpoint, tmp_path / "rounded", "bfloat16")
    assert rounded.merge_error == right.merge_error
    assert DEFAULT_TOLERANCE.merge / 20 < rounded.rounding_error < DEFAULT_TOLERANCE.rounding / 5
    monkeypatch.setattr("training.merge.materialise", into_other_base)
    with pytest.raises(TickerTuneError, match="are not the adapter on the base that training held"):
        merge(checkpoint, tmp_path / "wrong", "bfloat16")
    assert not (tmp_path / "wrong").exists()
    wide = Tolerance(merge=1e9, rounding=1e9)
    assert merge(checkpoint, tmp_path / "wrong", "float32", wide).merge_error > 5 * DEFAULT_TOLERANCE.merge


@pytest.mark.slow
@pytest.mark.parametrize("quantization", [None, "nf4"])
def test_smollm2_is_merged_into_its_own_base_and_refused_in_another(quantization, tmp_path, monkeypatch):
    """Rounding to bfloat16 is a hundred times the tolerance of the merge, and a wrong base hundreds of times."""
    kind = {"quantization": quantization, "std": 0.01, "model": "smollm2-135m", "dtype": "bfloat16"}
    checkpoint = checkpoint_of("sft", write_stage(tmp_path / "sft", **kind), ModelConfig(name="smollm2-135m"))
    fidelity = merge(checkpoint, tmp_path / "right", "bfloat16")
    print(fidelity)
    assert fidelity.merge_error < DEFAULT_TOLERANCE.merge / 20
    assert DEFAULT_TOLERANCE.merge < fidelity.rounding_error < DEFAULT_TOLERANCE.rounding / 3
    monkeypatch.setattr("training.merge.materialise", into_other_base)
    with pytest.raises(TickerTuneError, match="are not the adapter on the base that training held") as refused:
        merge(checkpoint, tmp_path / "wrong", "bfloat16")
    print(refused.value)
    assert not (tmp_path / "wrong").exists()


@pytest.mark.parametrize(
    ("tolerance", "said"),
    [(Tolerance(merge=0.0), "in float32 their logits are off by"), (Tolerance(rounding=1e-6), "Rounding to bfloat16")],
)
def test_merge_beyond_the_tolerance_leaves_nothing(stage, tmp_path, tolerance, said):
    with pytest.raises(TickerTuneError, match=said):
        merge(checkpoint_of("sft", stage, TINY), tmp_path / "merged", tolerance=tolerance)
    assert list(tmp_path.iterdir()) == []


def test_script_reports_the_figures_and_refuses_above_the_tolerance(stage, tmp_path):
    def script(*options: str) -> subprocess.CompletedProcess[str]:
        words = ["scripts/merge_adapter.py", str(stage), str(tmp_path / "merged"), "--model", "tiny-llama", *options]
        return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)

    refused = script("--tolerance", "1e-9")
    assert refused.returncode != 0
    assert "tolerance 1e-09; nothing was written" in " ".join(refused.stderr.split())
    assert list(tmp_path.iterdir()) == []
    merged = script("--dtype", "float32")
    assert merged.returncode == 0, merged.stderr
    assert "merge_error: " in merged.stdout
    assert "rounding_error: 0" in merged.stdout
    assert "mean_abs_logit_difference: " in merged.stdout
    assert "no tickertune.json" not in merged.stderr


def test_script_warns_of_an_adapter_without_facts(stage, tmp_path, capsys, monkeypatch):
    shutil.copytree(stage / "adapter", tmp_path / "alone")
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    importlib.import_module("merge_adapter").main(
        tmp_path / "alone", tmp_path / "merged", "tiny-llama", "float32", 1e-3, 0.1
    )
    assert "has no tickertune.json, so it is taken for an adapter on the base in" in capsys.readouterr().err


def test_an_unknown_type_is_refused_at_once_with_those_that_there_are(stage, tmp_path, monkeypatch):
    monkeypatch.setattr("training.merge._trained_base", lambda checkpoint: pytest.fail("the base was loaded"))
    with pytest.raises(TickerTuneError, match=r"'bf16'\. Give --dtype bfloat16 or float32"):
        merge(checkpoint_of("sft", stage, TINY), tmp_path / "merged", "bf16")


@pytest.mark.parametrize("given", [None, "f" * 64, "0" * 64])
def test_a_base_that_was_not_here_before_is_compared_once_it_is_loaded(given, tmp_path, monkeypatch, capsys):
    """As of a model of the Hub: before it is loaded its weights are in no folder."""
    stage = write_stage(tmp_path / "sft")
    write_json(
        stage / "tickertune.json", json.loads((stage / "tickertune.json").read_text()) | {"base_weights": "f" * 64}
    )
    monkeypatch.setattr("tickertune.core.stage_facts.weights_hash", lambda *base: None)
    checkpoint = checkpoint_of("sft", stage, TINY)
    monkeypatch.setattr("tickertune.core.stage_facts.weights_hash", lambda *base: given)
    if given == "0" * 64:
        with pytest.raises(TickerTuneError, match="was trained on another base"):
            merge(checkpoint, tmp_path / "merged", "float32")
        assert not (tmp_path / "merged").exists()
    else:
        merge(checkpoint, tmp_path / "merged", "float32")
        assert ("was not checked" in capsys.readouterr().err) == (given is None)


@pytest.mark.parametrize(("asked", "used"), [(None, "c" * 40), ("d" * 40, "d" * 40)])
def test_scripts_take_the_commit_that_the_stage_was_trained_on(asked, used, tmp_path, monkeypatch):
    class Seen(Exception):
        pass

    def looking(name: str, folder: Path, model: ModelConfig) -> Checkpoint:
        raise Seen(model.revision)

    write_json(tmp_path / "sft" / "tickertune.json", {"model": "owner/model", "base_revision": "c" * 40})
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    for name, target in (("merge_adapter", tmp_path / "merged"), ("push_to_hub", "me/model")):
        module = importlib.import_module(name)
        monkeypatch.setattr(module, "checkpoint_of", looking)
        monkeypatch.setenv("HF_TOKEN", "hf_not_real")
        with pytest.raises(Seen, match=used):
            module.main(tmp_path / "sft", target, "owner/model", revision=asked)


def test_base_model_has_nothing_to_merge(tmp_path):
    with pytest.raises(TickerTuneError, match="no adapter"):
        merge(base_checkpoint(TINY), tmp_path / "merged")


def test_existing_folder_is_not_replaced(stage, tmp_path):
    with pytest.raises(TickerTuneError, match="exists already"):
        merge(checkpoint_of("sft", stage, TINY), tmp_path)
