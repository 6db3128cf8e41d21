"""The small model of studies: two runs are the same to the byte, and nothing is left beside it."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from transformers import AutoTokenizer

from tests.training.conftest import write_samples
from tests.training.rationales.scripted import tagged_samples
from tickertune.core.errors import TickerTuneError


@pytest.fixture
def small(script: Callable[[str], ModuleType]) -> ModuleType:
    return script("small_model")


def test_same_seed_makes_the_same_bytes_and_leaves_nothing_behind(
    small: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_samples(tmp_path / "data", tagged_samples(40))
    place = tmp_path / "working"
    place.mkdir()
    monkeypatch.chdir(place)
    for name, seed in (("one", 0), ("again", 0)):
        small.make(data, tmp_path / name, 2, seed)
    assert not list(place.iterdir())
    one, again = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("one", "again"))
    assert one == again
    assert set(one) >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert len(AutoTokenizer.from_pretrained(tmp_path / "one")) <= small.VOCABULARY


def test_data_set_without_a_train_split_is_told(small: ModuleType, tmp_path: Path) -> None:
    data = write_samples(tmp_path / "data", tagged_samples(4, split="test"))
    with pytest.raises(TickerTuneError, match="no train split"):
        small.make(data, tmp_path / "model", 2, 0)
    assert not (tmp_path / "model").exists()
