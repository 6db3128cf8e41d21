"""Similar stocks: those whose returns went most alike up to the decision, and their recent moves."""

import numpy as np

from data_pipeline.samples.companies import Companies
from data_pipeline.samples.context.history import Floats, History
from data_pipeline.samples.context.moment import Moment
from data_pipeline.samples.context.returns import moves_text
from tickertune.core.recipe import SimilarContextConfig

KNOWN_SHARE = 0.8
"""Share of the window's returns that both stocks must have."""


def similar_lines(config: SimilarContextConfig, history: History, companies: Companies, moment: Moment) -> list[str]:
    """The most correlated stocks that have a symbol on the day, the most alike first; ties by instrument."""
    last = moment.last_close
    if last < config.sessions:
        return []
    closes = history.total[:, last - config.sessions : last + 1]
    correlation = correlations(closes[:, 1:] / closes[:, :-1] - 1, moment.row)
    lines: list[str] = []
    for row in np.lexsort((np.arange(len(correlation)), -correlation)):
        company = companies.on(history.instruments[row], moment.day)
        if len(lines) == config.count or not np.isfinite(correlation[row]):
            break
        if company is None:
            continue
        moves = moves_text(history.total[row, max(last - max(config.horizons), 0) : last + 1], config.horizons)
        lines.append(f"{company.name} ({company.symbol}), correlation {correlation[row]:.2f}: {moves or 'no price'}")
    return lines


def correlations(returns: Floats, row: int) -> Floats:
    """Correlation of each row with one row, over the returns that both have; -inf for itself and for too few."""
    found = np.full(len(returns), -np.inf)
    for other in range(len(returns)):
        both = np.isfinite(returns[row]) & np.isfinite(returns[other])
        if other == row or both.sum() < KNOWN_SHARE * returns.shape[1]:
            continue
        x, y = returns[row, both] - returns[row, both].mean(), returns[other, both] - returns[other, both].mean()
        scale = float(np.sqrt((x @ x) * (y @ y)))
        if scale > 0:
            found[other] = float(x @ y) / scale
    return found
