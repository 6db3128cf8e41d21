"""GRPO on stock-price feedback."""

from pathlib import Path
from typing import Any, Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, ModelConfig
from tickertune.core.recipe.sft import LoraConfig

RewardName = Literal["format", "accuracy", "pnl"]


class PnlConfig(Config):
    """How a position is paid."""

    cost_bps: float = Field(default=5.0, ge=0)
    """Cost of each side, in basis points of the position."""
    clip: float = Field(default=3.0, gt=0)
    """Bound on the volatility-scaled forward return (and so on the worst reward)."""
    loss_aversion: float = Field(default=1.0, ge=1)
    """Factor on losses."""


class GrpoConfig(Config):
    """Group-relative policy optimisation from an SFT checkpoint."""

    model: ModelConfig
    dataset: Path | None = None
    """Data set folder; ``tickertune run`` fills it in."""
    init: Path | None = None
    """The SFT stage's folder to start from; ``tickertune run`` fills it in."""
    output: Path | None = None
    """Folder of the result; ``tickertune run`` fills it in."""
    rewards: dict[RewardName, float] = {"format": 0.25, "accuracy": 0.25, "pnl": 1.0}
    """Weight of each reward term."""
    pnl: PnlConfig = PnlConfig()
    lora: LoraConfig = LoraConfig()
    """Used only when ``init`` is absent: the SFT adapter is trained on otherwise."""
    learning_rate: float = Field(default=5e-5, gt=0)
    steps: int = Field(default=8, ge=1)
    prompts_per_step: int = Field(default=8, ge=1)
    """Groups a step, over all processes."""
    num_generations: int = Field(default=8, ge=2)
    """Completions a group."""
    max_completion_length: int = Field(default=16, ge=1)
    """Tokens after which a reply is cut; one cut before it named a label is truncated, and pays as the worst."""
    max_prompt_length: int = Field(default=512, ge=16)
    """Longer prompts are dropped and counted, never cut."""
    temperature: float = Field(default=1.0, gt=0)
    beta: float = Field(default=0.0, ge=0)
    """Weight of the KL term."""
    scale_rewards: Literal["none", "batch", "group"] = "none"
    """Divide advantages by the rewards' deviation: in the group it would inflate near-ties."""
    on_constant_wins: Literal["stop", "warn"] = "stop"
    """What to do when a constant policy beats the reference policy on the reward as configured."""
    vllm: bool = False
    """Generate rollouts with vLLM in the same process (GPU only)."""
    save_steps: int = Field(default=4, ge=1)
    seed: int = 0
    trainer: dict[str, Any] = {}
    """Further fields of TRL's GRPOConfig, checked by name."""

    @model_validator(mode="after")
    def _some_reward(self) -> "GrpoConfig":
        if not any(self.rewards.values()):
            raise ValueError("at least one reward needs a weight other than 0")
        return self
