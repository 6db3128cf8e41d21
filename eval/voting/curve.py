"""The score by the number of replies, all from the same ones, with what it costs."""

from itertools import combinations
from math import comb

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.comparison import metric_rows
from eval.metrics.confusion import accuracy, macro_f1, mcc, unparsed_share, weighted_f1
from eval.prediction import predictions_of
from eval.voting.ballots import Ballots
from eval.voting.rules import decisions_of, tally, weights_of
from tickertune.core.noun import Noun
from tickertune.core.recipe import EvalConfig
from tickertune.core.recipe.votes import BEST, VoteRule
from tickertune.core.tasks import LabelTask

SUBSETS = 200
"""Subsets of one size whose mean is taken: all where there are no more, else so many that the seed draws."""
WIDE = (20, 24, 32, 48, 64, 96, 128, 192)
MEASURES = {
    "mcc": mcc,
    "accuracy": accuracy,
    "macro_f1": macro_f1,
    "weighted_f1": weighted_f1,
    "unparsed_share": unparsed_share,
}
"""Metrics of the curve."""


class VotePoint(Noun):
    """One metric of the vote of ``replies`` replies a prompt."""

    world: str
    checkpoint: str
    rule: VoteRule
    replies: int
    metric: str
    value: float
    """Of the first ``replies`` replies of each prompt."""
    low: float | None
    """95% interval; None where there are too few days for one."""
    high: float | None
    expected: float
    """Mean over subsets of that size of the replies that were drawn."""
    subsets: int
    """How many subsets that is the mean of."""
    reply_tokens: float
    """Tokens that the first ``replies`` replies of a prompt have, mean over prompts."""
    rated_tokens: float = 0.0
    """Tokens that a reward model reads for them, the prompt once for each reply, mean over prompts; 0 where none decides."""


def curve_points(
    samples: pl.DataFrame,
    task: LabelTask,
    ballots: Ballots,
    rule: VoteRule,
    config: EvalConfig,
    world: str,
    checkpoint: str,
    horizon: int,
) -> list[VotePoint]:
    """Score the votes of 1 to N replies.

    Args:
        samples: ``Sample`` rows, n of them.
        task: Their task.
        ballots: N replies to each.
        rule: What a reply weighs.
        config: Draws, block length, cost and seed.
        world: Name that the points carry.
        checkpoint: The same.
        horizon: Sessions from entry to exit; 1 for tasks without dates.
    """
    weights, classes = weights_of(ballots, rule), len(task.labels)
    place = {label: at for at, label in enumerate(task.labels)}
    gold = np.array([place[label] for label in samples["label"]], dtype=np.int64)
    points = []
    for count in counts_of(ballots.replies):
        votes = tally(rule, ballots.labels[:, :count], weights[:, :count], classes)
        frame = predictions_of(samples, task, decisions_of(votes, ballots.first(count), task.labels))
        rows = {row.metric: row for row in metric_rows({checkpoint: frame}, task, config, world, horizon, [], [])}
        subsets = subsets_of(ballots.replies, count, config.seed)
        chosen = [tally(rule, ballots.labels[:, subset], weights[:, subset], classes).labels for subset in subsets]
        tables = np.stack([_confusion(gold, labels, classes) for labels in chosen])
        for metric, measure in MEASURES.items():
            row = rows[metric]
            points.append(
                VotePoint(
                    world=world,
                    checkpoint=checkpoint,
                    rule=rule,
                    replies=count,
                    metric=metric,
                    value=row.value,
                    low=row.low,
                    high=row.high,
                    expected=float(measure(tables).mean()),
                    subsets=len(subsets),
                    reply_tokens=float(ballots.tokens[:, :count].sum(axis=1).mean()),
                    rated_tokens=_rated_tokens(ballots, rule, count),
                )
            )
    return points


def counts_of(replies: int) -> list[int]:
    """Numbers of replies that the curve has a point at: all up to 16, then wider ones, and the last."""
    return [count for count in range(1, replies + 1) if count <= 16 or count in WIDE or count == replies]


def subsets_of(replies: int, count: int, seed: int) -> list[list[int]]:
    """Subsets of ``count`` of so many replies, each in the order of the draws: all of them, or ``SUBSETS`` that the seed draws."""
    if comb(replies, count) <= SUBSETS:
        return [list(subset) for subset in combinations(range(replies), count)]
    generator = np.random.default_rng([seed, replies, count])
    return [sorted(generator.choice(replies, size=count, replace=False).tolist()) for _ in range(SUBSETS)]


def _rated_tokens(ballots: Ballots, rule: VoteRule, count: int) -> float:
    if rule != BEST or ballots.rated_tokens is None:
        return 0.0
    return float(ballots.rated_tokens[:, :count].sum(axis=1).mean())


def _confusion(gold: NDArray[np.int64], chosen: NDArray[np.int64], classes: int) -> NDArray[np.float64]:
    """Counts [classes, classes + 1]; the last column is "no label"."""
    table = np.zeros((classes, classes + 1))
    np.add.at(table, (gold, np.where(chosen < 0, classes, chosen)), 1.0)
    return table
