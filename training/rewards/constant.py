"""Policies that read nothing: what they earn on the training set, before the model is trained on the reward.

Where such a policy earns more than an honest one that is right as often as the words allow, the reward pays for
collapse, and training on it would only find that out later.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from eval.statistics import block_length, bootstrap_sums, interval
from eval.text_baseline import TextClassifier, learnable
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json
from training.rewards.compose import Reward
from training.rewards.terms import Outcome

Floats = NDArray[np.float64]

FOLDS = 3
MOST_SAMPLES = 3000
"""Samples on which the text model is fitted; its accuracy is known to within a percentage point then."""
DRAWS = 2000


@dataclass(frozen=True)
class PolicyRow:
    """What one policy earns, and by how much that exceeds the reference (with a 95% interval over days)."""

    policy: str
    accuracy: float
    reward: float
    minus_reference: float
    low: float | None
    """None where there are too few days for an interval."""
    high: float | None


@dataclass(frozen=True)
class Baselines:
    """The reference policy and those that read nothing."""

    reference_accuracy: float
    reference_reward: float
    policies: list[PolicyRow]

    @property
    def winners(self) -> list[PolicyRow]:
        """Policies that beat the reference beyond their interval."""
        return [row for row in self.policies if row.low is not None and row.low > 0]


def constant_baselines(samples: pl.DataFrame, reward: Reward, horizon: int, seed: int) -> Baselines:
    """Score the policies on samples of the train split.

    Args:
        samples: ``Sample`` rows; those without the outcome that the reward needs are left out.
        reward: The reward as configured.
        horizon: Sessions from entry to exit, by which the blocks of days are sized.
        seed: Seed of folds, shuffling and draws.

    Raises:
        TickerTuneError: No sample has an outcome.
    """
    table, samples = reward_table(samples, reward)
    labels = list(reward.task.labels)
    gold = np.array([labels.index(label) for label in samples["label"]])
    right = np.eye(len(labels))[gold]
    accuracy = text_accuracy(samples, labels, seed)
    reference = (_honest(right, accuracy) * table).sum(axis=1)

    prior = right.mean(axis=0)
    shuffled = right[np.random.default_rng(seed).permutation(len(gold))]
    choices = {
        f"always {label}": np.tile(row, (len(gold), 1)) for label, row in zip(labels, np.eye(len(labels)), strict=True)
    }
    choices |= {"random by class prior": np.tile(prior, (len(gold), 1)), "shuffled labels": shuffled}
    days = samples["session"].cast(pl.String).fill_null(samples["sample_id"])
    rows = []
    for name, chances in choices.items():
        earned = (chances * table).sum(axis=1)
        low, high = _interval_over_days(earned - reference, days, horizon, seed)
        hits = float((chances * right).sum(axis=1).mean())
        rows.append(PolicyRow(name, hits, float(earned.mean()), float((earned - reference).mean()), low, high))
    return Baselines(accuracy, float(reference.mean()), rows)


def reward_table(samples: pl.DataFrame, reward: Reward) -> tuple[Floats, pl.DataFrame]:
    """Return the reward of each label for each sample [n, k], and the samples that have an outcome [n]."""
    outcomes = [Outcome(*row) for row in samples.select("label", "ret_scaled", "volatility").iter_rows()]
    scorable = [reward.scorable(outcome) for outcome in outcomes]
    if not any(scorable):
        raise TickerTuneError(
            f"None of the {samples.height} training samples has the return that the reward needs",
            "Set rewards.pnl to 0, or build a data set with returns",
        )
    table = [
        [reward.of_label(label, outcome) for label in reward.task.labels]
        for outcome, good in zip(outcomes, scorable, strict=True)
        if good
    ]
    return np.array(table, dtype=np.float64), samples.filter(pl.Series(scorable))


def text_accuracy(samples: pl.DataFrame, labels: Sequence[str], seed: int) -> float:
    """Accuracy of TF-IDF and logistic regression on folds of whole days that its fit did not see.

    Where the words cannot be learnt from, it is the largest class's share.
    """
    if samples.height > MOST_SAMPLES:
        samples = samples.sample(MOST_SAMPLES, seed=seed).sort("sample_id")
    if samples["session"].null_count():
        fold = np.random.default_rng(seed).permutation(samples.height) % FOLDS
    else:
        day = samples["session"].rank("dense").to_numpy().astype(np.int64) - 1
        fold = day * FOLDS // (int(day.max()) + 1)
    hits = asked = 0
    for number in range(FOLDS):
        known, held = samples.filter(pl.Series(fold != number)), samples.filter(pl.Series(fold == number))
        if held.height and learnable(known):
            best = TextClassifier(known, labels, seed).probabilities(held).argmax(axis=1)
            hits += sum(labels[int(column)] == label for column, label in zip(best, held["label"], strict=True))
            asked += held.height
    if asked:
        return hits / asked
    return float(samples["label"].value_counts()["count"].max()) / samples.height  # type: ignore[arg-type]


def _honest(right: Floats, accuracy: float) -> Floats:
    """Chances of each label under a policy that is right with a probability, and else takes any other label."""
    wrong = (1 - right) / (right.shape[1] - 1)
    chances: Floats = accuracy * right + (1 - accuracy) * wrong
    return chances


def _interval_over_days(
    differences: Floats, days: pl.Series, horizon: int, seed: int
) -> tuple[float | None, float | None]:
    """95% interval of the mean, drawing blocks of whole days."""
    by_day = (
        pl.DataFrame({"day": days, "sum": differences}).group_by("day").agg(pl.col("sum").sum(), pl.len()).sort("day")
    )
    sums = by_day.select("sum", "len").to_numpy().astype(np.float64)
    draws = bootstrap_sums(sums, block_length(1, horizon), DRAWS, seed)
    return (None, None) if draws is None else interval(draws[:, 0] / draws[:, 1])


def report(baselines: Baselines, reward: Reward, path: Path) -> None:
    """Write ``baselines.json`` and print the table on standard error."""
    value: dict[str, Any] = {"weights": reward.weights, "pnl": reward.pnl.model_dump(), **asdict(baselines)}
    write_json(path, value)
    table = Table(title="Reward of policies that read nothing, on the train split")
    for column in ("policy", "accuracy", "reward", "minus reference", "95% interval"):
        table.add_column(column, justify="left" if column == "policy" else "right")
    table.add_row(
        "reference (TF-IDF accuracy)",
        f"{baselines.reference_accuracy:.3f}",
        f"{baselines.reference_reward:+.3f}",
        "",
        "",
    )
    for row in baselines.policies:
        span = "too few days" if row.low is None or row.high is None else f"{row.low:+.3f} to {row.high:+.3f}"
        table.add_row(row.policy, f"{row.accuracy:.3f}", f"{row.reward:+.3f}", f"{row.minus_reference:+.3f}", span)
    Console(file=sys.stderr, width=100).print(table)


def winner_sentence(baselines: Baselines) -> str | None:
    """Return the sentence that says which policy beats the reference, or None."""
    if not baselines.winners:
        return None
    best = max(baselines.winners, key=lambda row: row.minus_reference)
    return (
        f"Policy '{best.policy}' earns {best.minus_reference:+.3f} more than an honest policy with accuracy "
        f"{baselines.reference_accuracy:.3f} (95% interval {best.low:+.3f} to {best.high:+.3f})"
    )
