"""An adapter goes on the base that it was trained on, whatever the folders are called."""

import hashlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json
from tickertune.core.models import folder_hashes, model_fingerprint, weights_hash
from tickertune.core.stage_facts import base_facts, check_base, facts_near, noted_revision


@pytest.fixture
def bases(tmp_path: Path) -> tuple[Path, Path]:
    """Two bases in folders called ``model`` that differ in one weight."""
    folders = tmp_path / "a" / "model", tmp_path / "b" / "model"
    for value, folder in enumerate(folders):
        folder.mkdir(parents=True)
        save_file({"weight": torch.tensor([1.0, float(value)])}, folder / "model.safetensors")
        (folder / "config.json").write_text("{}")
    return folders


def stage_on(base: Path, folder: Path) -> Path:
    """A finished stage's adapter folder, with its stage's facts."""
    write_json(folder / "tickertune.json", base_facts(str(base), None))
    (folder / "adapter").mkdir()
    return folder / "adapter"


def test_a_base_of_the_same_name_with_other_weights_is_refused_with_both_values(
    bases: tuple[Path, Path], tmp_path: Path
) -> None:
    right, wrong = bases
    adapter = stage_on(right, tmp_path / "sft")
    check_base(adapter, str(right), None)
    trained_on, given = weights_hash(str(right)), weights_hash(str(wrong))
    assert trained_on
    assert given
    said = rf"the hash {trained_on[:12]}, these {given[:12]}\. Give the base .* \(it was {re.escape(str(right))}\)"
    for place in (adapter, tmp_path / "sft"):
        with pytest.raises(TickerTuneError, match=said):
            check_base(place, str(wrong), None)
    checkpoint = tmp_path / "sft" / "checkpoints" / "checkpoint-20"
    checkpoint.mkdir(parents=True)
    with pytest.raises(TickerTuneError, match=said):
        check_base(checkpoint, str(wrong), None)


def test_a_copy_elsewhere_and_another_chat_template_are_the_same_base(bases: tuple[Path, Path], tmp_path: Path) -> None:
    adapter = stage_on(bases[0], tmp_path / "sft")
    shutil.copytree(bases[0], tmp_path / "renamed")
    (tmp_path / "renamed" / "config.json").write_text('{"transformers_version": "9"}')
    check_base(adapter, str(tmp_path / "renamed"), None)
    assert model_fingerprint(str(tmp_path / "renamed")) != model_fingerprint(str(bases[0]))


def test_adapters_without_the_fact_still_load(bases: tuple[Path, Path], tmp_path: Path) -> None:
    adapter = tmp_path / "old" / "adapter"
    adapter.mkdir(parents=True)
    assert facts_near(adapter) == {}
    check_base(adapter, str(bases[1]), None)
    write_json(tmp_path / "old" / "tickertune.json", {"base": str(bases[0]), "method": "lora"})
    check_base(adapter, str(bases[1]), None)


def test_hub_model_is_compared_by_its_weights_in_the_cache(
    bases: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub, commit = tmp_path / "hub", "c" * 40
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(hub))
    adapter = stage_on(bases[0], tmp_path / "sft")
    assert weights_hash("owner/model", commit) is None
    check_base(adapter, "owner/model", commit)  # nothing to compare with yet
    snapshot = hub / "models--owner--model" / "snapshots" / commit
    blobs = hub / "models--owner--model" / "blobs"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for base, refused in ((bases[0], False), (bases[1], True)):
        content = (base / "model.safetensors").read_bytes()
        blob = blobs / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        (snapshot / "config.json").write_text("{}")
        (snapshot / "model.safetensors").unlink(missing_ok=True)
        (snapshot / "model.safetensors").symlink_to(blob)
        assert weights_hash("owner/model", commit) == weights_hash(str(base))
        if refused:
            with pytest.raises(TickerTuneError, match="was trained on another base than owner/model"):
                check_base(adapter, "owner/model", commit)
        else:
            check_base(adapter, "owner/model", commit)


def test_the_commit_of_the_base_is_found_in_facts_and_of_older_stages_in_their_recipes(tmp_path: Path) -> None:
    stage, model = tmp_path / "run" / "world" / "sft", "owner/model"
    assert noted_revision(stage, model) is None
    (stage / "adapter").mkdir(parents=True)
    write_json(stage / "tickertune.json", {"model": model})
    assert noted_revision(stage, model) is None
    for number, file in enumerate((tmp_path / "run" / "recipe.yaml", stage / "config.yaml")):
        file.write_text(f"model: {{name: {model}, revision: commit{number}}}")
        assert noted_revision(stage / "adapter", model) == f"commit{number}"
    write_json(stage / "tickertune.json", {"model": model, **base_facts(model, "commit2")})
    assert noted_revision(stage, model) == "commit2"
    assert noted_revision(stage, "owner/other") is None


def test_weights_are_read_once_and_again_when_they_change(
    bases: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr("tickertune.core.models.sha256_file", counted)
    base = bases[0]
    first = folder_hashes(base)
    assert first == folder_hashes(base)
    weights_hash(str(base))
    assert sorted(path.name for path in read) == ["config.json", "model.safetensors"]
    file = base / "model.safetensors"
    tensors = load_file(file)
    save_file({"weight": tensors["weight"] + 1}, file)
    os.utime(file, ns=(1, 1))
    assert folder_hashes(base) != first
    assert json.loads((base / "config.json").read_text()) == {}
