"""Examples before each question."""

from pydantic import Field

from tickertune.core.recipe.base import Config, Seed


class ShotsConfig(Config):
    """Solved training samples that stand before every prompt, the same for all; ``shots: 5`` is short for five of them."""

    count: int = Field(ge=1, le=256)
    """Examples, taken class by class in turn, so that classes differ by one at most."""
    seed: Seed = 0
    """Which samples of the train split are taken."""
