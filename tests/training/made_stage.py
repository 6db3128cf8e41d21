"""A training stage's folder with an adapter of random weights, for tests of what comes after training."""

from pathlib import Path

from tickertune.core.files import write_json
from tickertune.core.models import resolve_model
from tickertune.core.recipe import ModelConfig


def write_stage(folder: Path) -> Path:
    """Write a LoRA stage on the tiny model whose adapter moves the model's answers."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    base = resolve_model(ModelConfig(name="tiny-llama"))
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    with torch.random.fork_rng():
        torch.manual_seed(1)
        tuned = get_peft_model(model, LoraConfig(r=4, lora_alpha=8, target_modules="all-linear"))
        for name, weight in tuned.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weight, std=0.2)
    tuned.save_pretrained(folder / "adapter")
    facts = {
        "method": "lora",
        "model": "tiny-llama",
        "base": base,
        "dtype": "float32",
        "quantization": None,
        "steps": 3,
    }
    write_json(folder / "tickertune.json", facts)
    return folder
