"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
os.environ.setdefault(
    "ARCH_DISABLE_NUMBA", "1"
)  # vLLM reads the attributes of every module, and fails at those of llvmlite


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
