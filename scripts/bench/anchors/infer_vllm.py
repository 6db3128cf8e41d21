"""vLLM alone: one call with all prompts as token ids, which the caller has at hand, and the log-probabilities of the labels."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vllm import LLM, SamplingParams


def engine(model: Path, longest: int) -> Any:
    """Load the model in float32, with its prefix cache."""
    return LLM(
        model=str(model), dtype="float32", max_model_len=longest, max_num_seqs=16, block_size=32,
        enable_prefix_caching=True, enforce_eager=True, disable_log_stats=True,
    )  # fmt: skip


def scores(loaded: Any, prompts: list[list[int]], labels: list[int]) -> NDArray[np.float64]:
    """Log-probabilities [n, k] of the labels after each prompt."""
    params = SamplingParams(max_tokens=1, temperature=0.0, logprob_token_ids=labels, detokenize=False)
    outputs = loaded.generate([{"prompt_token_ids": prompt} for prompt in prompts], params, use_tqdm=False)
    return np.array([[output.outputs[0].logprobs[0][label].logprob for label in labels] for output in outputs])
