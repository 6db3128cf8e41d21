import json
from pathlib import Path

import pytest

from eval.checkpoint import base_checkpoint, checkpoint_of
from tests.training.made_stage import write_stage
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import ModelConfig
from training import merge as merging
from training.merge import merge

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
    written = json.loads((tmp_path / "merged/merge.json").read_text())
    assert written["max_abs_logit_difference"] == fidelity.max_abs_logit_difference
    assert checkpoint_of("merged", tmp_path / "merged", TINY).model == tmp_path / "merged"


def test_merge_that_does_not_match_leaves_nothing(stage, tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "MAX_LOGIT_DIFFERENCE", 0.0)
    with pytest.raises(TickerTuneError, match="off by up to"):
        merge(checkpoint_of("sft", stage, TINY), tmp_path / "merged")
    assert list(tmp_path.iterdir()) == []


def test_base_model_has_nothing_to_merge(tmp_path):
    with pytest.raises(TickerTuneError, match="no adapter"):
        merge(base_checkpoint(TINY), tmp_path / "merged")


def test_existing_folder_is_not_replaced(stage, tmp_path):
    with pytest.raises(TickerTuneError, match="exists already"):
        merge(checkpoint_of("sft", stage, TINY), tmp_path)
