"""What completions add to a portfolio, by hand and against the definition done the long way."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tickertune.core.recipe import PortfolioConfig
from training.rewards.portfolio import portfolio_values

NAMES = ("sharpe", "cvar", "utility")


def values(
    name: str, groups: list[list[float]], chances: list[list[float]] | None = None, **config: float
) -> np.ndarray:
    pnl = np.array([x for group in groups for x in group])
    prompt = np.array([number for number, group in enumerate(groups) for _ in group])
    chance = np.ones(len(pnl)) if chances is None else np.array([x for group in chances for x in group])
    return portfolio_values([name], pnl, prompt, chance, PortfolioConfig.model_validate(config))[name]


def measure(name: str, results: np.ndarray, weights: np.ndarray, config: PortfolioConfig) -> float:
    """The measure of a weighted distribution, by its definition."""
    weights = weights / weights.sum()
    if name == "sharpe":
        mean = float(weights @ results)
        return (
            mean
            if mean < 0
            else mean / math.sqrt(max(float(weights @ results**2) - mean**2, 0) + config.least_deviation**2)
        )
    if name == "utility":
        return -math.log(float(weights @ np.exp(-config.risk_aversion * results))) / config.risk_aversion
    left, total = config.alpha, 0.0
    for place in np.argsort(results):
        taken = min(left, float(weights[place]))
        total, left = total + taken * float(results[place]), left - taken
    return total / config.alpha


def by_definition(name: str, groups: list[list[float]], config: PortfolioConfig) -> list[float]:
    """N * M(others and one) - (N - 1) * M(others)."""
    count, found = len(groups), []
    for number, group in enumerate(groups):
        others = [(x, 1 / len(other)) for place, other in enumerate(groups) if place != number for x in other]
        rest, weights = np.array([x for x, _ in others]), np.array([w for _, w in others])
        for own in group:
            with_own = measure(name, np.append(rest, own), np.append(weights, 1.0), config)
            without = measure(name, rest, weights, config) if others else 0.0
            found.append(count * with_own - (count - 1) * without)
    return found


def test_sharpe_by_hand() -> None:
    """Two prompts, one completion each, least deviation 1."""
    # Together 1 and 3: mean 2, variance 1, M = 2 / sqrt(2). Alone 3: M = 3; alone 1: M = 1.
    both = 2 / math.sqrt(2)
    assert values("sharpe", [[1.0], [3.0]], least_deviation=1.0) == pytest.approx([2 * both - 3, 2 * both - 1])


def test_cvar_by_hand() -> None:
    """Four prompts, the worst half: two of the four results."""
    # All: (-2 - 1) / 2 = -1.5. Without -2 the worst half of -1, 1, 2 is (-1 + 1 / 2) / 1.5 = -1/3.
    # Without -1: (-2 + 1 / 2) / 1.5 = -1. Without 1 or 2: (-2 - 1 / 2) / 1.5 = -5/3.
    expected = [4 * -1.5 + 3 / 3, 4 * -1.5 + 3, 4 * -1.5 + 5, 4 * -1.5 + 5]
    assert values("cvar", [[-2.0], [-1.0], [1.0], [2.0]], alpha=0.5) == pytest.approx(expected)


def test_cvar_of_groups_by_hand() -> None:
    """Two prompts with two completions each, alpha 1/4: half of the worst prompt's weight."""
    # Others of prompt 0 are 0 and 2, weight 1/4 each. With 1 (weight 1/2): the worst quarter is 0; with -1: it is -1.
    # The others alone: of 0 and 2 the worst quarter is 0.
    # Others of prompt 1 are 1 and -1. With 0 or 2: the worst quarter is -1; alone: -1.
    found = values("cvar", [[1.0, -1.0], [0.0, 2.0]], alpha=0.25)
    assert found == pytest.approx([2 * 0 - 0, 2 * -1 - 0, 2 * -1 + 1, 2 * -1 + 1])


def test_utility_by_hand() -> None:
    """Certainty equivalent -log(mean(exp(-x)))."""
    # With both: -log((1 + 1/2) / 2) = -log(3/4). Alone 0: 0; alone log 2: log 2.
    found = values("utility", [[0.0], [math.log(2)]], risk_aversion=1.0)
    assert found == pytest.approx([2 * -math.log(3 / 4) - math.log(2), 2 * -math.log(3 / 4)])


GROUPS = st.lists(st.lists(st.floats(-3, 3).map(lambda x: round(x, 2)), min_size=1, max_size=4), min_size=1, max_size=6)


