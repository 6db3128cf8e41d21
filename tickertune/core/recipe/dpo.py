"""Direct preference optimisation on pairs of replies."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from tickertune.core.recipe.base import Config, ModelConfig
from tickertune.core.recipe.sft import LoraConfig
from tickertune.core.tracking import Tracking


class DpoConfig(Config):
    """DPO on preference pairs, from an SFT adapter, which stays the frozen reference."""

    model: ModelConfig
    dataset: Path | None = None
    """Folder of preference pairs: that of the rationales, or its ``pairs``."""
    init: Path | None = None
    """The SFT stage's folder to start from; its adapter is trained on, and a frozen copy of it is the reference. None: a new
    adapter, and the base model is the reference."""
    output: Path | None = None
    """Folder of the result."""
    lora: LoraConfig = LoraConfig()
    """Used only when ``init`` is absent. The adapter in training has the dropout that it names (that of SFT with ``init``), the reference
    none."""
    beta: float = Field(default=0.1, gt=0)
    """How strongly the policy is held to the reference; the less, the further it may go."""
    loss: Literal["sigmoid", "hinge", "ipo"] = "sigmoid"
    """``sigmoid``: Rafailov et al. 2023; ``hinge``: Zhao et al. 2023; ``ipo``: Azar et al. 2023, which does not drive sure pairs apart
    without end."""
    learning_rate: float = Field(default=1e-5, gt=0)
    scheduler: Literal["linear", "cosine", "constant"] = "linear"
    warmup_ratio: float = Field(default=0.1, ge=0, lt=1)
    epochs: float = Field(default=1.0, gt=0)
    batch_size: int = Field(default=4, ge=1)
    """Pairs a process and step hold: twice as many rows."""
    gradient_accumulation: int = Field(default=1, ge=1)
    max_length: int = Field(default=1536, ge=16)
    """Longest prompt with either reply, in tokens."""
    too_long: Literal["drop", "raise"] = "drop"
    """What becomes of a longer pair: left out and counted, or refused."""
    gradient_checkpointing: bool = False
    save_steps: int = Field(default=20, ge=1)
    keep_checkpoints: Literal["last", "all"] = "last"
    """Which of the checkpoints of every ``save_steps`` stay: the last one, to go on from, or all, for ``tickertune eval --sweep``."""
    logging_steps: int = Field(default=1, ge=1)
    seed: int = 0
    trainer: dict[str, Any] = {}
    """Further fields of TRL's DPOConfig, checked by name."""
    tracking: Tracking = "auto"
    """Where training curves go besides ``log.jsonl``: ``trackio`` (stays on this machine), ``wandb``, ``tensorboard``, a list of these, or
    ``none``; ``auto``: trackio where it is installed. It changes no result."""
