"""The thin adapter from our reward to TRL's reward functions."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Protocol

from tickertune.core.decision import Decision
from tickertune.core.recipe.grpo import RewardName
from training.rewards.compose import Reward
from training.rewards.terms import Outcome

OUTCOME_COLUMNS = ("label", "ret_scaled", "volatility")
"""Columns of the prompts' data set that hold a sample's outcome."""
SHARE = "share/"
UNPARSED = f"{SHARE}unparsed"


class RewardFunction(Protocol):
    """What TRL calls once a batch; its name stands in the log."""

    __name__: str

    def __call__(
        self, completions: Sequence[Any], completion_ids: Sequence[Sequence[int]], **columns: Any
    ) -> list[Any]:
        """Return a reward for each completion, None where the sample has no outcome."""
        ...


def reward_functions(reward: Reward, end_ids: Collection[int]) -> list[RewardFunction]:
    """Return one TRL reward function a term, in the order of ``reward.weights``.

    The first also logs the shares of the labels and of unreadable answers. A missing outcome makes all terms None, for
    TRL masks a completion only then. Exceptions propagate: a reward that fails must not turn into a reward of 0.

    Args:
        reward: The composed reward.
        end_ids: Tokens that end a reply; one that lacks them was cut at the length limit.
    """
    names = list(reward.weights)
    return [_function(reward, name, end_ids, shares=place == 0) for place, name in enumerate(names)]


def _function(reward: Reward, name: RewardName, end_ids: Collection[int], *, shares: bool) -> RewardFunction:
    def function(
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]],
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        texts = [_text(completion) for completion in completions]
        decisions = [
            reward.task.parse(text, finished=bool(ids) and ids[-1] in end_ids)
            for text, ids in zip(texts, completion_ids, strict=True)
        ]
        outcomes = [Outcome(*row) for row in zip(*(columns[column] for column in OUTCOME_COLUMNS), strict=True)]
        if shares and log_metric is not None:
            for metric, value in action_shares(reward, decisions).items():
                log_metric(metric, value)
        return [reward.term(name, *answer) for answer in zip(texts, decisions, outcomes, strict=True)]

    function.__name__ = name
    return function


def action_shares(reward: Reward, decisions: Sequence[Decision]) -> dict[str, float]:
    """Share of each label, and of answers without one."""
    said = [decision.label for decision in decisions]
    shares = {f"{SHARE}{label}": said.count(label) / len(said) for label in reward.task.labels}
    return {**shares, UNPARSED: said.count(None) / len(said)}


def _text(completion: Any) -> str:
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
