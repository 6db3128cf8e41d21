"""The first layers of SmolLM2-135M as a model of its own."""

from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tickertune.core.models import resolve_model
from tickertune.core.recipe import ModelConfig


def first_layers(folder: Path, layers: int) -> ModelConfig:
    """Save the first ``layers`` of the 30 equal layers, with embeddings and tokenizer, into ``folder``; returns what names them in a recipe."""
    base = resolve_model(ModelConfig(name="smollm2-135m"))
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32, num_hidden_layers=layers)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return ModelConfig(name=str(folder), dtype="float32")
