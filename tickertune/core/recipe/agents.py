"""An agent that trades day by day."""

from datetime import date
from typing import Literal

from pydantic import Field, model_validator

from tickertune.core.hardware import Dtype
from tickertune.core.recipe.base import Config, Seed
from tickertune.core.recipe.serving import ServerConfig
from tickertune.core.recipe.trading import AccountConfig


class AgentsConfig(Config):
    """A language model that is shown each day's news, its holdings and its history, and orders target weights before the open."""

    first: date
    """First day that may be traded."""
    last: date
    """Last one; what is held then is sold at the next open."""
    instruments: list[str] | None = None
    """Names that may be held. Empty: all that the data stage has bars of."""
    backend: Literal["auto", "vllm", "server", "transformers", "fake"] = "auto"
    """What answers; as in ``eval.yaml``."""
    server: ServerConfig | None = None
    """Where the model is served, for ``backend: server``."""
    dtype: Dtype = Field("auto", validate_default=True)
    account: AccountConfig = AccountConfig()
    """Capital and fees. The weights are a long-only simplex: nothing is sold short."""
    minutes_before: int = Field(default=30, ge=1)
    """How long before the open a decision is made: what came later is not shown."""
    lookback_days: int = Field(default=2, ge=1)
    """Age of the oldest news shown."""
    max_document_chars: int = Field(default=300, ge=1)
    """Most characters of a document that is shown."""
    days_shown: int = Field(default=5, ge=0)
    """Days of its own history that it is shown."""
    max_tokens: int = Field(default=256, ge=1)
    """Longest reply, in tokens; one that is cut is refused."""
    max_length: int = Field(default=8192, ge=64)
    """Longest prompt with its reply, in tokens; a longer one ends the run, nothing is cut."""
    resamples: int = Field(default=5000, ge=200)
    """Draws of the Sharpe ratio's interval."""
    seed: Seed = 0

    @model_validator(mode="after")
    def _fits_together(self) -> "AgentsConfig":
        if self.last < self.first:
            raise ValueError(f"last ({self.last}) is before first ({self.first})")
        if (self.backend == "server") != (self.server is not None):
            raise ValueError("backend server and a server block (server.endpoint, server.model) go together")
        if self.server is not None and self.server.api == "chat":
            raise ValueError("an agent's prompt goes as token ids: use server.api completions")
        return self
