from pathlib import Path

import pytest

from eval.checkpoint import Checkpoint, base_checkpoint
from tests.eval.inference.made import TEXTS, write_lines
from tickertune.core.recipe import ModelConfig


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return base_checkpoint(ModelConfig(name="tiny-llama"))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_lines(tmp_path / "news.jsonl", TEXTS)
