"""Decisions from several generated replies."""

from pathlib import Path
from typing import Final, Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.base import Config, DataPath

VoteRule = Literal["majority", "confidence", "evidence", "best_of_n"]
BEST: Final = "best_of_n"
"""The rule by which the reply that a reward model likes best decides alone."""


class VotesConfig(Config):
    """Replies drawn for each prompt, and the votes that decide; ``votes: 8`` is short for eight samples."""

    samples: int = Field(default=8, ge=1, le=256)
    """Replies a prompt; the curve over fewer of them comes from the same ones."""
    rules: list[VoteRule] = Field(default=["majority"], min_length=1)
    """Who has how many votes: every reply one; its stated probability; by how much the scores that it states for the labels favour its
    answer; or all has the reply that ``reward_model`` rates best."""
    reward_model: DataPath | None = None
    """For ``best_of_n``: stage of ``training.reward_model``, or a sequence classifier of one output that TRL saved."""
    temperature: float = Field(default=0.7, gt=0, le=2)
    """What log-probabilities are divided by before a draw: near 0 all replies are the likeliest one."""
    max_tokens: int = Field(default=256, ge=1)
    """Tokens after which a reply is cut; a cut reply that names no label is counted as truncated."""
    reply: Literal["auto", "plain", "tagged"] = "auto"
    """How replies are read: as the task's plain answer, as ``<think>`` and ``<answer>``, or each by whether it has an answer tag."""
    structured: bool = False
    """Hold replies to the form of the task's answer (vLLM, or a server of it)."""
    alone: bool = False
    """Leave the scoring of labels out: only generated replies are judged, as where a server chats and scores nothing."""
    checkpoints: list[str] | None = None
    """Which checkpoints are asked; by default all."""

    @model_validator(mode="after")
    def _model_for_the_best(self) -> "VotesConfig":
        if (BEST in self.rules) != (self.reward_model is not None):
            raise ValueError("rule best_of_n and votes.reward_model go together")
        return self

    def rated_by(self, reward_model: Path) -> "VotesConfig":
        """Return these votes with those of a reward model beside them."""
        return self.model_copy(update={"rules": [*self.rules, BEST], "reward_model": reward_model})
