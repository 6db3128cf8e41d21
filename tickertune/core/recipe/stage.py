"""What the recipes of training stages share."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from tickertune.core.recipe.base import Config, ModelConfig, Seed
from tickertune.core.tracking import Tracking


class LoraConfig(Config):
    """The adapter's shape."""

    r: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    target_modules: str | list[str] = "all-linear"
    rslora: bool = False
    """Scale by alpha / sqrt(r) in place of alpha / r, so that a higher rank does not learn more slowly (Kalajdzievski 2023)."""
    dora: bool = False
    """Train the direction and the length of each weight apart (Liu et al. 2024). vLLM loads no such adapter: merge it, or score it with
    transformers."""
    layers_to_transform: list[int] | None = None
    """Decoder layers that get an adapter, counted from 0; None: all. With the last ones alone no gradient goes further
    down, which saves up to half of a training step's arithmetic."""


class StageConfig(Config):
    """What every training stage has."""

    model: ModelConfig
    dataset: Path | None = None
    """Data set folder; ``tickertune run`` fills it in."""
    output: Path | None = None
    """Folder of the result; ``tickertune run`` fills it in."""
    lora: LoraConfig = LoraConfig()
    learning_rate: float = Field(gt=0)
    gradient_checkpointing: bool = False
    """Compute activations again on the way back instead of keeping them: a third more time, far less memory."""
    save_steps: int = Field(default=20, ge=1)
    keep_checkpoints: Literal["last", "all"] = "last"
    """Which of the checkpoints of every ``save_steps`` stay: the last one, to go on from, or all, for ``tickertune eval --sweep``."""
    seed: Seed = 0
    trainer: dict[str, Any] = {}
    """Further fields of TRL's configuration of the stage (SFTConfig, DPOConfig, RewardConfig, GRPOConfig), checked by name."""
    tracking: Tracking = "auto"
    """Where training curves go besides ``log.jsonl``: ``trackio`` (stays on this machine), ``wandb``, ``tensorboard``, a list of these, or
    ``none``; ``auto``: trackio where it is installed. It changes no result."""


class EpochsConfig(StageConfig):
    """A stage that goes through its data in epochs: all but GRPO."""

    scheduler: Literal["linear", "cosine", "constant"] = "linear"
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1)
    epochs: float = Field(default=1.0, gt=0)
    batch_size: int = Field(ge=1)
    gradient_accumulation: int = Field(default=1, ge=1)
    logging_steps: int = Field(default=1, ge=1)


class PairsConfig(EpochsConfig):
    """A stage on preference pairs."""

    dataset: Path | None = None
    """Folder of preference pairs: that of the rationales, or its ``pairs``."""
    batch_size: int = Field(default=4, ge=1)
    """Pairs a process and step hold: twice as many rows."""
    max_length: int = Field(default=1536, ge=16)
    """Longest prompt with either reply, in tokens."""
    too_long: Literal["drop", "raise"] = "drop"
    """What becomes of a longer pair: left out and counted, or refused."""
