"""Label scores by a plain loop: padded batches through the model, the labels read off the last position."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, AutoTokenizer

BATCH = 16


def engine(model: Path) -> tuple[Any, Any]:
    """Load model and tokenizer in float32."""
    tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    return AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32).eval(), tokenizer


@torch.inference_mode()
def scores(loaded: tuple[Any, Any], prompts: list[str], labels: list[int]) -> NDArray[np.float64]:
    """Log-probabilities [n, k] of the labels after each prompt."""
    model, tokenizer = loaded
    found = []
    for start in range(0, len(prompts), BATCH):
        inputs = tokenizer(prompts[start : start + BATCH], return_tensors="pt", padding=True, add_special_tokens=False)
        logits = model(**inputs, logits_to_keep=1).logits[:, -1].double()
        found.append(torch.log_softmax(logits, dim=-1)[:, labels].numpy())
    return np.concatenate(found)
