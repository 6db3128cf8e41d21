"""Fixtures that all tests share."""

import importlib.util
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tickertune.core import tracking

ROOT = Path(__file__).parents[1]
os.environ.setdefault(
    "ARCH_DISABLE_NUMBA", "1"
)  # vLLM reads the attributes of every module, and fails at those of llvmlite


@pytest.fixture(scope="session", autouse=True)
def untracked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """``tracking: auto`` finds no trackio, which would be started for every training; its own tests ask for it.

    What processes of their own train is not put among the user's runs.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKIO_DIR", str(tmp_path_factory.mktemp("trackio")))
        patch.setattr(tracking, "find_spec", lambda name: None if name == "trackio" else importlib.util.find_spec(name))
        yield


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data; skips where it is absent."""
    folder = Path(os.environ.get("TICKERTUNE_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}: set TICKERTUNE_DATA to run this test")
    return folder


@pytest.fixture(scope="session")
def tiny_model() -> str:
    """Name of the randomly initialised tiny Llama."""
    return "tiny-llama"
