"""Which prompts GRPO meets when, and what to do when the policy collapses. Every part is off unless it is named."""

from itertools import pairwise
from typing import Literal

from pydantic import Field, field_validator, model_validator

from tickertune.core.recipe.base import Config


class DifficultyConfig(Config):
    """Easy prompts first: how often the starting checkpoint is right on each training prompt."""

    by: Literal["rollouts", "probability"] = "rollouts"
    """``rollouts``: share of right answers among ``rollouts`` sampled ones; ``probability``: the true label's probability among the
    labels, read in one pass without sampling, far cheaper, for tasks with labels and plain replies."""
    rollouts: int = Field(default=8, ge=2, le=64)
    """Answers sampled for each prompt, at the recipe's ``temperature``."""
    buckets: int = Field(default=3, ge=1)
    """Parts of the prompts, trained from the easiest on; those of one are shuffled. Of rollouts, ranges of equal width between
    ``right_from`` and ``wrong_to``; of probabilities, which stand close together, parts of equal size."""
    right_from: float = Field(default=2 / 3, gt=0.5, le=1)
    """Share, or probability, from which a prompt counts as always right; two thirds are RETuning's bound of easy prompts."""
    wrong_to: float = Field(default=0.01, ge=0, lt=0.5)
    """Share, or probability, up to which a prompt counts as always wrong."""
    always_right: Literal["drop", "last", "keep"] = "drop"
    """What becomes of prompts that are always right, whose groups teach nothing: ``last`` puts them behind all others, ``keep`` leaves
    them in the easiest bucket."""
    always_wrong: Literal["drop", "last", "keep"] = "drop"
    """The same of prompts that are always wrong; ``keep`` leaves them in the hardest bucket."""


class NoiseStage(Config):
    """A stretch of training on moves of a least size."""

    steps: int = Field(ge=1)
    """Length of the stage."""
    least: float = Field(ge=0)
    """Least size of the volatility-scaled return that followed (``ret_scaled``), in volatilities."""


class NoiseConfig(Config):
    """Clear moves first: the return that followed tells how noisy a label is. Noise in the prompts is what ``distractors`` adds."""

    stages: list[NoiseStage] = Field(min_length=1)
    """Their steps add up to ``steps``, and ``least`` falls from one to the next."""

    @field_validator("stages")
    @classmethod
    def _from_clear_to_noisy(cls, stages: list[NoiseStage]) -> list[NoiseStage]:
        for before, after in pairwise(stages):
            if after.least >= before.least:
                raise ValueError(f"least must fall from stage to stage, and {after.least:g} follows {before.least:g}")
        return stages


class DistractorStage(Config):
    """A stretch of training with so many lines of other companies' news in each prompt."""

    steps: int = Field(ge=1)
    """Length of the stage."""
    items: int = Field(ge=0, le=20)
    """Lines put in; fewer where fewer were known by the decision or fit into ``max_prompt_length`` (counted)."""


class DistractorsConfig(Config):
    """News of other companies annealed into the prompts' own, as in QARL. Labels stay what they were."""

    stages: list[DistractorStage] = Field(min_length=1)
    """Their steps add up to ``steps``, and ``items`` rises from one to the next."""
    days: int = Field(default=7, ge=1)
    """The prompt that lends its news was decided at most so many days before the one that gets it, and never after it. Above 7, days of
    the week no longer tell weeks apart."""

    @field_validator("stages")
    @classmethod
    def _annealed_in(cls, stages: list[DistractorStage]) -> list[DistractorStage]:
        for before, after in pairwise(stages):
            if after.items <= before.items:
                raise ValueError(f"items must rise from stage to stage, and {after.items} follows {before.items}")
        return stages


class RegimesConfig(Config):
    """Each step holds its share of each third of the market's states known at the decision."""

    by: Literal["trend", "volatility"] = "trend"
    """``trend``: return of the equal-weight market over ``sessions`` (down, flat, up), from the data stage's bars; ``volatility``: the
    sample's own trailing volatility (low, middle, high). Both end before the decision; the thirds are those of the training samples."""
    sessions: int = Field(default=20, ge=1)
    """Sessions of the trend, the last one closed by the decision."""


class CurriculumConfig(Config):
    """Which training prompts GRPO meets when."""

    difficulty: DifficultyConfig | None = None
    """Easy prompts first; None: in shuffled order."""
    noise: NoiseConfig | None = None
    """Clear moves first; None: all sizes at any time. Not with ``difficulty``."""
    distractors: DistractorsConfig | None = None
    """News of other companies in growing number; None: prompts as they were built."""
    regimes: RegimesConfig | None = None
    """Each step holds its share of each regime; None: as chance has it."""
    balance: bool = False
    """Each step holds each class equally often, so that always answering one label has no edge."""

    @model_validator(mode="after")
    def _one_order(self) -> "CurriculumConfig":
        if self.difficulty is not None and self.noise is not None:
            raise ValueError("difficulty and noise both order the prompts: leave one out")
        return self


class CollapseConfig(Config):
    """When GRPO counts as collapsed, judged on the mean of the last ``window`` steps."""

    action: Literal["warn", "stop"] = "warn"
    """``stop`` ends training; the result is the best checkpoint by validation (``select``), else the last one before the collapse."""
    window: int = Field(default=4, ge=1)
    """Steps that must show it together."""
    label_share: float = Field(default=0.95, gt=0.5, le=1)
    """Share of one label, among the readable answers or among the commonest answers of the groups, from which the policy has
    collapsed to it. The window should hold 16 groups or more, that chance does not."""
    flat_groups: float = Field(default=0.8, gt=0, le=1)
    """Share of groups whose answers all earn the same above which nothing is learned; 1: never."""
    entropy: float = Field(default=0.0, ge=0)
    """Mean entropy of a sampled token, in nats, below which nothing is explored; 0: never."""
