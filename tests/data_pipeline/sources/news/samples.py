"""Samples of the news APIs."""

from datetime import UTC, datetime

from data_pipeline.sources.news import finnhub
from data_pipeline.sources.protocol import Cursor, Scope
from tests.data_pipeline.sources.sample import Sample

SAMPLES = [
    Sample(
        finnhub.SOURCE,
        finnhub.SOURCE.stream(Cursor(), Scope())[0],
        "shared:payloads/finnhub/market_news_20250709.json",
        {"documents": 7},
        fetched_at=datetime(2025, 7, 9, 14, tzinfo=UTC),
        scope=Scope(symbols=("AAPL", "MSFT")),
    ),
]
