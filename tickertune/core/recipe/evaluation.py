"""Scoring of checkpoints and baselines."""

from typing import Literal

from pydantic import Field

from tickertune.core.hardware import Dtype
from tickertune.core.recipe.base import Config

BaselineName = Literal["majority", "always_up", "tfidf", "momentum", "random", "oracle", "bayes"]


class EvalConfig(Config):
    """How checkpoints are scored on a split that nothing was trained on."""

    backend: Literal["auto", "vllm", "transformers", "fake"] = "auto"
    """``auto`` takes vLLM where it is installed, else transformers; ``fake`` answers from a hash (tests)."""
    dtype: Dtype = Field("auto", validate_default=True)
    """``auto``: bfloat16 where the machine has instructions for it, else float32."""
    batch_size: int = Field(default=16, ge=1)
    split: Literal["validation", "test", "ood_stock", "ood_both"] = "test"
    """Which split is scored; the last two hold the tickers that split.held_out names, at the dates of train and of test."""
    baselines: list[BaselineName] = ["majority", "always_up", "tfidf", "momentum", "random", "oracle", "bayes"]
    """Those that the task and source do not support are left out."""
    resamples: int = Field(default=5000, ge=200)
    """Bootstrap draws of day blocks."""
    block_sessions: int = Field(default=1, ge=1)
    """Sessions a block; at least two of the label's horizons where its windows overlap."""
    cost_bps: float = Field(default=5.0, ge=0)
    """Cost and slippage of each side in the backtest and in the pnl reward, in basis points."""
    seed: int = 0
