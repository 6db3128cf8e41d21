"""Checks on an evaluation: does the score mean what it seems to mean?"""

from datetime import date
from typing import Literal

from pydantic import Field

from tickertune.core.recipe.base import Config, DataPath, Seed

GuardName = Literal[
    "first_prompt", "double_bos", "unparsed", "as_of", "ceiling", "cutoff", "near_duplicates", "shuffled_outcomes",
    "stale_replay", "stale_news", "anonymised", "injection", "paraphrase",
]  # fmt: skip


class GuardsConfig(Config):
    """Which guards run over an evaluation; docs/guards.md tells what each of them does and says."""

    checks: list[GuardName] = [
        "first_prompt", "double_bos", "unparsed", "as_of", "ceiling", "cutoff", "near_duplicates", "shuffled_outcomes",
        "stale_replay", "stale_news", "anonymised", "injection", "paraphrase",
    ]  # fmt: skip
    """Those that the task and the data do not bear say so. The last four ask every checkpoint again."""
    cutoff: date | None = None
    """Last day of the base model's training data; empty: from the registry of model cutoffs, or unknown."""
    cutoffs: DataPath | None = None
    """YAML of further model cutoffs, read before the package's."""
    trained_on: list[DataPath] = []
    """Data stages whose train split the checkpoints read, where that is not the scored data's own: near_duplicates compares with it."""
    stale_sessions: list[int] = Field(default=[1, 5], min_length=1)
    """Sessions by which decisions are replayed late, no fewer than the horizon; the news of stale_news is that much older, at the longest."""
    samples: int = Field(default=300, ge=10)
    """At most so many samples are asked again, drawn by the hash of their id."""
    permutations: int = Field(default=500, ge=100)
    """Shuffles of the outcomes."""
    followed_limit: float = Field(default=0.1, gt=0, lt=1)
    """Share of answers that may turn to what inserted text asks for, beyond those that a harmless sentence turns."""
    consistent_share: float = Field(default=0.8, gt=0, le=1)
    """Share of answers that must stay the same when the prompt says the same in other words."""
    seed: Seed = 0
