"""Technical features of a trailing window, each from its own sessions alone, so that no later bar changes one.

All are free of the price's scale. Missing bars are passed over; a feature without enough bars is left out.
"""

import numpy as np

from data_pipeline.samples.context.history import Floats, History
from data_pipeline.samples.context.moment import Moment
from tickertune.core.recipe import TechnicalContextConfig


def technical_lines(config: TechnicalContextConfig, history: History, moment: Moment) -> list[str]:
    """RSI, MACD, averages, Bollinger band and volume, as far as they are known."""
    window = history.window(moment.row, moment.last_close, config.sessions_back)
    if window is None:
        return []
    closes = window.total[np.isfinite(window.total)]
    features = [
        (f"RSI({config.rsi})", rsi(closes, config.rsi), "{:.0f}"),
        *_macd_features(config, closes),
        *((f"close against its {n}-session average", distance(closes, n), "{:+.1%}") for n in config.averages),
        (f"place in the Bollinger band({config.bollinger})", bollinger(closes, config.bollinger), "{:.2f}"),
        (f"volume z-score({config.volume})", volume_score(window.prices["volume"], config.volume), "{:+.1f}"),
    ]
    return [f"{name} {form.format(value)}" for name, value, form in features if np.isfinite(value)]


def rsi(closes: Floats, sessions: int) -> float:
    """Relative strength index in [0, 100] by plain means (Cutler); 50 where nothing moved."""
    if len(closes) <= sessions:
        return np.nan
    changes = np.diff(closes[-sessions - 1 :])
    gains, losses = float(changes.clip(min=0).sum()), float(-changes.clip(max=0).sum())
    return 100 * gains / (gains + losses) if gains + losses > 0 else 50.0


def ema(values: Floats, span: int) -> Floats:
    """Exponential mean with weight 2 / (span + 1) that starts at the first value."""
    weight, means = 2 / (span + 1), np.empty_like(values)
    means[0] = values[0]
    for at in range(1, len(values)):
        means[at] = means[at - 1] + weight * (values[at] - means[at - 1])
    return means


def macd(closes: Floats, fast: int, slow: int, signal: int) -> tuple[float, float]:
    """MACD and its signal line as fractions of the close, from the last ``2 * slow + 1`` closes; NaN with fewer."""
    if len(closes) <= 2 * slow:
        return np.nan, np.nan
    closes = closes[-2 * slow - 1 :]
    line = ema(closes, fast) - ema(closes, slow)
    return float(line[-1] / closes[-1]), float(ema(line, signal)[-1] / closes[-1])


def distance(closes: Floats, sessions: int) -> float:
    """Last close over the mean of the last ``sessions`` closes, minus 1."""
    return float(closes[-1] / closes[-sessions:].mean() - 1) if len(closes) >= sessions else np.nan


def bollinger(closes: Floats, sessions: int) -> float:
    """Place of the close in the band of two standard deviations: 0 at its lower, 1 at its upper edge."""
    if len(closes) < sessions:
        return np.nan
    own = closes[-sessions:]
    # Relative to the close, so that the noise of floats in a flat price is no deviation.
    deviation = float(own.std(ddof=1))
    return float((own[-1] - own.mean()) / (4 * deviation) + 0.5) if deviation > 1e-12 * own[-1] else np.nan


def volume_score(volumes: Floats, sessions: int) -> float:
    """How many standard deviations the last volume lies above the mean of the ``sessions`` before it."""
    if len(volumes) == 0 or not np.isfinite(volumes[-1]):
        return np.nan
    before = volumes[-sessions - 1 : -1]
    before = before[np.isfinite(before)]
    if len(before) < max(2, -(-sessions // 2)):
        return np.nan
    deviation = float(before.std(ddof=1))
    return float((volumes[-1] - before.mean()) / deviation) if deviation > 1e-12 * before.mean() else np.nan


def _macd_features(config: TechnicalContextConfig, closes: Floats) -> list[tuple[str, float, str]]:
    line, signal = macd(closes, config.fast, config.slow, config.signal)
    name = f"MACD({config.fast},{config.slow},{config.signal})"
    return [(f"{name} of the close", line, "{:+.2%}"), (f"{name} signal", signal, "{:+.2%}")]
