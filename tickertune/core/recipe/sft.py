"""Supervised fine-tuning."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, ModelConfig


class LoraConfig(Config):
    """The adapter's shape."""

    r: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: str | list[str] = "all-linear"
    layers_to_transform: list[int] | None = None
    """Decoder layers that get an adapter, counted from 0; None: all. With the last ones alone no gradient goes further
    down, which saves up to half of a training step's arithmetic."""


class SftConfig(Config):
    """Completion-only supervised fine-tuning on the train split."""

    model: ModelConfig
    dataset: Path | None = None
    """Data set folder; ``tickertune run`` fills it in."""
    output: Path | None = None
    """Folder of the result; ``tickertune run`` fills it in."""
    method: Literal["lora", "qlora", "full"] = "lora"
    lora: LoraConfig = LoraConfig()
    learning_rate: float = Field(default=5e-4, gt=0)
    scheduler: Literal["linear", "cosine", "constant"] = "cosine"
    warmup_ratio: float = Field(default=0.05, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    epochs: float = Field(default=1.0, gt=0)
    batch_size: int = Field(default=8, ge=1)
    """Samples a process and step hold."""
    gradient_accumulation: int = Field(default=1, ge=1)
    max_length: int = Field(default=512, ge=16)
    """Longest sample in tokens; a longer one is dropped and counted, never cut."""
    token_budget: int | None = Field(default=None, ge=1)
    """Most tokens that training may read over all epochs; samples beyond it are left out and counted."""
    class_balance: bool = False
    """Draw each class equally often by leaving out the surplus."""
    packing: bool = False
    gradient_checkpointing: bool = False
    save_steps: int = Field(default=20, ge=1)
    logging_steps: int = Field(default=1, ge=1)
    seed: int = 0
    trainer: dict[str, Any] = {}
    """Further fields of TRL's SFTConfig, checked by name."""

    @model_validator(mode="after")
    def _lora_alone(self) -> "SftConfig":
        if self.method == "full" and self.lora != LoraConfig():
            raise ValueError("method full trains all weights: remove the lora block")
        return self
