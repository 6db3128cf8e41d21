"""Filings and company facts of regulators, a file each."""

from data_pipeline.sources.filings import (
    edgar_current,
    edgar_facts,
    edgar_filing,
    edgar_index,
    edgar_search,
    edgar_submissions,
    edgar_tickers,
)
from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (
    edgar_current.SOURCE,
    edgar_facts.SOURCE,
    edgar_filing.SOURCE,
    edgar_index.SOURCE,
    edgar_search.SOURCE,
    edgar_submissions.SOURCE,
    edgar_tickers.SOURCE,
)
