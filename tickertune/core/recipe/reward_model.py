"""A reward model on preference pairs."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, ModelConfig
from tickertune.core.recipe.sft import LoraConfig
from tickertune.core.tracking import Tracking


class RewardModelConfig(Config):
    """A model that gives a prompt with a reply one number, trained to give the better reply of a pair the higher one."""

    model: ModelConfig
    """What it starts from; to start from an SFT stage, name its fully trained or merged weights here."""
    dataset: Path | None = None
    """Folder of preference pairs: that of the rationales, or its ``pairs``."""
    output: Path | None = None
    """Folder of the result."""
    method: Literal["lora", "full"] = "lora"
    """What is trained beside the new head: an adapter, which is merged in the end, or all weights."""
    lora: LoraConfig = LoraConfig()
    held_out: float | None = Field(default=0.2, gt=0, lt=1)
    """Share of the decision days, the last ones, whose pairs are not trained on and tell how often the better reply gets the higher
    number. Pairs whose outcome was not known at the first of them are left out of training. None: all are trained on, nothing is measured."""
    learning_rate: float = Field(default=1e-4, gt=0)
    scheduler: Literal["linear", "cosine", "constant"] = "linear"
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1)
    epochs: float = Field(default=1.0, gt=0)
    batch_size: int = Field(default=4, ge=1)
    """Pairs a process and step hold: twice as many rows."""
    gradient_accumulation: int = Field(default=1, ge=1)
    center: float | None = Field(default=0.01, gt=0)
    """Pull of the numbers towards a mean of zero (Eisenstein et al. 2023): the loss of pairs alone leaves their level open. None: no pull."""
    max_length: int = Field(default=1536, ge=16)
    """Longest prompt with either reply, in tokens."""
    too_long: Literal["drop", "raise"] = "drop"
    """What becomes of a longer pair: left out and counted, or refused."""
    gradient_checkpointing: bool = False
    save_steps: int = Field(default=20, ge=1)
    keep_checkpoints: Literal["last", "all"] = "last"
    """Which of the checkpoints of every ``save_steps`` stay: the last one, to go on from, or all."""
    logging_steps: int = Field(default=1, ge=1)
    seed: int = 0
    trainer: dict[str, Any] = {}
    """Further fields of TRL's RewardConfig, checked by name."""
    tracking: Tracking = "auto"
    """Where training curves go besides ``log.jsonl``: ``trackio`` (stays on this machine), ``wandb``, ``tensorboard``, a list of these, or
    ``none``; ``auto``: trackio where it is installed. It changes no result."""

    @model_validator(mode="after")
    def _fits_together(self) -> "RewardModelConfig":
        if self.method == "full" and self.lora != LoraConfig():
            raise ValueError("method full trains all weights: remove the lora block")
        return self
