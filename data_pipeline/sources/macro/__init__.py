"""Macro series and figures of financial statements, each with the day from which it was known, a file each."""

from data_pipeline.sources.macro import fred, massive_financials, tiingo_fundamentals
from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (fred.SOURCE, massive_financials.SOURCE, tiingo_fundamentals.SOURCE)
