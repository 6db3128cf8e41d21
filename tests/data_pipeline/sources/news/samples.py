"""Samples of the news APIs."""

from datetime import UTC, datetime

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
from data_pipeline.sources.protocol import Cursor, Request, Scope, Source, Window
from tests.data_pipeline.sources.news.tables import ZippedSample
from tests.data_pipeline.sources.sample import Sample

SHARES = Scope(symbols=("AAPL", "MSFT"))
WORDS = Scope(query="NVDA")


def live(source: Source, scope: Scope = SHARES) -> Request:
    return source.stream(Cursor(), scope)[0]


def moment(text: str) -> datetime:
    """Read an ISO time without a zone as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def ranged(source: Source, since: str, until: str, scope: Scope = SHARES) -> Request:
    window = Window(since=moment(since), until=moment(until))
    return source.plan(Cursor(), window, scope)[0]


SAMPLES = [
    Sample(
        finnhub.SOURCE,
        live(finnhub.SOURCE),
        "shared:payloads/finnhub/market_news_20250709.json",
        {"documents": 7},
        fetched_at=datetime(2025, 7, 9, 14, tzinfo=UTC),
        scope=SHARES,
    ),
    Sample(
        finnhub.SOURCE,
        ranged(finnhub.SOURCE, "2025-06-06", "2025-06-10"),
        "finnhub/company_news.json",
        {"documents": 2},
        mode="range",
        scope=SHARES,
    ),
    Sample(
        yahoo.SOURCE,
        live(yahoo.SOURCE),
        "shared:payloads/yahoo/test_y_finance_company_news_fetcher_curl__0.json",
        {"documents": 10},
        fetched_at=datetime(2025, 12, 22, 22, tzinfo=UTC),
        scope=SHARES,
    ),
    Sample(
        fmp.SOURCE,
        live(fmp.SOURCE),
        "shared:payloads/fmp/stock_news_20200908.json",
        {"documents": 5},
        fetched_at=datetime(2020, 9, 8, 14, tzinfo=UTC),
        scope=SHARES,
    ),
    Sample(
        fmp.SOURCE,
        ranged(fmp.SOURCE, "2025-06-10", "2025-06-11"),
        "fmp/press_releases.json",
        {"documents": 2, "follow": 1},
        mode="range",
        scope=SHARES,
    ),
    Sample(
        alpha_vantage.SOURCE,
        live(alpha_vantage.SOURCE),
        "shared:payloads/alpha_vantage/NEWS_SENTIMENT_feed_20220718.json",
        {"documents": 5},
        fetched_at=datetime(2022, 7, 18, tzinfo=UTC),
        scope=SHARES,
    ),
    Sample(
        alpha_vantage.SOURCE,
        ranged(alpha_vantage.SOURCE, "2025-06-09", "2025-06-10"),
        "alpha_vantage/news_sentiment.json",
        {"documents": 2},
        mode="range",
        scope=SHARES,
    ),
    Sample(
        massive.SOURCE,
        ranged(massive.SOURCE, "2022-04-28", "2022-04-29", Scope(symbols=("NFLX",))),
        "shared:payloads/massive_polygon/v2_reference_news_ticker_NFLX.json",
        {"documents": 1},
        mode="range",
        scope=SHARES,
    ),
    Sample(
        tiingo.SOURCE,
        ranged(tiingo.SOURCE, "2016-01-01", "2016-02-01"),
        "shared:payloads/tiingo/news.0.json",
        {"documents": 1, "follow": 1},
        mode="range",
        scope=SHARES,
        unwrap="body",
    ),
    Sample(
        tiingo.SOURCE,
        live(tiingo.SOURCE),
        "shared:payloads/tiingo/news_empty_sources.0.json",
        {"documents": 1},
        fetched_at=datetime(2020, 10, 12, 18, tzinfo=UTC),
        scope=SHARES,
        unwrap="body",
    ),
    Sample(
        alpaca.SOURCE,
        ranged(alpaca.SOURCE, "2025-06-03", "2025-06-04"),
        "alpaca/news.json",
        {"documents": 3, "follow": 1},
        mode="range",
        scope=SHARES,
    ),
    Sample(
        marketaux.SOURCE,
        ranged(marketaux.SOURCE, "2025-06-09", "2025-06-10"),
        "marketaux/news.json",
        {"documents": 3, "follow": 1},
        mode="range",
        scope=SHARES,
    ),
    Sample(
        gdelt.SOURCE,
        ranged(gdelt.SOURCE, "2026-05-15", "2026-05-16", WORDS),
        "shared:payloads/gdelt/doc_artlist_NVDA_20260515.json",
        {"documents": 5},
        mode="range",
        scope=WORDS,
    ),
    ZippedSample(
        gdelt_bulk.SOURCE,
        ranged(gdelt_bulk.SOURCE, "2017-07-01T23:45:00", "2017-07-02"),
        "shared:payloads/gdelt/data/gkg2samp.gz",
        {},  # 50 rows, all without a title: see test_gdelt_bulk
        mode="range",
        pickled=True,
    ),
    ZippedSample(
        gdelt_bulk.SOURCE,
        ranged(gdelt_bulk.SOURCE, "2026-05-15", "2026-05-16"),
        "gdelt_bulk/20260515011500.gkg.csv",
        {"documents": 3, "quarantine": 1},
        mode="range",
    ),
]
