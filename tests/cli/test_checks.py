import importlib.util
from collections import namedtuple
from pathlib import Path

import pytest

from tickertune.cli import checks, hub_models
from tickertune.cli.checks import preflight
from tickertune.cli.hub_models import pin_revision
from tickertune.core import tracking
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_text
from tickertune.core.recipe import Recipe, load_recipe

Usage = namedtuple("Usage", "total used free")


def load(folder: Path, **overrides: str) -> Recipe:
    return load_recipe(folder, {key.replace("__", "."): value for key, value in overrides.items()})


def without(monkeypatch, *missing: str) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(checks, "find_spec", lambda name: None if name in missing else found(name))


def test_sound_recipe_passes(recipe_folder):
    preflight(load(recipe_folder))


def test_missing_data_folder_is_named(recipe_folder, tmp_path):
    source = f"{{kind: stocknet, path: {tmp_path}/nowhere}}"
    with pytest.raises(TickerTuneError, match=r"Data path .*nowhere does not exist"):
        preflight(load(recipe_folder, worlds__planted__data__source=source))


def test_empty_data_folder_is_named(recipe_folder, tmp_path):
    (tmp_path / "empty").mkdir()
    source = f"{{kind: stocknet, path: {tmp_path}/empty}}"
    with pytest.raises(TickerTuneError, match="is empty"):
        preflight(load(recipe_folder, worlds__planted__data__source=source))


def test_template_of_the_users_own_that_is_missing_is_named(recipe_folder, tmp_path):
    own = {"worlds__planted__data__prompt": f"{{template: {tmp_path}/mine.yaml}}"}
    with pytest.raises(TickerTuneError, match=r"mine\.yaml does not exist"):
        preflight(load(recipe_folder, **own))
    write_text(tmp_path / "mine.yaml", "name: mine")
    recipe = load(recipe_folder, **own)
    assert checks.source_paths(recipe.worlds["planted"].data) == [tmp_path / "mine.yaml"]
    preflight(load(recipe_folder, worlds__planted__data__prompt="{template: movement_tagged@1}"))


def test_vllm_that_is_asked_for_and_missing_is_named_with_the_remedy(recipe_folder, monkeypatch):
    without(monkeypatch, "vllm")
    preflight(load(recipe_folder, eval__backend="auto"))
    with pytest.raises(TickerTuneError, match=r"eval\.backend is vllm, but no vLLM is installed.*make setup"):
        preflight(load(recipe_folder, eval__backend="vllm"))


def test_adapter_that_the_evaluation_could_not_load_is_refused_before_it_is_trained(recipe_folder, monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: object())
    dora = {"sft__lora": "{r: 4, alpha: 8, dora: true}"}
    for backend in ("vllm", "auto"):
        with pytest.raises(TickerTuneError, match=r"DoRA.*eval\.backend to transformers.*merge_adapter"):
            preflight(load(recipe_folder, eval__backend=backend, **dora))
    preflight(load(recipe_folder, eval__backend="transformers", **dora))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sft": "null", "grpo__lora": "{dora: true}"}, r"adapter of grpo\.lora: .*DoRA"),
        ({"sft": "null", "grpo__lora": "{r: 1024}"}, r"adapter of grpo\.lora: .*rank"),
        ({"sft__lora": "{dora: true}"}, r"adapter of sft\.lora: .*DoRA"),
    ],
)
def test_an_adapter_that_another_stage_makes_is_refused_too(changes, said, recipe_folder, monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: object())
    with pytest.raises(TickerTuneError, match=said):
        preflight(load(recipe_folder, eval__backend="vllm", **changes))


def test_dpo_alone_makes_the_adapter_that_is_looked_at(argued_folder, monkeypatch):
    monkeypatch.setattr(checks, "find_spec", lambda name: object())
    alone = {"sft": "null", "eval__backend": "vllm"}
    with pytest.raises(TickerTuneError, match=r"adapter of dpo\.lora: .*DoRA"):
        preflight(load(argued_folder, dpo__lora="{dora: true}", **alone))
    preflight(load(argued_folder, grpo__lora="{dora: true}", **alone))  # GRPO goes on with DPO's


@pytest.mark.parametrize(
    ("cuda", "changes", "said"),
    [
        (False, {}, "rollouts by vLLM need an NVIDIA GPU"),
        (True, {"sft__method": "qlora"}, "a QLoRA policy cannot be handed to vLLM"),
    ],
)
def test_rollouts_that_vllm_cannot_do_are_refused_before_the_run(cuda, changes, said, recipe_folder, monkeypatch):
    import torch

    monkeypatch.setattr(checks, "find_spec", lambda name: object())
    monkeypatch.setattr("training.preflight.checks.find_spec", lambda name: object())
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    with pytest.raises(TickerTuneError, match=said):
        preflight(load(recipe_folder, grpo__vllm="true", **changes))


