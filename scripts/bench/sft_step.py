"""What our two CPU settings save in one SFT step: scoring the answer's tokens alone, and plain attention.

    OMP_NUM_THREADS=2 python scripts/bench/sft_step.py

One forward and backward pass of SmolLM2-135M with LoRA in the machine's fast type, 8 samples of 150 tokens of which the last 9 carry
the loss, as TRL does it by default and as ``training`` does it: interleaved, median of five, as a ratio.
"""

import os
import statistics
import time
from contextlib import nullcontext

os.environ.setdefault("OMP_NUM_THREADS", "2")  # read when torch is imported

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM
from trl.trainer.utils import add_fused_lm_head

from tickertune.core.hardware import native_dtype
from tickertune.core.models import resolve_model
from tickertune.core.recipe import ModelConfig
from training.completion_scores import completion_scores_only

DTYPE = getattr(torch, native_dtype())
ROUNDS, SAMPLES, TOKENS, ANSWER = 5, 8, 150, 9


def make_model(attention: str) -> torch.nn.Module:
    """Load SmolLM2-135M with a new adapter and TRL's fused head."""
    path = resolve_model(ModelConfig(name="smollm2-135m"))
    model = AutoModelForCausalLM.from_pretrained(path, dtype=DTYPE, attn_implementation=attention)
    add_fused_lm_head(model)
    return get_peft_model(model, LoraConfig(r=16, target_modules="all-linear", task_type="CAUSAL_LM")).train()


def seconds(model: torch.nn.Module, *, compact: bool) -> float:
    """Time one forward and backward pass."""
    ids = torch.randint(10, 40_000, (SAMPLES, TOKENS))
    labels = ids.clone()
    labels[:, :-ANSWER] = -100
    begun = time.perf_counter()
    with (
        completion_scores_only() if compact else nullcontext(),
        torch.autocast("cpu", DTYPE, enabled=DTYPE is torch.bfloat16),
    ):
        outputs = model(input_ids=ids, labels=labels, fused_lm_head=True, use_cache=False)
        loss = -outputs.log_probs.sum() / (SAMPLES * ANSWER)
    loss.backward()
    return time.perf_counter() - begun


def main() -> None:
    """Print the seconds of each setting and their ratio to TRL's default."""
    torch.manual_seed(0)
    fused, plain = make_model("sdpa"), make_model("eager")
    settings = {
        "TRL's default": (fused, False),
        "answer tokens alone": (fused, True),
        "and plain attention": (plain, True),
    }
    taken: dict[str, list[float]] = {name: [] for name in settings}
    for _ in range(ROUNDS + 1):
        for name, (model, compact) in settings.items():
            taken[name].append(seconds(model, compact=compact))
    medians = {name: statistics.median(times[1:]) for name, times in taken.items()}  # the first round warms up
    base = next(iter(medians.values()))
    for name, median in medians.items():
        print(f"{name:<22}{median:6.2f} s   {base / median:.2f}x")


if __name__ == "__main__":
    main()
