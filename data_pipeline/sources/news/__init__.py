"""News by official API or public JSON, a file each."""

from data_pipeline.sources.news import (
    alpaca,
    alpha_vantage,
    finnhub,
    fmp,
    gdelt,
    gdelt_bulk,
    marketaux,
    massive,
    tiingo,
    yahoo,
)
from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (
    alpaca.SOURCE,
    alpha_vantage.SOURCE,
    finnhub.SOURCE,
    fmp.SOURCE,
    gdelt.SOURCE,
    gdelt_bulk.SOURCE,
    marketaux.SOURCE,
    massive.SOURCE,
    tiingo.SOURCE,
    yahoo.SOURCE,
)
