"""ROUGE by hand."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eval.protocols.rouge import rouge

words = st.lists(st.sampled_from(["a", "b", "c"]), max_size=6)


@pytest.mark.parametrize(
    ("reference", "text", "one", "two", "longest"),
    [
        # 3 of 6 and 3 of 4 words in common; the pair "the cat" of 5 and of 3 pairs; "the cat mat" of 6 and 4 in order
        ("The cat sat on the mat", "the cat ate mat", 2 * 3 / 10, 2 * 1 / 8, 2 * 3 / 10),
        ("a b c", "c b a", 1.0, 0.0, 2 * 1 / 6),
        ("one", "one", 1.0, 0.0, 1.0),
        ("sales rose 5%", "", 0.0, 0.0, 0.0),
        # a repeated word counts as often as both have it
        ("up up up", "up up", 2 * 2 / 5, 2 * 1 / 3, 2 * 2 / 5),
    ],
)
def test_by_hand(reference, text, one, two, longest):
    found = rouge(reference, text)
    assert (found.rouge1, found.rouge2, found.rougeL) == pytest.approx((one, two, longest))


def longest_by_brute_force(first, second):
    if not first or not second:
        return 0
    if first[0] == second[0]:
        return 1 + longest_by_brute_force(first[1:], second[1:])
    return max(longest_by_brute_force(first[1:], second), longest_by_brute_force(first, second[1:]))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a loaded machine is no failure
@given(words, words)
def test_the_longest_subsequence_is_the_brute_force_one(first, second):
    found = rouge(" ".join(first), " ".join(second)).rougeL
    both = len(first) + len(second)
    expected = 2 * longest_by_brute_force(first, second) / both if first and second else 0.0
    assert found == pytest.approx(expected)
