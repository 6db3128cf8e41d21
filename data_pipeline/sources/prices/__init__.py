"""Prices and corporate actions, each with its true basis, a file each."""

from data_pipeline.sources.prices import (
    akshare,
    alpaca,
    alpha_vantage,
    baostock,
    files,
    fmp,
    massive,
    stooq,
    tiingo,
    yahoo,
)
from data_pipeline.sources.protocol import Source

SOURCES: tuple[Source, ...] = (
    akshare.SOURCE,
    alpaca.SOURCE,
    alpha_vantage.SOURCE,
    baostock.SOURCE,
    files.SOURCE,
    fmp.SOURCE,
    massive.SOURCE,
    stooq.SOURCE,
    tiingo.SOURCE,
    yahoo.SOURCE,
)
