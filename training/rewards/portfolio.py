"""What a completion adds to the portfolio that holds one completion of each prompt of a window.

A measure M (Sharpe ratio, CVaR, certainty equivalent) belongs to a whole portfolio, and one number for all would tell no
completion from another. So each completion is put into the portfolio and left out: of N prompts, the others hold each of
their completions with its chance (all the same in a group), and the completion holds the place of its own prompt. Its
value is the jackknife's pseudo-value (Quenouille, 1956)

    N * M(others and this completion) - (N - 1) * M(others)

The second part is the same for all completions of a prompt, so their differences are N times the leave-one-out
contributions; of a plain mean the value would be the completion's own pnl, and the mean of all values estimates M, which makes
the values of policies comparable.
"""

from collections.abc import Callable, Sequence

import numpy as np

from tickertune.core.recipe.rewards import PortfolioConfig
from training.rewards.batch import Floats, Integers


def portfolio_values(
    names: Sequence[str], pnl: Floats, prompt: Integers, chance: Floats, config: PortfolioConfig
) -> dict[str, Floats]:
    """Return each completion's value for some measures, [n] each.

    Args:
        names: Of ``sharpe``, ``cvar`` and ``utility``.
        pnl: What each completion earns [n]; NaN where the outcome is missing.
        prompt: Number of the prompt that it belongs to [n].
        chance: Chance of each completion among those of its prompt, in any unit [n].
        config: Parameters of the measures.

    Returns:
        Values by name; NaN where ``pnl`` is NaN. A prompt without outcome is not in the portfolio.
    """
    values = {name: np.full(len(pnl), np.nan) for name in names}
    held = np.flatnonzero(~np.isnan(pnl) & (chance > 0))
    asked = np.flatnonzero(~np.isnan(pnl))
    if not len(held):
        return values
    prompts = np.unique(prompt[held])
    asked = asked[np.isin(prompt[asked], prompts)]
    place_held, place_asked = np.searchsorted(prompts, prompt[held]), np.searchsorted(prompts, prompt[asked])
    weight = chance[held] / np.bincount(place_held, chance[held])[place_held]
    for name in names:
        if name == "cvar":
            values[name][asked] = _cvar_values(pnl[held], place_held, weight, pnl[asked], place_asked, config.alpha)
            continue
        features, measure = _measure(name, config)
        phi = features(pnl[held])
        means: Floats = np.stack([np.bincount(place_held, weight * row) for row in phi]).astype(np.float64)
        values[name][asked] = _moment_values(measure, means, features(pnl[asked]), place_asked)
    return values


def _measure(name: str, config: PortfolioConfig) -> tuple[Callable[[Floats], Floats], Callable[[Floats], Floats]]:
    """Features whose means [f, ...] determine a measure, and the measure of such means."""
    if name == "sharpe":

        def ratio(means: Floats) -> Floats:
            variance = np.maximum(means[1] - means[0] ** 2, 0.0)
            found: Floats = means[0] / np.sqrt(variance + config.least_deviation**2)
            # A losing portfolio would be paid for deviation, and so for the worst of losses (Israelsen, 2005).
            return np.where(means[0] < 0, means[0], found)

        return lambda x: np.stack([x, x**2]), ratio

    def certainty_equivalent(means: Floats) -> Floats:
        found: Floats = -np.log(means[0]) / config.risk_aversion
        return found

    return lambda x: np.exp(-config.risk_aversion * x)[np.newaxis], certainty_equivalent


def _moment_values(measure: Callable[[Floats], Floats], means: Floats, own: Floats, place: Integers) -> Floats:
    """Pseudo-values of a measure of means: ``means`` [f, N] by prompt, ``own`` [f, n] by completion."""
    count = means.shape[1]
    if count == 1:
        return measure(own)
    # Summed without the prompt's own, not the total minus it: a large term would leave its rounding behind.
    others = np.zeros_like(means)
    others[:, 1:] += np.cumsum(means, axis=1)[:, :-1]
    others[:, :-1] += np.cumsum(means[:, ::-1], axis=1)[:, ::-1][:, 1:]
    with_own = (others[:, place] + own) / count
    found: Floats = count * measure(with_own) - (count - 1) * measure(others / (count - 1))[place]
    return found


def _cvar_values(
    held: Floats, place_held: Integers, weight: Floats, own: Floats, place: Integers, alpha: float
) -> Floats:
    """Pseudo-values of the mean of the worst ``alpha`` of results.

    The worst share of the others and one completion of weight 1/N takes some mass t of the others, their worst, and the
    rest of the completion: t is the others' mass below the completion, as far as the shares allow.
    """
    count = int(place_held.max()) + 1
    share = 1.0 / count
    least, most = max(alpha - share, 0.0), min(alpha, 1.0 - share)
    order = np.argsort(held, kind="stable")
    held = held[order]
    # For each prompt the others' mass and what it earns, summed from the worst on [N, held + 1].
    upto, worst = np.zeros((2, count, len(held) + 1))
    upto[:, 1:] = weight[order] * share
    upto[place_held[order], np.arange(1, len(held) + 1)] = 0.0
    worst[:, 1:] = upto[:, 1:] * held
    for each in (upto, worst):
        np.cumsum(each, axis=1, out=each)
    # No mass is above 1, so the rows lie behind each other.
    in_row = (upto + 2.0 * np.arange(count)[:, np.newaxis]).ravel()

    def worst_of(prompt: Integers, taken: Floats) -> Floats:
        """What the worst so much of a prompt's others earns: whole results, and part of the next one."""
        whole = np.searchsorted(in_row, taken + 2.0 * prompt, side="right") - 1 - prompt * upto.shape[1]
        part = (taken - upto[prompt, whole]) * held[np.minimum(whole, len(held) - 1)]
        return worst[prompt, whole] + part  # type: ignore[no-any-return]

    taken = np.clip(upto[place, np.searchsorted(held, own)], least, most)
    with_own = (worst_of(place, taken) + (alpha - taken) * own) / alpha
    if count == 1:
        return with_own
    tail = alpha * (1.0 - share)
    without = worst_of(np.arange(count), np.full(count, tail)) / tail
    found: Floats = count * with_own - (count - 1) * without[place]
    return found
