"""A term pays what was said, not where in its group it stands."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.rewards.made import FIVE, batch, said
from tickertune.core.recipe.rewards import PORTFOLIO_TERMS
from training.rewards.batch import Outcome
from training.rewards.compose import Reward
from training.rewards.terms import TERMS, Settings

PROMPT = "<news>\nMon 08:00 AP: Arvane wins record orders of 12 plants\n</news>"
REASONS = [
    "",
    '## Demand\n- Demand grows "wins record orders" (source: AP)',
    "## One\nwords\n## Two\n- claim of nothing",
]
OUTCOMES = [Outcome(FIVE.labels[4], 1.3, 0.02), Outcome(FIVE.labels[0], -0.8, 0.03), Outcome(FIVE.labels[2], 0.1, 0.02)]


def replies() -> st.SearchStrategy[str]:
    """Tagged replies with every kind of statement, and some that nobody can read."""
    tagged = st.builds(
        lambda label, p, move, position, score, reasons: said(
            FIVE, label, f"Probability: {p}%", f"Move: {'up' if move > 0 else 'down'} by {abs(move)}%", f"Position: {position}",
            f"Scores: {FIVE.labels[0]} {score}, {FIVE.labels[4]} {3 - score}", reasoning=reasons,
        ),
        st.sampled_from(FIVE.labels), st.integers(0, 100), st.integers(-20, 20), st.sampled_from([-1.0, -0.3, 0.0, 0.5]),
        st.integers(0, 3), st.sampled_from(REASONS),
    )  # fmt: skip
    return tagged | st.sampled_from(["", "no idea", FIVE.answer("up"), said(FIVE, "sideways")])


def values(texts: list[str], groups: list[int]) -> dict[str, np.ndarray]:
    reward = Reward(FIVE, dict.fromkeys(TERMS, 1.0), Settings(cut_points=[-1.0, -0.5, 0.5, 1.0]), tagged=True, window=3)
    made = batch(
        FIVE, texts, [OUTCOMES[group] for group in groups], tagged=True, prompts=[PROMPT] * len(texts), groups=groups
    )
    return {**reward.terms(made), **{f"alone {name}": TERMS[name].compute(made, reward.settings) for name in TERMS}}


@settings(deadline=None)
@given(st.lists(replies(), min_size=12, max_size=12), st.data())
def test_permutation_of_a_group_changes_nothing_in_any_term(texts: list[str], data: Any) -> None:
    """Three groups of four: the rows of one, then all rows, change places, and every value goes with its reply."""
    groups = [place // 4 for place in range(12)]
    before = values(texts, groups)
    assert before.keys() == {name for term in TERMS for name in (term, f"alone {term}")}
    first = data.draw(st.integers(0, 2)) * 4
    within = list(range(12))
    within[first : first + 4] = data.draw(st.permutations(within[first : first + 4]))
    for order in (within, data.draw(st.permutations(range(12)))):
        after = values([texts[row] for row in order], [groups[row] for row in order])
        for name, found in after.items():
            np.testing.assert_allclose(found, before[name][order], rtol=1e-9, atol=1e-9, err_msg=name)


@settings(deadline=None, max_examples=30)
@given(st.lists(replies(), min_size=4, max_size=4))
def test_only_portfolio_terms_depend_on_the_other_replies(texts: list[str]) -> None:
    together = values(texts, [0] * 4)
    for row, text in enumerate(texts):
        alone = values([text], [0])
        for name in set(TERMS) - set(PORTFOLIO_TERMS):
            np.testing.assert_array_equal(alone[name], together[name][row : row + 1], err_msg=name)
