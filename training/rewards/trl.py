"""The thin adapter from our reward to TRL's reward functions."""

import os
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any, Protocol

import numpy as np
from transformers import TrainerCallback

from training.rewards.batch import UNPARSED as NO_LABEL
from training.rewards.batch import Batch, Floats, outcomes_of
from training.rewards.compose import Reward

OUTCOME_COLUMNS = ("label", "ret_scaled", "volatility", "move")
"""Columns of the prompts' data set that hold a sample's outcome."""
GROUP_COLUMN = "sample_id"
SHARE = "share/"
UNPARSED = f"{SHARE}unparsed"
DECIDED = "decided/"
"""Metrics: share of the groups in which a label is the commonest answer, which is near what the most likely label would be."""
RIGHT = "right"
"""Metric: share of the answers whose label is the true one."""
STAGE = "stage"
Gather = Callable[[list[Any]], list[Any]]


class RewardFunction(Protocol):
    """What TRL calls once a batch; its name stands in the log."""

    __name__: str

    def __call__(
        self, completions: Sequence[Any], completion_ids: Sequence[Sequence[int]], **columns: Any
    ) -> list[Any]:
        """Return a reward for each completion, None where the sample has no outcome."""
        ...


def reward_functions(
    rewards: Sequence[Reward], end_ids: Collection[int], gather: Gather | None = None
) -> list[RewardFunction]:
    """Return one TRL reward function a term, in the order of the weights.

    All terms of a batch are computed when the first function is called, from replies that are read once. The first
    function also logs the stage and the shares of the labels, of unreadable and of right answers. A missing outcome makes all terms
    None, for TRL masks a completion only then. Exceptions propagate: a reward that fails must not turn into a reward of 0.

    Args:
        rewards: The composed rewards, one a stage.
        end_ids: Tokens that end a reply; one that lacks them was cut at the length limit.
        gather: Joins lists of all processes in the order of their ranks; None: accelerate's.
    """
    scorer = _Scorer(rewards, end_ids, gather)
    return [_function(scorer, name, logs=place == 0) for place, name in enumerate(rewards[0].weights)]


def stage_at(rewards: Sequence[Reward], step: int) -> int:
    """Return the place of the stage in which the step after ``step`` finished ones is."""
    return next((place for place, reward in enumerate(rewards) if step < reward.until), len(rewards) - 1)


class StageWeights(TrainerCallback):  # type: ignore[misc]
    """Gives TRL's trainer the weights of the stage that a step belongs to, also after a resume."""

    def __init__(self, trainer: Any, rewards: Sequence[Reward]) -> None:
        self._trainer, self._rewards = trainer, rewards

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Set the weights before the step's completions are scored."""
        weights = self._rewards[stage_at(self._rewards, state.global_step)].weights
        for place, weight in enumerate(weights.values()):
            self._trainer.reward_weights[place] = weight