def test_qlora_without_bitsandbytes_is_named(recipe_folder, monkeypatch):
    without(monkeypatch, "bitsandbytes")
    with pytest.raises(TickerTuneError, match="bitsandbytes is not installed"):
        preflight(load(recipe_folder, sft__method="qlora"))


def test_nearly_full_disk_is_named(recipe_folder, monkeypatch):
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda path: Usage(10**12, 10**12, 10**8))
    with pytest.raises(TickerTuneError, match=r"Only 0\.10 GB are free"):
        preflight(load(recipe_folder))


def test_output_that_cannot_be_written_is_named(recipe_folder, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(TickerTuneError, match="cannot be written"):
        preflight(load(recipe_folder, output=str(tmp_path / "file" / "run")))


def test_model_folder_without_weights_is_named(recipe_folder, tmp_path):
    write_text(tmp_path / "model/config.json", "{}")
    model = f"{{name: {tmp_path}/model}}"
    with pytest.raises(TickerTuneError, match=r"has no weights \(\*\.safetensors\)"):
        preflight(load(recipe_folder, model=model))


def test_all_that_is_wrong_is_told_at_once(recipe_folder, tmp_path):
    source = f"{{kind: stocknet, path: {tmp_path}/nowhere}}"
    recipe = load(recipe_folder, worlds__planted__data__source=source, accelerate=str(tmp_path / "no.yaml"))
    with pytest.raises(TickerTuneError) as raised:
        preflight(recipe)
    assert "nowhere does not exist" in str(raised.value)
    assert "no.yaml does not exist" in str(raised.value)


def test_hub_model_gets_one_commit_for_all_stages_and_keeps_it(recipe_folder, tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(hub_models, "hub_commit", lambda name: asked.append(name) or "c0ffee")
    first = pin_revision(load(recipe_folder, model="{name: owner/model}"))
    assert first.sft is not None
    assert first.grpo is not None
    assert {first.model.revision, first.sft.model.revision, first.grpo.model.revision} == {"c0ffee"}
    write_text(tmp_path / "run/recipe.yaml", "model: {name: owner/model, revision: c0ffee}")
    monkeypatch.setattr(hub_models, "hub_commit", lambda name: "moved on")
    assert pin_revision(load(recipe_folder, model="{name: owner/model}")).model.revision == "c0ffee"
    assert asked == ["owner/model"]


def test_the_teachers_model_gets_a_commit_of_its_own(argued_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(hub_models, "hub_commit", lambda name: f"commit of {name}")
    teacher = "{kind: engine, model: {name: owner/teacher}}"
    first = pin_revision(load(argued_folder, model="{name: owner/model}", rationales__teacher=teacher))
    assert first.rationales is not None
    assert first.dpo is not None
    assert first.rationales.teacher.model.revision == "commit of owner/teacher"
    assert first.dpo.model.revision == "commit of owner/model"


def test_a_teacher_that_cannot_be_asked_is_told_before_the_data_are_built(argued_folder, tmp_path, monkeypatch):
    monkeypatch.delenv("TEACHER_KEY", raising=False)
    with pytest.raises(TickerTuneError, match=r"The teacher's key TEACHER_KEY is not set"):
        preflight(load(argued_folder, rationales__teacher__key_env="TEACHER_KEY"))
    monkeypatch.setenv("TEACHER_KEY", "x")
    preflight(load(argued_folder, rationales__teacher__key_env="TEACHER_KEY"))
    teacher = f"{{kind: engine, model: {{name: tiny-llama}}, adapter: {tmp_path}/nowhere}}"
    with pytest.raises(TickerTuneError, match="nowhere"):
        preflight(load(argued_folder, rationales__teacher=teacher))


def test_a_tracker_that_is_not_installed_is_told(recipe_folder, monkeypatch):
    monkeypatch.setattr(tracking, "find_spec", lambda name: None)
    preflight(load(recipe_folder))
    with pytest.raises(TickerTuneError, match=r"names tensorboard, which is not installed.*make setup") as raised:
        preflight(load(recipe_folder, tracking="tensorboard"))
    assert str(raised.value).count("names tensorboard") == 1  # sft and grpo, said once


def test_local_models_need_no_commit(recipe_folder, monkeypatch):
    monkeypatch.setattr(hub_models, "hub_commit", lambda name: pytest.fail("asked the Hub"))
    recipe = load(recipe_folder)
    assert pin_revision(recipe) == recipe
