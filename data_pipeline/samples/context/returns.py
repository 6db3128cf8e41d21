"""Recent returns and volatility, and the last closes as they traded."""

import numpy as np

from data_pipeline.samples.context.history import Floats, History
from data_pipeline.samples.context.moment import Moment
from tickertune.core.recipe import PricesContextConfig, ReturnsContextConfig


def move(total: Floats, sessions: int) -> float:
    """Return over the last ``sessions`` of a window, as a fraction; NaN where a price is missing."""
    return float(total[-1] / total[-1 - sessions] - 1) if len(total) > sessions else np.nan


def moves_text(total: Floats, horizons: list[int]) -> str:
    """Known returns as text: ``1d +0.5%, 5d -1.2%``."""
    values = [(sessions, move(total, sessions)) for sessions in horizons]
    return ", ".join(f"{sessions}d {100 * value:+.1f}%" for sessions, value in values if np.isfinite(value))


def returns_lines(config: ReturnsContextConfig, history: History, moment: Moment) -> list[str]:
    """Total returns and the standard deviation of one-session returns; what is not known is left out."""
    window = history.window(moment.row, moment.last_close, config.sessions_back)
    if window is None:
        return []
    lines = [f"returns {text}"] if (text := moves_text(window.total, config.horizons)) else []
    daily = (window.total[1:] / window.total[:-1] - 1)[-config.volatility_sessions :]
    daily = daily[np.isfinite(daily)]
    if len(daily) >= max(2, -(-config.volatility_sessions // 2)):
        lines.append(f"volatility {100 * float(daily.std(ddof=1)):.1f}% a session, of {len(daily)} sessions")
    return lines


def prices_lines(config: PricesContextConfig, history: History, moment: Moment) -> list[str]:
    """The last known closes, oldest first, restated as of the decision."""
    window = history.window(moment.row, moment.last_close, config.sessions_back)
    if window is None:
        return []
    closes = window.prices["close"][-config.sessions :]
    shown = [f"{close:.2f}" for close in closes[np.isfinite(closes)]]
    return [f"closes {', '.join(shown)}"] if shown else []
