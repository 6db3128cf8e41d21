"""Votes: how replies with their weights make one decision. Ties are broken by the same rule everywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.voting.ballots import NONE, OUTCOMES, Ballots
from tickertune.core.decision import Decision
from tickertune.core.recipe.votes import BEST, VoteRule


def _rewards(ballots: Ballots) -> NDArray[np.float64]:
    if ballots.rewards is None:
        raise ValueError(f"rule {BEST} needs replies that a reward model rated")
    return ballots.rewards


RULES: dict[VoteRule, Callable[[Ballots], NDArray[np.float64]]] = {
    "majority": lambda ballots: np.ones(ballots.labels.shape),
    "confidence": lambda ballots: ballots.confidence,
    "evidence": lambda ballots: ballots.evidence,
    BEST: _rewards,
}
"""What each reply weighs, [n, N]; nan: it states nothing to be weighed by."""
_EQUAL = 1e-9
"""Sums of weights that differ by less are equal: they were added in another order."""


@dataclass(frozen=True)
class Votes:
    """The decisions of one vote over n prompts."""

    labels: NDArray[np.int64]
    """Place of the label that won, [n]; ``NONE`` where no reply names one."""
    shares: NDArray[np.float64]
    """Its share of the weight, [n]; nan without a label."""
    tied: NDArray[np.bool_]
    """Where two labels had the same weight, [n]."""
    unweighted: NDArray[np.bool_]
    """Where replies name labels and none has a weight: there each counts once, [n]."""


def weights_of(ballots: Ballots, rule: VoteRule) -> NDArray[np.float64]:
    """What each reply weighs in a vote, [n, N]; 0 where it names no label or states nothing to be weighed by."""
    weights = RULES[rule](ballots)
    return np.where((ballots.labels == NONE) | np.isnan(weights), 0.0, weights)


def vote(labels: NDArray[np.int64], weights: NDArray[np.float64], classes: int) -> Votes:
    """Let replies vote.

    The label with the most weight wins; among equals the one that more replies name; among equals the one that was drawn
    first. A prompt whose replies all weigh 0 is decided as if each weighed 1.

    Args:
        labels: Place of each reply's label, [n, N]; ``NONE`` for none.
        weights: What each reply weighs, [n, N], at least 0.
        classes: Number of labels.
    """
    n, replies = labels.shape
    named = labels != NONE
    unweighted = named.any(axis=1) & (np.where(named, weights, 0.0).sum(axis=1) <= 0)
    used = np.where(unweighted[:, None], 1.0, weights)
    row, draw = np.nonzero(named)
    chosen = labels[row, draw]
    weight, count = np.zeros((n, classes)), np.zeros((n, classes))
    first = np.full((n, classes), replies, dtype=np.int64)
    np.add.at(weight, (row, chosen), used[row, draw])
    np.add.at(count, (row, chosen), 1.0)
    np.minimum.at(first, (row, chosen), draw)
    heaviest = (weight >= weight.max(axis=1, keepdims=True) - _EQUAL) & (count > 0)
    most = np.where(heaviest, count, -1.0)
    leaders = heaviest & (most == most.max(axis=1, keepdims=True))
    winner = np.where(leaders, first, replies + 1).argmin(axis=1)
    any_named = named.any(axis=1)
    total = weight.sum(axis=1)
    with np.errstate(invalid="ignore"):
        shares = weight[np.arange(n), winner] / np.where(any_named, total, np.nan)
    return Votes(
        labels=np.where(any_named, winner, NONE),
        shares=shares,
        tied=any_named & (heaviest.sum(axis=1) > 1),
        unweighted=unweighted,
    )


def tally(rule: VoteRule, labels: NDArray[np.int64], weights: NDArray[np.float64], classes: int) -> Votes:
    """Let replies decide by a rule; arguments as ``vote``, with rewards as the weights of ``best_of_n``."""
    return best_votes(labels, weights) if rule == BEST else vote(labels, weights, classes)


def best_votes(labels: NDArray[np.int64], rewards: NDArray[np.float64]) -> Votes:
    """Let each prompt's best reply decide.

    A reward model's numbers are log-odds of one reply against another, so the winner's share is that of all replies with its
    label in the sum of their exponentials.

    Args:
        labels: Place of each reply's label, [n, N]; ``NONE`` for none.
        rewards: Of each reply, [n, N].
    """
    places, rows = best_of(labels, rewards), np.arange(len(labels))
    named, any_named = labels != NONE, places != NONE
    winner = np.where(any_named, labels[rows, places], NONE)
    top = rewards[rows, places][:, None]
    odds = np.where(named, np.exp(np.where(named, rewards - top, 0.0)), 0.0)
    total = odds.sum(axis=1)
    own = labels == winner[:, None]
    return Votes(
        labels=winner,
        shares=(odds * own).sum(axis=1) / np.where(any_named, total, np.nan),
        tied=any_named & (named & ~own & (rewards == top)).any(axis=1),
        unweighted=np.zeros(len(labels), dtype=np.bool_),
    )


def best_of(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """Take each prompt's best reply.

    Args:
        labels: Place of each reply's label, [n, N]; ``NONE`` for none: such a reply is never taken.
        scores: What a scorer gives each reply, such as a reward model, [n, N].

    Returns:
        Place of the reply with the highest score, the first of equals, [n]; ``NONE`` where no reply names a label.

    Raises:
        ValueError: A score of a reply with a label is not a number.
    """
    named = labels != NONE
    if np.isnan(scores[named]).any():
        raise ValueError("a scorer gave a reply no number")
    best = np.where(named, scores, -np.inf).argmax(axis=1)
    best = np.where(named[np.arange(len(labels)), best], best, named.argmax(axis=1))  # scores of minus infinity
    return np.where(named.any(axis=1), best, NONE)


def decisions_of(votes: Votes, ballots: Ballots, names: Sequence[str]) -> list[Decision]:
    """Return the decisions of a vote; without a label the commonest outcome of the replies, ``unparsed`` among equals."""
    decisions = []
    for place, (label, share) in enumerate(zip(votes.labels.tolist(), votes.shares.tolist(), strict=True)):
        if label == NONE:
            counts = np.bincount(ballots.outcomes[place], minlength=len(OUTCOMES))
            counts[OUTCOMES.index("label")] = 0
            outcome = OUTCOMES[int(counts.argmax())]  # "unparsed" stands before the other kinds
            decisions.append(Decision(outcome=outcome))
        else:
            decisions.append(Decision(outcome="label", label=names[label], confidence=share))
    return decisions