class _Scorer:
    """Scores a batch once for all functions; TRL hands each of them the same list of completions."""

    def __init__(self, rewards: Sequence[Reward], end_ids: Collection[int], gather: Gather | None) -> None:
        self._rewards, self._end_ids, self._gather = rewards, set(end_ids), gather or _gather
        self._pooled = gather is not None or int(os.environ.get("WORLD_SIZE", "1")) > 1
        self._seen: Any = None
        self._terms: dict[str, list[float | None]] = {}
        self.metrics: dict[str, float] = {}

    def terms(
        self, prompts: Any, completions: Sequence[Any], ids: Sequence[Sequence[int]], columns: dict[str, Any]
    ) -> dict[str, list[float | None]]:
        """Return the terms of a batch by name."""
        if completions is not self._seen:
            step = getattr(columns.get("trainer_state"), "global_step", 0)
            place = stage_at(self._rewards, step)
            reward = self._rewards[place]
            batch = self._batch(reward, prompts, completions, ids, columns)
            found = reward.terms(batch, pool=self._pool if self._pooled else None)
            self._terms = {name: _with_none(values) for name, values in found.items()}
            self.metrics = {**action_shares(batch), **decided_shares(batch), STAGE: float(place)}
            self._seen = completions
        return self._terms

    def _batch(
        self,
        reward: Reward,
        prompts: Any,
        completions: Sequence[Any],
        ids: Sequence[Sequence[int]],
        columns: dict[str, Any],
    ) -> Batch:
        places: dict[tuple[str, bool], int] = {}
        which = [
            places.setdefault((_text(completion), bool(tokens) and tokens[-1] in self._end_ids), len(places))
            for completion, tokens in zip(completions, ids, strict=True)
        ]
        count = len(which)
        returns = [columns.get(column) or [None] * count for column in OUTCOME_COLUMNS[1:]]
        return Batch(
            reward.task,
            [reward.read(text, finished=finished) for text, finished in places],
            np.array(which, dtype=np.int64),
            outcomes_of(reward.task, columns[OUTCOME_COLUMNS[0]], *returns),
            [user_text(prompt) for prompt in prompts] if reward.needs("prompt") else [""] * count,
            columns.get(GROUP_COLUMN) or [None] * count,
        )

    def _pool(self, pnl: Floats, groups: Sequence[Hashable]) -> tuple[Floats, Sequence[Hashable], slice]:
        rows = self._gather(list(zip(pnl.tolist(), groups, strict=True)))
        start = int(os.environ.get("RANK", "0")) * len(pnl) if len(rows) > len(pnl) else 0
        every, all_groups = zip(*rows, strict=True)
        return np.array(every, dtype=np.float64), all_groups, slice(start, start + len(pnl))


def _gather(rows: list[Any]) -> list[Any]:
    from accelerate.utils import gather_object

    return list(gather_object(rows))


def _function(scorer: _Scorer, name: str, *, logs: bool) -> RewardFunction:
    def function(
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]],
        prompts: Any = None,
        log_metric: Callable[[str, float], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        values = scorer.terms(prompts, completions, completion_ids, columns)[name]
        if logs and log_metric is not None:
            for metric, value in scorer.metrics.items():
                log_metric(metric, value)
        return values

    function.__name__ = name
    return function


def action_shares(batch: Batch) -> dict[str, float]:
    """Share of each label, of answers without one, and of right answers."""
    said = batch.said
    shares = {f"{SHARE}{label}": float((said == place).mean()) for place, label in enumerate(batch.task.labels)}
    return {**shares, UNPARSED: float((said == NO_LABEL).mean()), RIGHT: float(batch.right.mean())}


def decided_shares(batch: Batch) -> dict[str, float]:
    """Share of the groups in which each label is the commonest answer; labels that tie share the group, unreadable groups have none."""
    numbers = {group: number for number, group in enumerate(dict.fromkeys(batch.groups))}
    counts = np.zeros((len(numbers), len(batch.task.labels)))
    rows = np.array([numbers[group] for group in batch.groups], dtype=np.int64)
    np.add.at(counts, (rows[batch.parsed], batch.said[batch.parsed]), 1)
    most = (counts == counts.max(axis=1, keepdims=True)) & (counts > 0)
    shares = (most / np.maximum(most.sum(axis=1, keepdims=True), 1)).mean(axis=0)
    return {f"{DECIDED}{label}": float(share) for label, share in zip(batch.task.labels, shares, strict=True)}


def user_text(prompt: Any) -> str:
    """Return what the user says in a prompt, without the system's instructions."""
    return "\n".join([turn["content"] for turn in prompt if turn["role"] == "user"])


def _with_none(values: Floats) -> list[float | None]:
    found: list[float | None] = values.tolist()
    return [None if value != value else value for value in found] if np.isnan(values).any() else found


def _text(completion: Any) -> str:
    return completion if isinstance(completion, str) else str(completion[-1]["content"])
