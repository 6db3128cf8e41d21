"""The stationary bootstrap (Politis and Romano 1994): blocks of random length, so that resampled returns stay stationary."""

import numpy as np
from numpy.typing import NDArray

from eval.portfolio.measures import ratio

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
_CHUNK_CELLS = 4_000_000
"""Most resampled returns held at once."""


def follow(starts: Indices, restart: NDArray[np.bool_]) -> Indices:
    """Session numbers of draws: a new start where ``restart`` says so, else the session after the last, in a circle.

    Args:
        starts: Where a block would begin, for each place of each draw [draws, sessions].
        restart: Whether one does [draws, sessions]; the first place of a draw always begins one.
    """
    sessions = starts.shape[-1]
    place = np.arange(sessions)
    began = np.maximum.accumulate(np.where(restart, place, 0), axis=-1)
    return np.asarray((np.take_along_axis(starts, began, axis=-1) + place - began) % sessions)


def stationary_draws(generator: np.random.Generator, sessions: int, draws: int, block: float) -> Indices:
    """Session numbers of ``draws`` resampled series, [draws, sessions].

    Args:
        generator: Source of randomness.
        sessions: Length of the series.
        draws: Number of them.
        block: Expected length of a block, at least 1 (single sessions).
    """
    starts = generator.integers(sessions, size=(draws, sessions), dtype=np.int64)
    return follow(starts, generator.random((draws, sessions)) < 1 / block)


def sharpe_draws(returns: Floats, draws: int, block: float, seed: int) -> Floats:
    """Sharpe ratios of a session of resampled series [draws]; the same seed gives the same draws.

    Args:
        returns: Session returns [sessions], at least two.
        draws: Number of resamples.
        block: Expected sessions of a block.
        seed: Seed.
    """
    generator = np.random.default_rng(seed)
    sessions = len(returns)
    step = max(1, _CHUNK_CELLS // sessions)
    found = []
    for start in range(0, draws, step):
        drawn = returns[stationary_draws(generator, sessions, min(step, draws - start), block)]
        found.append(ratio(drawn.mean(axis=1), drawn.std(axis=1, ddof=1)))
    return np.concatenate(found)


def automatic_block(returns: Floats) -> float:
    """Expected block length that suits the series' own memory (Politis and White 2004, corrected by Patton and others 2009).

    Args:
        returns: Session returns [sessions].

    Returns:
        At least 1; 1 for a series without risk or of fewer than four sessions.
    """
    sessions = len(returns)
    centred = returns - returns.mean()
    if sessions < 4 or float(centred @ centred) <= 1e-24 * sessions:
        return 1.0
    quiet = max(5, int(np.log10(sessions)))
    most = min(int(np.ceil(np.sqrt(sessions))) + quiet, sessions - 1)
    covariance = np.array([centred[lag:] @ centred[: sessions - lag] for lag in range(most + 1)]) / sessions
    loud = np.abs(covariance / covariance[0]) >= 2 * np.sqrt(np.log10(sessions) / sessions)
    last = next((lag for lag in range(most - quiet + 1) if not loud[lag : lag + quiet].any()), most)
    window = min(2 * max(last, 1), most)
    lags = np.arange(1, window + 1)
    share = lags / window
    taper = np.where(share <= 0.5, 1.0, 2 * (1 - share))
    slope = 2 * (taper * lags * covariance[1 : window + 1]).sum()
    spectrum = covariance[0] + 2 * (taper * covariance[1 : window + 1]).sum()
    if abs(spectrum) < 1e-300:
        return 1.0
    length = (2 * slope**2 / (2 * spectrum**2)) ** (1 / 3) * sessions ** (1 / 3)
    return float(np.clip(length, 1.0, np.ceil(min(3 * np.sqrt(sessions), sessions / 3))))
