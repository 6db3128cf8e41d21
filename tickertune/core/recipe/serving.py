"""A model behind a server, for evaluation."""

from typing import Literal

from pydantic import Field

from tickertune.core.recipe.address import Address
from tickertune.core.recipe.base import Config


class ServerConfig(Config):
    """Where a model is served in the OpenAI manner, for ``backend: server``. It may be a private address: you name it."""

    endpoint: Address
    """Address up to and with the version, such as ``http://127.0.0.1:8000/v1``."""
    model: str
    """The base model's name at that address."""
    adapters: dict[str, str] = {}
    """Names of the adapters at that address, by the name of their training stage's folder; by default that name itself."""
    key_env: str | None = Field(default=None, pattern=r"^[A-Z][A-Z0-9_]*$")
    """Environment variable that holds the key; None: the address wants none. The key itself stands in no file and no log."""
    api: Literal["completions", "chat"] = "completions"
    """``completions`` takes token ids and scores labels; ``chat`` can only generate (with ``votes.alone``), by its own template."""
    concurrency: int = Field(default=16, ge=1, le=32)
    """Requests under way at once."""
    attempts: int = Field(default=5, ge=1, le=20)
    """Tries of a request that ends in 408, 425, 429, 5xx or no answer, with growing waits."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds that a whole answer may take."""
