"""Votes by hand, against a plain count, and in any order."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.voting import best_of, vote
from eval.voting.ballots import NONE
from eval.voting.rules import decisions_of, weights_of
from tests.eval.voting.made import ballots

LABELS = st.lists(st.integers(NONE, 2), min_size=1, max_size=9)


def winner(labels: list[int], weights: list[float] | None = None) -> int:
    rows = np.array([labels])
    given_weights = np.ones(rows.shape) if weights is None else np.array([weights])
    return int(vote(rows, given_weights, 3).labels[0])


@pytest.mark.parametrize(
    ("labels", "weights", "won"),
    [
        ([0, 1, 1], None, 1),
        ([0, 1, 1, 0], None, 0),  # two each: 0 was drawn first
        ([1, 0, 0, 1], None, 1),
        ([NONE, 2, NONE], None, 2),
        ([NONE, NONE], None, NONE),
        ([0, 1, 1], [0.9, 0.4, 0.4], 0),  # 0.9 against 0.8
        ([0, 1, 1], [0.8, 0.4, 0.4], 1),  # equal weight: 1 has more replies
        ([2, 1], [0.1 + 0.2, 0.3], 2),  # equal but for rounding: 2 was drawn first
        ([2, 1, 1], [0.0, 0.0, 0.0], 1),  # nobody weighs anything: each counts once
        ([NONE, 0, 1], [5.0, 1.0, 2.0], 1),
    ],
)
def test_votes_by_hand(labels: list[int], weights: list[float] | None, won: int) -> None:
    assert winner(labels, weights) == won


@given(LABELS)
def test_a_majority_is_the_commonest_label_the_first_of_equals(labels: list[int]) -> None:
    named = [label for label in labels if label != NONE]
    expected = Counter(named).most_common(1)[0][0] if named else NONE  # of equal counts the first seen
    assert winner(labels) == expected


@given(LABELS, st.randoms(use_true_random=False))
def test_the_order_of_replies_decides_ties_alone(labels: list[int], shuffler: object) -> None:
    shuffled = list(labels)
    shuffler.shuffle(shuffled)  # type: ignore[attr-defined]
    tied = bool(vote(np.array([labels]), np.ones((1, len(labels))), 3).tied[0])
    assert tied or winner(shuffled) == winner(labels)


def test_shares_ties_and_missing_weights_are_told() -> None:
    rows = np.array([[0, 1, 1, NONE], [0, 1, NONE, NONE], [NONE] * 4, [2, 2, 1, 0]])
    weights = np.array([[1.0, 1, 1, 0], [1.0, 1, 0, 0], [0.0] * 4, [0.0] * 4])
    result = vote(rows, weights, 3)
    np.testing.assert_allclose(result.shares, [2 / 3, 1 / 2, np.nan, 1 / 2])
    assert result.tied.tolist() == [False, True, False, False]
    assert result.unweighted.tolist() == [False, False, False, True]


def test_votes_without_a_label_have_the_commonest_outcome() -> None:
    made = ballots([["It depends", "", ""], ["It depends", "", "up"], ["Hm", "", "up"]], finished=[[True] * 3] * 3)
    result = vote(np.where(made.labels >= 0, NONE, made.labels), np.ones((3, 3)), 2)
    assert [one.outcome for one in decisions_of(result, made, ("down", "up"))] == ["abstained", "unparsed", "unparsed"]
    decided = decisions_of(vote(made.labels, np.ones((3, 3)), 2), made, ("down", "up"))
    assert [(one.label, one.confidence) for one in decided] == [(None, None), ("up", 1.0), ("up", 1.0)]


def test_weights_come_from_what_replies_state() -> None:
    made = ballots(
        [[
            tagged("up", "Probability: 60%", "Scores: down 2, up 6"),
            tagged("down", "Scores: down 1, up 9"),
            tagged("down", "Probability: 90%", "Scores: down 5"),
            "I do not know",
        ]]
    )  # fmt: skip
    np.testing.assert_array_equal(weights_of(made, "majority"), [[1, 1, 1, 0]])
    np.testing.assert_allclose(weights_of(made, "confidence"), [[0.6, 0, 0.9, 0]])
    # up: (6 - 2) / 8; down: its own scores speak for up; down: no other score to compare with
    np.testing.assert_allclose(weights_of(made, "evidence"), [[0.5, 0, 0, 0]])
    assert made.counts() == {
        "label": 3, "unparsed": 1, "abstained": 0, "truncated": 0, "without_confidence": 1, "without_evidence": 1,
    }  # fmt: skip


def tagged(label: str, *statements: str) -> str:
    from tickertune.core.answers import tagged_reply

    return tagged_reply("because", f"After this news the stock price went {label}", statements)


def test_best_of_takes_the_highest_score_among_replies_with_a_label() -> None:
    labels = np.array([[0, NONE, 1], [NONE, NONE, NONE], [1, 0, 0], [NONE, 1, 0]])
    scores = np.array([[0.1, 9.0, 0.2], [1.0, 2.0, 3.0], [0.5, 0.5, 0.1], [0.0, -np.inf, -np.inf]])
    assert best_of(labels, scores).tolist() == [2, NONE, 0, 1]
    with pytest.raises(ValueError, match="no number"):
        best_of(labels, np.full(labels.shape, np.nan))
