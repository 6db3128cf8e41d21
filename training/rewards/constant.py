"""Policies that read nothing: what they earn on the training set, before the model is trained on the reward.

Where such a policy earns more than an honest one that is right as often as the words allow, the reward pays for
collapse, and training on it would only find that out later.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from eval.statistics import block_length, bootstrap_sums, interval
from eval.text_baseline import TextClassifier, learnable
from tickertune.core.errors import TickerTuneError
from training.rewards.batch import Batch, Floats, Integers, Outcome, Outcomes, outcomes_of
from training.rewards.compose import Reward
from training.rewards.trl import user_text

FOLDS = 3
MOST_SAMPLES = 3000
"""Samples on which the text model is fitted; its accuracy is known to within a percentage point then."""
DRAWS = 2000
ROUNDING = 1e-9
"""Differences up to this are ties."""


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
        return [row for row in self.policies if row.low is not None and row.low > ROUNDING]


def constant_baselines(
    samples: pl.DataFrame, reward: Reward, horizon: int, seed: int, accuracy: float | None = None
) -> Baselines:
    """Score the policies on samples of the train split.

    Args:
        samples: ``Sample`` rows; those without the outcome that the reward needs are left out.
        reward: The reward as configured.
        horizon: Sessions from entry to exit, by which the blocks of days are sized.
        seed: Seed of folds, shuffling and draws.
        accuracy: Accuracy of the reference policy; None: ``text_accuracy``.

    Raises:
        TickerTuneError: No sample has an outcome.
    """
    samples, outcomes = with_outcomes(samples, reward)
    world = _World(reward, samples, outcomes, windows_of(samples.height, reward.window, seed))
    labels = list(reward.task.labels)
    right = np.eye(len(labels))[outcomes.label]
    accuracy = text_accuracy(samples, labels, seed) if accuracy is None else accuracy
    reference = world.earned(_honest(right, accuracy), accuracy)

    prior = right.mean(axis=0)
    shuffled = right[np.random.default_rng(seed).permutation(len(right))]
    choices = {
        f"always {label}": np.tile(row, (len(right), 1)) for label, row in zip(labels, np.eye(len(labels)), strict=True)
    }
    choices |= {"random by class prior": np.tile(prior, (len(right), 1)), "shuffled labels": shuffled}
    days = samples["session"].cast(pl.String).fill_null(samples["sample_id"])
    rows = []
    for name, chances in choices.items():
        hits = float((chances * right).sum(axis=1).mean())
        earned = world.earned(chances, hits)
        low, high = _interval_over_days(earned - reference, days, horizon, seed)
        rows.append(PolicyRow(name, hits, float(earned.mean()), float((earned - reference).mean()), low, high))
    return Baselines(accuracy, float(reference.mean()), rows)


@dataclass(frozen=True)
class _World:
    """What a policy is judged on: n samples, their outcomes, and the portfolio window that each falls into."""

    reward: Reward
    samples: pl.DataFrame
    outcomes: Outcomes
    windows: Integers

    def earned(self, chances: Floats, probability: float) -> Floats:
        """Return the expected reward of each sample [n] under chances of each label [n, k].

        The replies are well formed. Where the form lets them, they state ``probability`` and, on their label's side, the
        median size of the returns; they argue nothing, so that no policy differs from another in its form.
        """
        task, (count, classes) = self.reward.task, chances.shape
        moves = np.abs(self.outcomes.move[~np.isnan(self.outcomes.move)])
        size = float(np.median(moves)) if len(moves) else 0.0
        sides = [np.sign(task.position(label)) if task.has_positions else 0.0 for label in task.labels]
        replies = [
            self.reward.read(self.reward.reply(label, probability, float(side) * size))
            for label, side in zip(task.labels, sides, strict=True)
        ]
        rows = np.repeat(np.arange(count), classes)
        prompts = self._prompts()
        batch = Batch(
            task,
            replies,
            np.tile(np.arange(classes), count),
            self.outcomes[rows],
            [prompts[row] for row in rows.tolist()],
            rows.tolist(),
        )
        terms = self.reward.terms(batch, chances.ravel(), self.windows[rows])
        earned: Floats = (chances * self.reward.total(terms).reshape(chances.shape)).sum(axis=1)
        return earned

    def _prompts(self) -> list[str]:
        if not self.reward.needs("prompt"):
            return [""] * self.samples.height
        return [user_text(messages) for messages in self.samples["messages"].to_list()]


def with_outcomes(samples: pl.DataFrame, reward: Reward) -> tuple[pl.DataFrame, Outcomes]:
    """Return the samples of the reward's task that have the outcome which it needs, and their outcomes.

    Raises:
        TickerTuneError: None has.
    """
    samples = of_task(samples, reward)
    rows = sample_outcomes(samples, reward)
    scorable = [reward.scorable(outcome) for outcome in rows]
    if not any(scorable):
        raise TickerTuneError(
            f"None of the {samples.height} training samples has the return that the reward needs",
            "Set the weights of pnl, portfolio and magnitude terms to 0, or build a data set with returns",
        )
    kept = [outcome for outcome, good in zip(rows, scorable, strict=True) if good]
    return samples.filter(pl.Series(scorable)), outcomes_of(reward.task, *zip(*kept, strict=True))


def of_task(samples: pl.DataFrame, reward: Reward) -> pl.DataFrame:
    """Return the samples of the reward's task: a mixture also holds those of others, whose labels it cannot compare.

    Raises:
        TickerTuneError: There is none.
    """
    own, name = samples.filter(pl.col("task") == reward.task.name), reward.task.name
    if own.is_empty():
        found = ", ".join(sorted(samples["task"].unique().to_list())) or "none"
        raise TickerTuneError(
            f"None of the {samples.height} training samples is of task {name}, which is rewarded (tasks: {found})",
            "Mix in a set of that task with training samples, or train with sft alone",
        )
    return own


def sample_outcomes(samples: pl.DataFrame, reward: Reward) -> list[Outcome]:
    """Return what came of each sample."""
    move = pl.lit(None, pl.Float64) if reward.move_column is None else pl.col(reward.move_column)
    return [
        Outcome(*row) for row in samples.select("label", "ret_scaled", "volatility", move.alias("move")).iter_rows()
    ]


def windows_of(count: int, size: int, seed: int) -> Integers:
    """Part samples at random into portfolios of the size that a step has, the last ones sharing what is left."""
    order = np.random.default_rng(seed).permutation(count)
    windows = np.empty(count, dtype=np.int64)
    windows[order] = np.minimum(np.arange(count) // size, max(count // size - 1, 0))
    return windows


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
