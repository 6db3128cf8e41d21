"""Average uniqueness of overlapping labels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_pipeline.splits import average_uniqueness

LABELS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 8)), min_size=1, max_size=30)


def weights(labels: list[tuple[int, int]]) -> list[float]:
    start = np.array([first for first, _ in labels], dtype=np.int64)
    return average_uniqueness(start, start + np.array([length for _, length in labels], dtype=np.int64)).tolist()


def test_the_worked_example_of_the_formula() -> None:
    # Sessions 0..4: one label, one, two, two, one. The first label's mean is (1 + 1 + 1/2 + 1/2) / 4.
    assert weights([(0, 4), (2, 3)]) == pytest.approx([0.75, (0.5 + 0.5 + 1) / 3])


@given(LABELS)
def test_weights_are_the_mean_of_one_over_the_concurrency(labels: list[tuple[int, int]]) -> None:
    count = [sum(first <= at < first + length for first, length in labels) for at in range(60)]
    slow = [np.mean([1 / count[at] for at in range(first, first + length)]) for first, length in labels]
    assert weights(labels) == pytest.approx(slow)


@given(LABELS)
def test_a_weight_is_in_0_1_and_1_exactly_where_nothing_overlaps(labels: list[tuple[int, int]]) -> None:
    for at, (weight, (first, length)) in enumerate(zip(weights(labels), labels, strict=True)):
        alone = all(
            other + span <= first or first + length <= other for n, (other, span) in enumerate(labels) if n != at
        )
        assert 0 < weight <= 1
        assert (weight == 1) == alone


def test_n_labels_over_the_same_sessions_share_one() -> None:
    assert weights([(5, 3)] * 4) == [0.25] * 4


def test_no_labels_have_no_weights() -> None:
    assert len(average_uniqueness(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))) == 0
