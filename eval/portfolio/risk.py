"""Risk and performance of a series of session returns: growth, downside, benchmark, and how sure a Sharpe ratio is.

Each is a pure function along the last axis, so that it takes one series (sessions,) or all draws of a bootstrap
(draws, sessions). Returns are simple, per session, as fractions; no risk-free rate is taken off. docs/portfolio.md has the
formulas.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from eval.portfolio.measures import SESSIONS_PER_YEAR, max_drawdown, ratio

Floats = NDArray[np.float64]
EULER = float(np.euler_gamma)


def growth_a_year(returns: Floats, per_year: float = SESSIONS_PER_YEAR) -> Floats:
    """Compound annual growth rate (CAGR); -1 where everything was lost."""
    final = np.prod(1.0 + np.maximum(returns, -1.0), axis=-1)
    years = returns.shape[-1] / per_year
    return np.asarray(final ** (1 / years) - 1.0) if years else np.zeros(returns.shape[:-1])


def downside_deviation(returns: Floats, per_year: float = SESSIONS_PER_YEAR, target: float = 0.0) -> Floats:
    """Root of the mean squared shortfall below ``target`` over *all* sessions, annualised (Sortino and Price 1994).

    The standard deviation of the losing sessions alone, which some call by this name, is another number: it forgets how many
    they are.
    """
    shortfall = np.minimum(returns - target, 0.0)
    return np.asarray(np.sqrt((shortfall**2).mean(axis=-1) * per_year))


def sortino(returns: Floats, per_year: float = SESSIONS_PER_YEAR, target: float = 0.0) -> Floats:
    """Annualised mean above ``target`` over the downside deviation; 0 without a shortfall."""
    above = (returns - target).mean(axis=-1) * per_year
    return ratio(np.asarray(above), downside_deviation(returns, per_year, target))


def calmar(returns: Floats, per_year: float = SESSIONS_PER_YEAR) -> Floats:
    """CAGR over the deepest drawdown; 0 without one."""
    return ratio(growth_a_year(returns, per_year), -max_drawdown(returns))


def beta(returns: Floats, benchmark: Floats) -> Floats:
    """Slope of the returns on the benchmark's; 0 where the benchmark does not move."""
    centred = benchmark - benchmark.mean(axis=-1, keepdims=True)
    return ratio((centred * returns).sum(axis=-1), (centred**2).sum(axis=-1))


def alpha(returns: Floats, benchmark: Floats, per_year: float = SESSIONS_PER_YEAR) -> Floats:
    """Jensen's alpha, a year: mean return that the benchmark times beta does not explain, times the sessions of a year."""
    return np.asarray((returns.mean(axis=-1) - beta(returns, benchmark) * benchmark.mean(axis=-1)) * per_year)


def information_ratio(returns: Floats, benchmark: Floats, per_year: float = SESSIONS_PER_YEAR) -> Floats:
    """Annualised mean over standard deviation of the difference from the benchmark."""
    active = returns - benchmark
    if active.shape[-1] < 2:
        return np.zeros(active.shape[:-1])
    return np.asarray(np.sqrt(per_year) * ratio(active.mean(axis=-1), active.std(axis=-1, ddof=1)))


def sharpe_of_session(returns: Floats) -> Floats:
    """Mean over standard deviation of a session, not annualised."""
    if returns.shape[-1] < 2:
        return np.zeros(returns.shape[:-1])
    return ratio(returns.mean(axis=-1), returns.std(axis=-1, ddof=1))


def sharpe_variance(returns: Floats) -> Floats:
    """Variance of the estimate of ``sharpe_of_session`` of independent returns with their skew and tails (Mertens 2002)."""
    sessions = returns.shape[-1]
    centred = returns - returns.mean(axis=-1, keepdims=True)
    variance = (centred**2).mean(axis=-1)
    skew = ratio((centred**3).mean(axis=-1), variance**1.5)
    kurtosis = np.where(variance > 1e-24, ratio((centred**4).mean(axis=-1), variance**2), 3.0)
    sharpe = sharpe_of_session(returns)
    return np.asarray(np.maximum(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2, 0.0) / max(sessions - 1, 1))


def probabilistic_sharpe(returns: Floats, benchmark: float = 0.0) -> Floats:
    """Probability that the true Sharpe ratio is above ``benchmark`` (Bailey and Lopez de Prado 2012).

    Args:
        returns: Session returns, taken for independent: overlapping holding periods make it too sure.
        benchmark: Sharpe ratio of a session, not annualised.
    """
    error = np.sqrt(sharpe_variance(returns))
    distance = sharpe_of_session(returns) - benchmark
    sure = norm.cdf(np.divide(distance, error, out=np.zeros_like(distance), where=error > 0))
    return np.asarray(np.where(error > 0, sure, np.where(distance > 0, 1.0, 0.0)))


def expected_best_sharpe(trials: int, variance: float) -> float:
    """Sharpe ratio that the best of several trials worth nothing is expected to show (Bailey and Lopez de Prado 2014).

    Args:
        trials: Number of independent trials, at least 1; of one nothing is expected.
        variance: Variance of the trials' Sharpe ratios.
    """
    if trials <= 1:
        return 0.0
    tail = (1 - EULER) * norm.ppf(1 - 1 / trials) + EULER * norm.ppf(1 - 1 / (trials * np.e))
    return float(np.sqrt(variance) * tail)


def deflated_sharpe(returns: Floats, trials: int, variance: float | None = None) -> Floats:
    """Probability that the true Sharpe ratio is above what the best of ``trials`` worth nothing would show.

    Args:
        returns: Session returns of the strategy that was chosen.
        trials: How many strategies were tried on these sessions.
        variance: Variance of their Sharpe ratios of a session; None: that of the estimate under no skill, 1 / (sessions - 1).
    """
    spread = 1.0 / max(returns.shape[-1] - 1, 1) if variance is None else variance
    return probabilistic_sharpe(returns, expected_best_sharpe(trials, spread))