@settings(deadline=None)
@given(GROUPS, st.floats(0.05, 0.95), st.sampled_from(NAMES))
def test_values_follow_the_definition(groups: list[list[float]], alpha: float, name: str) -> None:
    config = PortfolioConfig(alpha=alpha)
    assert values(name, groups, alpha=alpha) == pytest.approx(by_definition(name, groups, config), abs=1e-8)


@settings(deadline=None)
@given(st.data(), GROUPS, st.sampled_from(NAMES))
def test_permuting_a_group_changes_only_the_order(data: st.DataObject, groups: list[list[float]], name: str) -> None:
    place = data.draw(st.integers(0, len(groups) - 1))
    order = data.draw(st.permutations(range(len(groups[place]))))
    permuted = [*groups[:place], [groups[place][row] for row in order], *groups[place + 1 :]]
    edges = np.cumsum([len(group) for group in groups])[:-1]
    before, after = np.split(values(name, groups), edges), np.split(values(name, permuted), edges)
    for number, (old, new) in enumerate(zip(before, after, strict=True)):
        assert new == pytest.approx(old[list(order)] if number == place else old, abs=1e-9)


@settings(deadline=None)
@given(GROUPS, st.sampled_from(["cvar", "utility"]))
def test_more_pnl_is_never_worth_less(groups: list[list[float]], name: str) -> None:
    """Monotone, other than the Sharpe ratio, which a large gain can lower."""
    for group, found in zip(
        groups, np.split(values(name, groups), np.cumsum([len(g) for g in groups])[:-1]), strict=True
    ):
        by_pnl = found[np.argsort(group, kind="stable")]
        assert (np.diff(by_pnl) >= -1e-9).all()


def test_a_losing_portfolio_has_its_mean_for_a_sharpe_ratio() -> None:
    # Together -2 and 1: mean -0.5. Alone 1, least deviation 1: M = 1; alone -2: M = -2.
    assert values("sharpe", [[-2.0], [1.0]], least_deviation=1.0) == pytest.approx([2 * -0.5 - 1, 2 * -0.5 + 2])


@settings(deadline=None)
@given(GROUPS, st.sampled_from(NAMES), st.floats(-3, 3))
def test_silence_never_beats_any_result(groups: list[list[float]], name: str, result: float) -> None:
    """The floor of the pnl, -3, is worth no more than anything else, however bad the others are."""
    silent, other = values(name, [[-3.0, result], *groups])[:2]
    assert silent <= other + 1e-9


def test_a_very_large_gain_can_lower_the_sharpe_ratio() -> None:
    steady = [[0.5, 3.0], [0.5], [0.5], [0.5]]
    found = values("sharpe", steady, least_deviation=0.1)
    assert found[1] < found[0]


@settings(deadline=None)
@given(GROUPS, st.sampled_from(NAMES))
def test_values_are_bounded(groups: list[list[float]], name: str) -> None:
    largest = max((abs(x) for group in groups for x in group), default=0)
    limit = largest / PortfolioConfig().least_deviation if name == "sharpe" else largest
    assert np.abs(values(name, groups)).max() <= (2 * len(groups) - 1) * limit + 1e-9


@settings(deadline=None)
@given(arrays(np.float64, st.integers(4, 40), elements=st.floats(-3, 3)))
def test_the_mean_value_estimates_the_measure(results: np.ndarray) -> None:
    """Of pseudo-values of a smooth measure, to the order of 1/N."""
    found = values("utility", [[x] for x in results.tolist()], risk_aversion=0.1)
    exact = measure("utility", results, np.ones(len(results)), PortfolioConfig(risk_aversion=0.1))
    assert found.mean() == pytest.approx(exact, abs=2 / len(results))


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_outcome_is_masked_and_held_by_nobody(name: str) -> None:
    nan = math.nan
    found = values(name, [[1.0, -1.0], [nan, nan], [0.5, 2.0]])
    assert np.isnan(found[2:4]).all()
    assert found[[0, 1, 4, 5]] == pytest.approx(values(name, [[1.0, -1.0], [0.5, 2.0]]))
    assert np.isnan(values(name, [[nan], [nan]])).all()


@pytest.mark.parametrize("name", NAMES)
def test_chances_weigh_the_completions_of_the_others(name: str) -> None:
    sure = values(name, [[1.0, -1.0], [0.5, 2.0], [0.0]], [[1, 0], [0, 3], [1]])
    alone = values(name, [[1.0], [2.0], [0.0]])
    assert sure[[0, 3, 4]] == pytest.approx(alone)
    assert not np.isnan(sure).any(), "what is never chosen has a value too"
