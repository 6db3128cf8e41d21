"""Label scores as the evaluator makes them: one vLLM engine, the shared start of the prompts read once."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eval.backends.vllm import VllmBackend


def engine(model: Path, longest: int) -> VllmBackend:
    """Load the model in float32, as ``tickertune eval`` does."""
    return VllmBackend(str(model), str(model), "float32", 16, longest + 1)


def scores(loaded: VllmBackend, prompts: list[list[int]], labels: list[int]) -> NDArray[np.float64]:
    """Log-probabilities [n, k] of the labels after each prompt."""
    return loaded.score(prompts, labels)
