"""The user's own alpha formulas over prices as of the decision."""

import numpy as np

from data_pipeline.samples.context.history import History
from data_pipeline.samples.context.moment import Moment
from tickertune.core.formula import formula
from tickertune.core.recipe import AlphasContextConfig


def alphas_lines(config: AlphasContextConfig, history: History, moment: Moment) -> list[str]:
    """Each formula's value with four digits; one without a value is left out."""
    lines = []
    for name, text in config.formulas.items():
        parsed = formula(text)
        window = history.window(moment.row, moment.last_close, parsed.sessions_back)
        if window is None or len(window.total) <= parsed.sessions_back:
            continue
        value = parsed(window.prices)
        if np.isfinite(value):
            lines.append(f"{name} {value:.4g}")
    return lines
