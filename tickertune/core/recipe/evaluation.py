"""Scoring of checkpoints and baselines."""

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from tickertune.core.hardware import Dtype
from tickertune.core.recipe.base import Config, DataPath, Seed
from tickertune.core.recipe.guards import GuardsConfig
from tickertune.core.recipe.serving import ServerConfig
from tickertune.core.recipe.shots import ShotsConfig
from tickertune.core.recipe.trading import AccountConfig, PolicyConfig
from tickertune.core.recipe.votes import VotesConfig

BESIDES_THE_RESULT = frozenset({"workers", "chunk_rows", "store"})
"""Keys of ``EvalConfig`` that say where and how, and change no score beyond its last digits: part of no key."""
BaselineName = Literal["majority", "always_up", "tfidf", "momentum", "random", "oracle", "bayes"]


class EvalConfig(Config):
    """How checkpoints are scored on a split that nothing was trained on."""

    backend: Literal["auto", "vllm", "server", "transformers", "fake"] = "auto"
    """``auto`` takes vLLM where it is installed, else transformers; ``server`` asks the one that ``server`` names; ``fake`` answers
    from a hash (tests)."""
    server: ServerConfig | None = None
    """Where the model is served, for ``backend: server``."""
    votes: VotesConfig | None = None
    """Decisions by generated replies beside those by label log-probabilities, as ``<checkpoint>@<samples>``; empty: none."""
    shots: ShotsConfig | None = None
    """Solved samples of the train split before every prompt, for models that were not tuned; empty: none."""
    dtype: Dtype = Field("auto", validate_default=True)
    """``auto``: bfloat16 where the machine has instructions for it, else float32."""
    batch_size: int = Field(default=16, ge=1)
    workers: int = Field(default=1, ge=1)
    """Processes that score side by side, each with an engine of its own; scores do not depend on it."""
    chunk_rows: int = Field(default=512, ge=1)
    """Samples that are scored in one call and then stored for good: what a kill may cost a worker."""
    store: DataPath | None = None
    """Folder of the stored scores, which evaluations may share: nothing in it is scored twice. Empty: ``store`` in the evaluation's
    folder."""
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
    policy: PolicyConfig = PolicyConfig()
    """How the portfolio weighs decisions."""
    account: AccountConfig | None = None
    """Trade the decisions on the data stage's daily bars too, with cash, fees and stops. Empty: only the market-neutral book."""
    protocol: str | None = None
    """Protocol by its name, or the path of your own YAML file: its split is checked, and its metrics and published numbers are shown."""
    guards: GuardsConfig | None = None
    """Checks of what the scores mean; ``{}`` runs all of them. Empty: none."""
    seed: Seed = 0

    @field_validator("votes", mode="before")
    @classmethod
    def _count_of_votes(cls, value: Any) -> Any:
        """``votes: 8`` is short for eight samples."""
        return {"samples": value} if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("shots", mode="before")
    @classmethod
    def _count_of_shots(cls, value: Any) -> Any:
        """``shots: 5`` is short for five examples."""
        return {"count": value} if isinstance(value, int) and not isinstance(value, bool) else value

    @model_validator(mode="after")
    def _blocks_go_together(self) -> "EvalConfig":
        if (self.backend == "server") != (self.server is not None):
            raise ValueError("backend server and a server block (server.endpoint, server.model) go together")
        if self.server is not None and self.server.api == "chat" and not (self.votes and self.votes.alone):
            raise ValueError("a server that chats scores no labels: set votes.alone, or server.api completions")
        if self.guards is not None and self.votes is not None and self.votes.alone:
            raise ValueError("guards judge label scores: leave votes.alone or guards out")
        return self
