"""A training stage's folder with an adapter of random weights, for tests of what comes after training."""

from pathlib import Path

from tickertune.core.files import write_json
from tickertune.core.models import resolve_model
from tickertune.core.recipe import ModelConfig


def write_stage(
    folder: Path,
    *,
    rslora: bool = False,
    dora: bool = False,
    quantization: str | None = None,
    std: float = 0.2,
    model: str = "tiny-llama",
    dtype: str = "float32",
) -> Path:
    """Write a LoRA stage on a built-in model, the tiny one by default, whose adapter moves the model's answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = resolve_model(ModelConfig(name=model))
    whole = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        tuned = get_peft_model(
            whole, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", use_rslora=rslora, use_dora=dora)
        )
        for name, weight in tuned.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weight, std=std)
    tuned.save_pretrained(folder / "adapter")
    facts = {
        "method": "lora" if quantization is None else "qlora",
        "model": model,
        "base": base,
        "dtype": dtype,
        "quantization": quantization,
        "steps": 3,
    }
    write_json(folder / "tickertune.json", facts)
    return folder
