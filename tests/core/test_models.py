"""Model names and folders: what cannot be loaded is refused before anything starts."""

import json

import pytest

from tickertune.core.errors import TickerTuneError
from tickertune.core.models import check_adapter, resolve_model
from tickertune.core.recipe import ModelConfig


def test_a_model_folder_without_weights_is_refused(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(TickerTuneError, match=r"has no weights \(\*\.safetensors\)"):
        resolve_model(ModelConfig(name=str(tmp_path)))


def test_pickled_weights_are_not_weights(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(TickerTuneError, match="pickled weights are not loaded"):
        resolve_model(ModelConfig(name=str(tmp_path)))


def test_a_misspelt_built_in_names_the_nearest_one():
    with pytest.raises(TickerTuneError, match=r"did you mean 'smollm2-135m'\?"):
        resolve_model(ModelConfig(name="smolm2-135m"))


def test_an_adapter_of_another_base_model_is_refused(tmp_path):
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": "someone/other-7b"}))
    with pytest.raises(TickerTuneError, match=r"was trained on other-7b, not on smollm2-135m\."):
        check_adapter(tmp_path, "cache/smollm2-135m-instruct")


def test_built_in_models_are_made_once_and_equal(tiny_model):
    first = resolve_model(ModelConfig(name=tiny_model))
    assert resolve_model(ModelConfig(name=tiny_model)) == first
