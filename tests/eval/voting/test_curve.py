"""The curve over the number of replies: its end is the vote, its mean is the mean over subsets, the coin's is known."""

from itertools import combinations
from math import comb

import numpy as np
import polars as pl
import pytest

from eval.voting import Ballots, curve_points, vote
from eval.voting.ballots import NONE, OUTCOMES
from eval.voting.curve import SUBSETS, subsets_of
from tests.eval.voting.made import TASK
from tickertune.core.recipe import EvalConfig

CONFIG = EvalConfig(backend="fake", resamples=200)


def made(samples: pl.DataFrame, right: float, replies: int, unparsed: float = 0.0, seed: int = 0) -> Ballots:
    """Independent replies, each right with the same chance."""
    generator = np.random.default_rng(seed)
    gold = np.array([TASK.labels.index(label) for label in samples["label"]])[:, None]
    shape = (len(gold), replies)
    labels = np.where(generator.random(shape) < right, gold, 1 - gold)
    labels = np.where(generator.random(shape) < unparsed, NONE, labels)
    outcomes = np.where(labels == NONE, OUTCOMES.index("unparsed"), OUTCOMES.index("label"))
    nothing = np.full(shape, np.nan)
    return Ballots(labels, outcomes, nothing, nothing, np.full(shape, 7))


def test_the_curve_is_what_its_words_say(movement_samples: pl.DataFrame) -> None:
    samples = movement_samples.head(24)
    ballots = made(samples, 0.7, 4, unparsed=0.2)
    points = curve_points(samples, TASK, ballots, "majority", CONFIG, "w", "sft", 1)
    found = {(point.replies, point.metric): point for point in points}
    assert {point.replies for point in points} == {1, 2, 3, 4}
    gold = np.array([TASK.labels.index(label) for label in samples["label"]])

    def accuracy(subset: list[int]) -> float:
        labels = ballots.labels[:, subset]
        return float((vote(labels, np.ones(labels.shape), 2).labels == gold).mean())

    for count in range(1, 5):
        point = found[count, "accuracy"]
        assert point.value == pytest.approx(accuracy(list(range(count))))
        every = [accuracy(list(subset)) for subset in combinations(range(4), count)]
        assert point.expected == pytest.approx(np.mean(every))
        assert point.subsets == len(every)
        assert point.reply_tokens == 7 * count
        assert point.low is not None
        assert point.low <= point.value <= point.high
    assert found[4, "mcc"].expected == pytest.approx(found[4, "mcc"].value)
    assert found[1, "unparsed_share"].value == (ballots.labels[:, 0] == NONE).mean()


def test_independent_replies_gain_as_condorcet_says(movement_samples: pl.DataFrame) -> None:
    """Each right with chance .6: a majority of five is right with chance .683."""
    samples = pl.concat([movement_samples] * 40)
    points = curve_points(samples, TASK, made(samples, 0.6, 5), "majority", CONFIG, "w", "sft", 1)
    expected = {point.replies: point.expected for point in points if point.metric == "accuracy"}
    chance = {n: sum(comb(n, k) * 0.6**k * 0.4 ** (n - k) for k in range(n // 2 + 1, n + 1)) for n in (1, 3, 5)}
    for count, known in chance.items():
        assert expected[count] == pytest.approx(known, abs=4 * (0.25 / len(samples)) ** 0.5)
    assert expected[5] > expected[3] > expected[1]


def test_subsets_are_all_of_them_or_drawn_by_the_seed() -> None:
    assert subsets_of(4, 2, 0) == [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]]
    drawn = subsets_of(16, 8, 3)
    assert len(drawn) == SUBSETS < comb(16, 8)
    assert drawn == subsets_of(16, 8, 3) != subsets_of(16, 8, 4)
    assert all(len(set(subset)) == 8 and subset == sorted(subset) for subset in drawn)
