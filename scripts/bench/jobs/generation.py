"""A step of GRPO that reads each prompt once for its group, beside TRL, which reads it for every completion.

SmolLM2-135M with LoRA in float32, 8 completions of 12 tokens a step: one of a short prompt to warm up, then one of a prompt of 400 tokens
and more, which counts. ``generation`` is TRL's call of ``generate`` alone, ``step`` the whole step that holds it. With the same
seed both draw the same tokens.
"""

import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAMS = ("ours", "trl")
GENERATIONS = 8
TARGET = 1.5
WORDS, WARM_WORDS = 200, 10


def run(name: str) -> dict[str, Any]:
    """Measure the generation and the whole step of one program in this process."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM
    from trl import GRPOTrainer
    from trl_grpo import trainer

    from tickertune.core.models import resolve_model
    from tickertune.core.recipe import ModelConfig
    from training.models import load_tokenizer
    from training.shared_prefix import SharedPrefixGRPOTrainer

    torch.set_num_threads(1)
    config = ModelConfig(name="smollm2-135m", dtype="float32")
    base = resolve_model(config)
    tokenizer = load_tokenizer(base, config)
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, attn_implementation="eager")
    torch.manual_seed(0)
    model = get_peft_model(model, LoraConfig(r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"))
    prompt = _prompt(WORDS)
    kind = SharedPrefixGRPOTrainer if name == "ours" else GRPOTrainer
    with tempfile.TemporaryDirectory() as folder:
        built = trainer(kind, model, tokenizer, [_prompt(WARM_WORDS), prompt], GENERATIONS, Path(folder))
        built._generate_single_turn = generation = _Timed(built._generate_single_turn)
        built.training_step = step = _Timed(built.training_step)
        built.train()
    facts = {
        "unit": "completions",
        "prompt_tokens": len(tokenizer.apply_chat_template([{"role": "user", "content": prompt}], return_dict=False)),
        "input": hashlib.sha256(prompt.encode()).hexdigest(),
        "drawn": hashlib.sha256(repr(generation.found[0]).encode()).hexdigest(),
    }
    return {
        f"{name}_{what}": {"rate": GENERATIONS / timed.seconds, "cpu": timed.seconds, **facts}
        for what, timed in (("generation", generation), ("step", step))
    }


def _prompt(count: int) -> str:
    words = ["profit", "rises", "as", "sales", "of", "phones", "grow", "in", "every", "market", "analysts", "say"]
    return " ".join(words[(7 * place) % len(words)] + str(place % 10) for place in range(count))


class _Timed:
    """A function whose last call is timed and kept."""

    def __init__(self, function: Any) -> None:
        self._function = function
        self.seconds = 0.0
        self.found: Any = None

    def __call__(self, *given: Any, **named: Any) -> Any:
        start = time.process_time()
        self.found = self._function(*given, **named)
        self.seconds = time.process_time() - start
        return self.found


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say whether the generation phase misses its target, or draws other tokens."""
    faster = medians["ours_generation"] / medians["trl_generation"]
    whole = medians["ours_step"] / medians["trl_step"]
    print(f"\ngeneration is {faster:.2f} times as fast as TRL's (target {TARGET}), the whole step {whole:.2f} times")
    drawn = {run["drawn"] for runs in raw.values() for run in runs}
    found = [] if len(drawn) == 1 else ["generation: ours and TRL's did not draw the same tokens"]
    return (
        found if faster >= TARGET else [*found, f"generation is {faster:.2f} times as fast as TRL's, target {TARGET}"]
    )
