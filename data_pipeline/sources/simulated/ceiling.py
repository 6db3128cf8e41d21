"""The best reachable score on the simulated market, in closed form.

A company's excess return is its own return minus the equal-weighted mean of the others, so the market factor cancels.
Given the own tone a, in units of the own volatility v_i, it is normal up to the normal approximation of the mean of the
others' tones, with mean ``signal * a`` and variance ``1 + sum_j v_j^2 (1 + signal^2 E[a_j^2]) / ((n-1)^2 v_i^2)``.
The others' tones have mean 0. The best decision is the sign of the tone, and is right with probability
``Phi(signal * |a| / sd)``.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]


def probability_up(tones: Floats, volatility: Floats, signal: float, tone_variance: float) -> Floats:
    """Probability that the excess return is positive, given the own tone.

    Args:
        tones: Own tone, [sessions, n].
        volatility: Idiosyncratic volatility of each company, [n].
        signal: Volatilities per unit of tone.
        tone_variance: E[a^2] of a company on a random session.

    Returns:
        Probabilities, [sessions, n].
    """
    square = volatility**2
    others = (square.sum() - square) * (1.0 + signal**2 * tone_variance) / (len(volatility) - 1) ** 2
    deviation = np.sqrt(1.0 + others / square)
    return np.asarray(norm.cdf(signal * tones / deviation), dtype=np.float64)


def ceiling_of(p_up: Floats) -> dict[str, float]:
    """Accuracy and MCC expected of the best decision on samples with these probabilities, [n].

    The MCC is that of the expected confusion matrix. Without samples, or with one class alone, it is 0.
    """
    if not len(p_up):
        return {"accuracy": 0.0, "mcc": 0.0}
    up = p_up > 0.5
    tp, fp = p_up[up].sum(), (1 - p_up[up]).sum()
    fn, tn = p_up[~up].sum(), (1 - p_up[~up]).sum()
    product = (tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)
    mcc = (tp * tn - fp * fn) / np.sqrt(product) if product > 0 else 0.0
    return {"accuracy": float(np.maximum(p_up, 1 - p_up).mean()), "mcc": float(mcc)}
