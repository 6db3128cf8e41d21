"""A reward model on preference pairs."""

from typing import Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import ModelConfig
from tickertune.core.recipe.stage import LoraConfig, PairsConfig


class RewardModelConfig(PairsConfig):
    """A model that gives a prompt with a reply one number, trained to give the better reply of a pair the higher one."""

    model: ModelConfig
    """What it starts from; to start from an SFT stage, name its fully trained or merged weights here."""
    method: Literal["lora", "full"] = "lora"
    """What is trained beside the new head: an adapter, which is merged in the end, or all weights."""
    held_out: float | None = Field(default=0.2, gt=0, lt=1)
    """Share of the decision days, the last ones, whose pairs are not trained on and tell how often the better reply gets the higher
    number. Pairs whose outcome was not known at the first of them are left out of training. None: all are trained on, nothing is measured."""
    learning_rate: float = Field(default=1e-4, gt=0)
    center: float | None = Field(default=0.01, gt=0)
    """Pull of the numbers towards a mean of zero (Eisenstein et al. 2023): the loss of pairs alone leaves their level open. None: no pull."""

    @model_validator(mode="after")
    def _fits_together(self) -> "RewardModelConfig":
        if self.method == "full" and self.lora != LoraConfig():
            raise ValueError("method full trains all weights: remove the lora block")
        return self
