"""A step of GRPO that reads each prompt once for its group, beside TRL, which reads it for every completion.

SmolLM2-135M with LoRA in float32, one prompt of 400 tokens and more with 8 completions of 12 tokens a step, two steps of which the
second counts. ``generation`` is TRL's call of ``generate`` alone, ``step`` the whole step. With the same seed both draw the same tokens.
"""

import hashlib
import tempfile
import time
from pathlib import Path
from typing import Any

PROGRAMS = ("ours_generation", "trl_generation", "ours_step", "trl_step")
GENERATIONS = 8
TARGET = 1.5
WORDS = 400


def run(name: str) -> dict[str, Any]:
    """Measure one program in this process."""
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
    words = ["profit", "rises", "as", "sales", "of", "phones", "grow", "in", "every", "market", "analysts", "say"]
    prompt = " ".join(words[(7 * place) % len(words)] + str(place % 10) for place in range(WORDS // 2))
    spent: list[float] = []
    drawn: list[Any] = []
    with tempfile.TemporaryDirectory() as folder:
        kind = SharedPrefixGRPOTrainer if name.startswith("ours") else GRPOTrainer
        built = trainer(kind, model, tokenizer, [prompt], GENERATIONS, 2, Path(folder))
        original, step = built._generate_single_turn, built.training_step

        def timed(function: Any, keep: bool) -> Any:
            def call(*given: Any, **named: Any) -> Any:
                start = time.process_time()
                found = function(*given, **named)
                spent.append(time.process_time() - start)
                if keep:
                    drawn.append(found[0])
                return found

            return call

        generation = name.endswith("generation")
        if generation:
            built._generate_single_turn = timed(original, True)
        else:
            built.training_step = timed(step, False)
        built.train()
    tokens = len(tokenizer.apply_chat_template([{"role": "user", "content": prompt}], return_dict=False))
    return {
        "rate": GENERATIONS / spent[-1], "unit": "completions", "cpu": spent[-1], "prompt_tokens": tokens,
        "input": hashlib.sha256(prompt.encode()).hexdigest(), "drawn": hashlib.sha256(repr(drawn).encode()).hexdigest(),
    }  # fmt: skip


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Say whether the generation phase misses its target."""
    faster = medians["ours_generation"] / medians["trl_generation"]
    whole = medians["ours_step"] / medians["trl_step"]
    print(f"\ngeneration is {faster:.2f} times as fast as TRL's, the whole step {whole:.2f} times")
    return [] if faster >= TARGET else [f"generation is {faster:.2f} times as fast as TRL's, target {TARGET}"]
