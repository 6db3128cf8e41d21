"""Context blocks: what else was known at a decision, as titles and lines for the prompt.

A block is a module with a function from a ``Moment`` to lines. Prices reach it only through ``History.window`` and
matrices cut at the last known close, figures only through ``Observations.known``: none can see what came later.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

import polars as pl

from data_pipeline.samples.companies import Companies
from data_pipeline.samples.context.alphas import alphas_lines
from data_pipeline.samples.context.history import History
from data_pipeline.samples.context.moment import Moment
from data_pipeline.samples.context.observations import Observations, figure_lines
from data_pipeline.samples.context.returns import prices_lines, returns_lines
from data_pipeline.samples.context.similar import similar_lines
from data_pipeline.samples.context.technical import technical_lines
from tickertune.core.errors import TickerTuneError
from tickertune.core.observation import Observation
from tickertune.core.recipe import (
    AlphasContextConfig,
    AnyContextConfig,
    FundamentalsContextConfig,
    MacroContextConfig,
    PricesContextConfig,
    ReturnsContextConfig,
    SimilarContextConfig,
    TechnicalContextConfig,
)
from tickertune.core.table import read_table
from tickertune.core.tasks import ContextBlock

__all__ = ["ContextBuilder", "History", "Moment"]

TITLES = {
    "returns": "Recent returns",
    "technical": "Technical features",
    "prices": "Prices",
    "alphas": "Alphas",
    "fundamentals": "Fundamentals as filed",
    "macro": "Macro figures as published",
    "similar": "Similar stocks",
}
Lines = Callable[[Moment], list[str]]


class ContextBuilder:
    """The blocks of a recipe, ready to be asked.

    Args:
        blocks: The recipe's ``prompt.context``.
        history: Prices.
        companies: Names and symbols by day.
        observations: The source's figures.
        latency_minutes: Time from availability to use.

    Raises:
        TickerTuneError: A block needs figures, and neither its path nor the source has any of its series.
    """

    def __init__(
        self,
        blocks: Sequence[AnyContextConfig],
        history: History,
        companies: Companies,
        observations: pl.DataFrame | None,
        latency_minutes: int,
    ) -> None:
        self._blocks: list[tuple[str, Lines]] = []
        self.counts: Counter[str] = Counter()
        """How many samples a block had nothing to show for, under ``context_empty_<kind>``."""
        for block in blocks:
            self._blocks.append((block.kind, _lines(block, history, companies, observations, latency_minutes)))

    def at(self, moment: Moment) -> list[ContextBlock]:
        """The blocks at one moment; an empty one is left out and counted."""
        shown = []
        for kind, lines in self._blocks:
            if found := lines(moment):
                shown.append(ContextBlock(TITLES[kind], found))
            else:
                self.counts[f"context_empty_{kind}"] += 1
        return shown


def _lines(
    block: AnyContextConfig,
    history: History,
    companies: Companies,
    observations: pl.DataFrame | None,
    latency_minutes: int,
) -> Lines:
    match block:
        case ReturnsContextConfig():
            return partial(returns_lines, block, history)
        case TechnicalContextConfig():
            return partial(technical_lines, block, history)
        case PricesContextConfig():
            return partial(prices_lines, block, history)
        case AlphasContextConfig():
            return partial(alphas_lines, block, history)
        case SimilarContextConfig():
            return partial(similar_lines, block, history, companies)
        case FundamentalsContextConfig():
            known = _observations(block, observations, latency_minutes)
            return lambda moment: figure_lines(known, block.series, moment.instrument_id, moment)
        case MacroContextConfig():
            known = _observations(block, observations, latency_minutes)
            return lambda moment: figure_lines(known, block.series, None, moment)


def _observations(
    block: FundamentalsContextConfig | MacroContextConfig, source: pl.DataFrame | None, latency_minutes: int
) -> Observations:
    table = source if block.path is None else read_table(block.path, Observation)
    where = "the source" if block.path is None else str(block.path)
    missing = sorted(set(block.series) - (set() if table is None else set(table["series_id"].unique())))
    if table is None or missing:
        raise TickerTuneError(
            f"Context block {block.kind} finds no observations of {', '.join(missing)} in {where}",
            "Name series that it has, or set path to a parquet table of observations",
        )
    return Observations(table, block.series, latency_minutes)
