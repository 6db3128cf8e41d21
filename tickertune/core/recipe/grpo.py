"""GRPO on stock-price feedback."""

from itertools import accumulate
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from tickertune.core.recipe.curriculum import CollapseConfig, CurriculumConfig
from tickertune.core.recipe.rewards import (
    LEAST_WINDOW,
    PORTFOLIO_TERMS,
    PnlConfig,
    RewardStage,
    TermsConfig,
    Weights,
    union,
)
from tickertune.core.recipe.sft import SelectConfig
from tickertune.core.recipe.stage import LoraConfig, StageConfig


class GrpoConfig(StageConfig):
    """Group-relative policy optimisation from an SFT checkpoint."""

    init: Path | None = None
    """The SFT stage's folder to start from; ``tickertune run`` fills it in."""
    rewards: Weights = {"format": 0.25, "accuracy": 0.25, "pnl": 1.0}
    """Weight of each reward term (docs/rewards.md), or of a function of yours by its dotted path."""
    stages: list[RewardStage] = []
    """In place of ``rewards``: stretches of training with weights of their own, whose steps add up to ``steps``."""
    pnl: PnlConfig = PnlConfig()
    terms: TermsConfig = TermsConfig()
    """What the other terms are paid by."""
    reply: Literal["plain", "tagged"] = "plain"
    """``plain``: the task's answer alone; ``tagged``: reasons in ``<think>``, then answer and statements in ``<answer>``."""
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
    curriculum: CurriculumConfig = CurriculumConfig()
    """Which prompts come when (docs/training.md)."""
    collapse: CollapseConfig = CollapseConfig()
    """When the policy counts as collapsed, and what to do then."""
    select: SelectConfig | None = None
    """Choice of the checkpoint by the validation split, every ``save_steps``; None: the last weights are the result."""
    shared_prefix: bool = True
    """Read each prompt once for its group, in generation and in training: the same numbers up to rounding, in less time. Off
    under FSDP and DeepSpeed, whose processes must read alike."""
    vllm: bool = False
    """Generate rollouts with vLLM (GPU only): in the same process, or by a server (``trainer.vllm_mode``)."""
    structured: bool = False
    """Hold vLLM's replies to the task's answers, for policies that seldom find the form. It restricts sampling (docs/training.md)."""
    save_steps: int = Field(default=4, ge=1)

    @property
    def num_iterations(self) -> int:
        """Steps that learn from the same replies (``trainer.num_iterations``)."""
        return int(self.trainer.get("num_iterations", 1))

    @property
    def generations(self) -> int:
        """How often replies are drawn."""
        return self.steps // self.num_iterations

    @model_validator(mode="after")
    def _replies_serve_whole_steps(self) -> "GrpoConfig":
        given = self.trainer.get("num_iterations", 1)
        if not str(given).isdecimal() or int(given) < 1:
            raise ValueError(f"'trainer.num_iterations' is {given!r}, not a whole number from 1 on")
        blocks = [block for block in (self.curriculum.noise, self.curriculum.distractors) if block is not None]
        for steps in (self.steps, *(stage.steps for block in blocks for stage in block.stages)):
            if steps % self.num_iterations:
                raise ValueError(
                    f"replies serve {self.num_iterations} steps (trainer.num_iterations), and {steps} steps, of training or "
                    "of a stage of its curriculum, are no multiple of that"
                )
        return self

    @model_validator(mode="after")
    def _stages_fill_the_steps(self) -> "GrpoConfig":
        if not self.stages:
            return self
        if "rewards" in self.model_fields_set:
            raise ValueError("both rewards and stages are given: leave one out")
        total = sum(stage.steps for stage in self.stages)
        if total != self.steps:
            raise ValueError(f"the stages have {total} steps together, and steps is {self.steps}")
        return self

    @model_validator(mode="after")
    def _curriculum_fits(self) -> "GrpoConfig":
        difficulty = self.curriculum.difficulty
        for name, block in (("noise", self.curriculum.noise), ("distractors", self.curriculum.distractors)):
            total = self.steps if block is None else sum(stage.steps for stage in block.stages)
            if total != self.steps:
                raise ValueError(
                    f"the stages of curriculum.{name} have {total} steps together, and steps is {self.steps}"
                )
        if difficulty is not None and difficulty.by == "probability" and self.reply == "tagged":
            raise ValueError("curriculum.difficulty by probability reads plain replies: set by to rollouts")
        if self.select is not None and self.reply == "tagged":
            raise ValueError("select scores plain replies, and reply is tagged: remove the select block")
        return self

    @model_validator(mode="after")
    def _vllm_holds_to_the_form(self) -> "GrpoConfig":
        if self.structured and not self.vllm:
            raise ValueError("structured holds vLLM's replies to the form, and vllm is false: set both or neither")
        if self.structured and self.reply == "tagged":
            raise ValueError(
                "structured allows the answer alone, and reply is tagged: its reasons and statements are free"
            )
        return self

    @model_validator(mode="after")
    def _portfolios_have_a_window(self) -> "GrpoConfig":
        portfolio = sorted({name for _, weights in self.schedule() for name in weights} & set(PORTFOLIO_TERMS))
        if portfolio and self.prompts_per_step < LEAST_WINDOW:
            raise ValueError(
                f"reward {portfolio[0]} is that of a portfolio of {self.prompts_per_step} prompts; set "
                f"prompts_per_step to at least {LEAST_WINDOW}"
            )
        return self

    def schedule(self) -> list[tuple[int, dict[str, float]]]:
        """Return, for each stage, the step at which it has ended, and its weights by term.

        All stages have the same terms in the same order, some with weight 0; a recipe without stages has one.
        """
        if not self.stages:
            return [(self.steps, union([self.rewards])[0])]
        weights = union([stage.rewards for stage in self.stages])
        ends = accumulate(stage.steps for stage in self.stages)
        return list(zip(ends, weights, strict=True))
