"""The curriculum of GRPO: which training prompts come when."""

from training.curriculum.plan import Plan, plan_of

__all__ = ["Plan", "plan_of"]
