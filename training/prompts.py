"""Which prompts GRPO sees, and in which order."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from eval.voting import answer_pattern
from tickertune.core.answers import tagged_reply
from tickertune.core.errors import TickerTuneError
from tickertune.core.prompting import answer_ids, chat, completion_ids, prompt_ids
from tickertune.core.recipe import GrpoConfig
from tickertune.core.tasks import ChoiceTask, Task
from training.rewards.compose import Reward
from training.rewards.constant import of_task, sample_outcomes
from training.rewards.trl import OUTCOME_COLUMNS

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedTokenizerBase

    from training.curriculum import Plan


@dataclass(frozen=True)
class Prompts:
    """Training prompts that can be learned from, before they are ordered."""

    rows: list[dict[str, Any]]
    """``prompt`` (chat messages), ``sample_id`` and the outcome."""
    samples: pl.DataFrame
    """Their ``Sample`` rows."""
    dropped: Counter[str]
    """How many samples were left out, by reason."""

    def ordered(
        self,
        config: GrpoConfig,
        plan: "Plan | None" = None,
        changed: Callable[[pl.DataFrame, Sequence[int]], Sequence[Any]] | None = None,
    ) -> tuple["Dataset", Counter[str]]:
        """Lay out the prompts of all steps: one row a group, ``prompts_per_step`` rows a step; steps that share replies share rows.

        Without a curriculum each pass over the prompts is shuffled by the seed. No step holds a prompt twice. The order is
        laid down here and not by the trainer's sampler, so that resuming in a later pass meets the same prompts.

        Args:
            config: Sizes.
            plan: The curriculum; None: without one.
            changed: Gives the prompts of all steps from the samples and the rows of all steps; None: those of the samples.

        Returns:
            The rows, and how many samples were left out, by reason.
        """
        from datasets import Dataset

        count = len(self.rows)
        order = plan.order if plan else step_order(count, config.generations, config.prompts_per_step, config.seed)
        dropped = Counter({**self.dropped, **(plan.dropped if plan else {})})
        dropped["not_drawn"] = count - len(set(order)) - (sum(plan.dropped.values()) if plan else 0)
        rows = [self.rows[place] for place in order]
        if changed is not None:
            prompts = changed(self.samples, order)
            rows = [{**row, "prompt": prompt} for row, prompt in zip(rows, prompts, strict=True)]
        return Dataset.from_list(rows), dropped


def usable_prompts(
    samples: pl.DataFrame, tokenizer: "PreTrainedTokenizerBase", reward: Reward, config: GrpoConfig
) -> Prompts:
    """Return the prompts of the reward's task that have an outcome and are short enough, in the order of the samples.

    Args:
        samples: ``Sample`` rows of the train split.
        tokenizer: The model's tokenizer.
        reward: Says which task is rewarded, and which samples have an outcome.
        config: Limits and sizes.

    Raises:
        TickerTuneError: No sample is of the task, or fewer prompts are left than a step takes.
    """
    count, samples = samples.height, of_task(samples, reward)
    dropped: Counter[str] = Counter(too_long=0, no_outcome=0, other_task=count - samples.height)
    rows, places = [], []
    outcomes = sample_outcomes(samples, reward)
    for place, ((sample_id, messages), outcome) in enumerate(
        zip(samples.select("sample_id", "messages").iter_rows(), outcomes, strict=True)
    ):
        if not reward.scorable(outcome):
            dropped["no_outcome"] += 1
        elif len(prompt_ids(tokenizer, messages)) > config.max_prompt_length:
            dropped["too_long"] += 1
        else:
            columns = {name: getattr(outcome, name) for name in OUTCOME_COLUMNS}
            rows.append({"prompt": chat(messages), "sample_id": sample_id, **columns})
            places.append(place)
    if len(rows) < config.prompts_per_step:
        left_out = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise TickerTuneError(
            f"A step takes {config.prompts_per_step} prompts, but {len(rows)} of {count} are left ({left_out})",
            "Lower prompts_per_step, raise max_prompt_length, or build a larger data set",
        )
    return Prompts(rows, samples[places], dropped)


def select_prompts(
    samples: pl.DataFrame, tokenizer: "PreTrainedTokenizerBase", reward: Reward, config: GrpoConfig
) -> tuple["Dataset", Counter[str]]:
    """Choose and order the prompts of all steps without a curriculum; see ``usable_prompts`` and ``Prompts.ordered``."""
    return usable_prompts(samples, tokenizer, reward, config).ordered(config)


def step_order(count: int, steps: int, per_step: int, seed: int) -> list[int]:
    """Return ``steps * per_step`` rows out of ``count``: shuffled passes, each cut to whole steps."""
    generator = np.random.default_rng(seed)
    whole = count // per_step * per_step
    order: list[int] = []
    while len(order) < steps * per_step:
        order += [int(row) for row in generator.permutation(count)[:whole]]
    return order[: steps * per_step]


def answer_form(config: GrpoConfig, task: Task) -> str | None:
    """Return the expression that rollouts are held to (``structured``); None: they are free.

    Raises:
        TickerTuneError: The task's answers are no closed list.
    """
    if not config.structured:
        return None
    if not isinstance(task, ChoiceTask):
        raise TickerTuneError(
            f"structured is true, and the answers of task {task.name} are no closed list", "Set structured to false"
        )
    return answer_pattern(task)


def check_completion_length(
    tokenizer: "PreTrainedTokenizerBase", task: Task, limit: int, *, tagged: bool = False
) -> None:
    """Refuse a completion length in which no whole answer fits: every rollout would be cut.

    Raises:
        TickerTuneError: The longest answer and its end token have more tokens than ``limit``; of a tagged reply, one
            without reasons and statements.
    """
    if tagged:
        replies = [answer_ids(tokenizer, tagged_reply("", task.answer(label))) for label in task.labels]
    else:
        replies = [completion_ids(tokenizer, task, label) for label in task.labels]
    longest = max(map(len, replies))
    if longest > limit:
        raise TickerTuneError(
            f"max_completion_length is {limit}, but an answer of task {task.name} has {longest} tokens",
            f"Set max_completion_length to at least {longest}",
        )
