"""Supervised fine-tuning."""

from typing import Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config
from tickertune.core.recipe.stage import EpochsConfig, LoraConfig


class LossWeights(Config):
    """How much each sample counts in the loss; the parts are multiplied, and the weights are 1 on average."""

    classes: bool = False
    """All classes weigh the same together, whatever their share."""
    returns: float = Field(default=0.0, ge=0, le=2)
    """Power of the volatility-scaled move that followed (its size, not its sign); 0: moves count alike."""
    clip: float = Field(default=3.0, gt=0)
    """Largest scaled move that counts."""
    uniqueness: bool = False
    """Weigh by the share of a label's window that no other window of its ticker overlaps (the data set's ``weight``)."""


class SelectConfig(Config):
    """Score every checkpoint on the validation split, and keep the best one in place of the last."""

    by: Literal["mcc", "log_score", "brier"] = "log_score"
    """``log_score``: mean logarithm of the probability that the true label got among the labels; ``brier``: minus the Brier
    score. Both tell a sure mistake from an unsure one, and change with every step; ``mcc`` jumps with single decisions."""
    samples: int | None = Field(default=256, ge=1)
    """Validation samples, drawn by the seed; None: all."""
    patience: int | None = Field(default=None, ge=1)
    """Checkpoints in a row without a better score after which training stops; None: it goes on to the end."""


class SftConfig(EpochsConfig):
    """Completion-only supervised fine-tuning on the train split."""

    method: Literal["lora", "qlora", "full"] = "lora"
    learning_rate: float = Field(default=5e-4, gt=0)
    scheduler: Literal["linear", "cosine", "constant"] = "cosine"
    warmup_ratio: float = Field(default=0.05, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    batch_size: int = Field(default=8, ge=1)
    """Samples a process and step hold."""
    max_length: int = Field(default=512, ge=16)
    """Longest sample in tokens."""
    too_long: Literal["drop", "raise", "truncate"] = "drop"
    """What becomes of a longer sample: ``drop`` leaves it out and counts it, ``raise`` refuses to train, ``truncate`` takes away the
    oldest tokens of its prompt and counts it; the answer and the end of its turn are never cut."""
    token_budget: int | None = Field(default=None, ge=1)
    """Most tokens that training may read over all epochs; samples beyond it are left out and counted."""
    class_balance: bool = False
    """Draw each class equally often by leaving out the surplus."""
    loss_weights: LossWeights = LossWeights()
    """Weights of samples in the loss; not with packing, which forgets which token is whose."""
    packing: bool = False
    """Put samples together into rows of at most ``max_length`` tokens, of which ``batch_size`` make a batch; none is cut, none sees another,
    and models in which they would are refused."""
    select: SelectConfig | None = None
    """Choice of the checkpoint by the validation split, every ``save_steps``; None: the last weights are the result."""

    @model_validator(mode="after")
    def _fits_together(self) -> "SftConfig":
        if self.method == "full" and self.lora != LoraConfig():
            raise ValueError("method full trains all weights: remove the lora block")
        if self.packing and self.loss_weights != LossWeights():
            raise ValueError("loss_weights cannot be used with packing: set packing to false")
        return self
