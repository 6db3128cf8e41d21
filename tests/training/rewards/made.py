"""Batches of answers, for tests of reward terms."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from tickertune.core.answers import read_reply, tagged_reply
from tickertune.core.tasks import Task, get_task
from training.rewards.batch import Batch, Floats, Outcome, outcomes_of
from training.rewards.terms import TERMS, Settings

TWO, THREE, FIVE = get_task("movement"), get_task("movement3"), get_task("movement5")
FORECASTER = get_task("forecaster")


def batch(
    task: Task,
    texts: Sequence[str],
    outcomes: Sequence[Outcome] | Outcome,
    *,
    tagged: bool = False,
    prompts: Sequence[str] | None = None,
    groups: Sequence[Any] | None = None,
) -> Batch:
    """A batch as the adapter makes it."""
    rows = [outcomes] * len(texts) if isinstance(outcomes, Outcome) else list(outcomes)
    different = list(dict.fromkeys(texts))
    return Batch(
        task,
        [read_reply(task, text, tagged=tagged) for text in different],
        np.array([different.index(text) for text in texts], dtype=np.int64),
        outcomes_of(task, *zip(*rows, strict=True)),
        list(prompts) if prompts is not None else [""] * len(texts),
        list(groups) if groups is not None else list(range(len(texts))),
    )


def term(name: str, made: Batch, settings: Settings | None = None) -> list[float]:
    """Values of one term."""
    found: Floats = TERMS[name].compute(made, settings or Settings())
    return [float(value) for value in found]


def said(task: Task, label: str, *statements: str, reasoning: str = "") -> str:
    """A tagged reply that states a label."""
    return tagged_reply(reasoning, task.answer(label), statements)
