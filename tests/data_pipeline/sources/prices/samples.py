"""Samples of the price sources."""

from datetime import UTC, datetime
from typing import Any

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
from data_pipeline.sources.protocol import Request, Scope, Source
from tests.data_pipeline.sources.sample import FIXTURES, Sample

US = Scope(symbols=("AAPL", "BRK.B"))
CN = Scope(symbols=("600519.SH", "000001.SZ"))
FACTS = {"exchange": "XNAS", "currency": "USD", "name": "Meta Platforms, Inc.", "cik": "0001326801"}


def request(url: str, params: dict[str, str] | None = None, **context: str) -> Request:
    return Request(url=url, params=params or {}, context=context)


def documented(
    source: Source, url: str, body: str, expected: dict[str, int], params: dict[str, str] | None = None, **context: str
) -> Sample:
    """Return a sample of a fixture that was written from documentation."""
    scope = CN if source.info.market == "CN" else US
    return Sample(source, request(url, params, **context), body, expected, mode="range", scope=scope)


def recorded(source: Source, body: str, expected: dict[str, int], asked: Request, **more: Any) -> Sample:
    """Return a sample of a real recording."""
    more = {"fetched_at": datetime(2026, 6, 1, tzinfo=UTC)} | more
    return Sample(source, asked, f"shared:payloads/{body}", expected, mode="range", scope=US, **more)


def tiingo_sample(name: str, expected: dict[str, int], **params: str) -> Sample:
    asked = request("https://api.tiingo.com/tiingo/daily/GOOGL/prices", params, symbol="GOOGL", kind="prices")
    return recorded(tiingo.SOURCE, f"tiingo/{name}.0.json", expected, asked, unwrap="body")


def massive_sample(body: str, expected: dict[str, int], kind: str, symbol: str = "AAPL", **more: str) -> Sample:
    asked = request(f"https://api.massive.com/{kind}", kind=kind, symbol=symbol, **more)
    return recorded(massive.SOURCE, f"massive_polygon/{body}.json", expected, asked)


_CHART = "https://query2.finance.yahoo.com/v8/finance/chart"
_DAILY = "https://api.tiingo.com/tiingo/daily"
_AV = "https://www.alphavantage.co/query"
_FMP = "https://financialmodelingprep.com/stable"
_EM = "https://push2his.eastmoney.com/api/qt/stock/kline/get"

SAMPLES = [
    # 746 rows, 12 dividends, no split: the newest row is of a session that had closed (16:00:06 New York).
    recorded(
        yahoo.SOURCE,
        "yahoo/test_y_finance_equity_historical_fetcher_curl__0.json",
        {"bars": 746, "actions": 12, "instruments": 1},
        request(f"{_CHART}/AAPL", symbol="AAPL"),
        fetched_at=datetime(2025, 12, 23, 2, tzinfo=UTC),
    ),
    documented(
        yahoo.SOURCE,
        f"{_CHART}/EXMP",
        "yahoo_prices/split.json",
        {"bars": 3, "actions": 3, "instruments": 1},
        symbol="EXMP",
    ),
    tiingo_sample("ticker_price", {"bars": 1}),
    tiingo_sample("ticker_price_pandas_single", {"bars": 1}),
    tiingo_sample("ticker_price_with_date", {"bars": 2}),
    tiingo_sample("ticker_price_with_date_csv", {"bars": 2}, format="csv"),
    tiingo_sample("ticker_price_pandas_daily_csv", {"bars": 10}, format="csv"),
    tiingo_sample("ticker_price_pandas_daily_metric_name", {"bars": 10}),
    tiingo_sample("ticker_price_pandas_daily_metric_name_csv", {"bars": 10}, format="csv"),
    tiingo_sample("ticker_price_pandas_daily_equivalent_requesting_json_or_csv", {"bars": 10}),
    tiingo_sample("ticker_price_with_multiple_columns", {"bars": 1}),
    tiingo_sample("ticker_price_with_volume_column", {"quarantine": 1}),  # a volume alone is no bar
    recorded(
        tiingo.SOURCE,
        "tiingo/ticker_price_pandas_daily_equivalent_requesting_json_or_csv.1.json",
        {"bars": 10},
        request(f"{_DAILY}/GOOGL/prices", {"format": "csv"}, symbol="GOOGL", kind="prices"),
        unwrap="body",
    ),
    recorded(
        tiingo.SOURCE,
        "tiingo/ticker_metadata.0.json",
        {"instruments": 1},
        request(f"{_DAILY}/GOOGL", symbol="GOOGL", kind="metadata"),
        unwrap="body",
        fetched_at=datetime(2017, 10, 8, tzinfo=UTC),
    ),
    recorded(
        tiingo.SOURCE,
        "tiingo/intraday_price.0.json",
        {"quarantine": 13},  # half-hour bars without volume: none of a session
        request("https://api.tiingo.com/iex/GOOGL/prices", symbol="GOOGL", kind="prices"),
        unwrap="body",
    ),
    documented(
        tiingo.SOURCE,
        "https://apimedia.tiingo.com/docs/tiingo/daily/supported_tickers.zip",
        "tiingo_prices/supported_tickers.zip",
        {"instruments": 3},
        kind="list",
    ),
    massive_sample("v2_aggs_ticker_AAPL_range_1_day_2005-04-01_2005-04-04", {"bars": 2}, "bars"),
    massive_sample("v2_aggs_ticker_AAPL_range_1_day_2005-04-02_2005-04-04", {"bars": 2}, "bars"),
    massive_sample("v2_aggs_ticker_AAPL_prev", {"bars": 1}, "prev"),
    massive_sample("v1_open-close_AAPL_2005-04-01_adjusted_true", {"bars": 1}, "open_close"),
    massive_sample("v3_reference_splits", {"actions": 10}, "splits"),
    massive_sample("v3_reference_dividends", {"actions": 10}, "dividends"),
    massive_sample("v3_reference_tickers_AAPL", {"instruments": 1, "follow": 1}, "ticker"),
    massive_sample("v3_reference_tickers_AAPL_date_2020-10-01", {"instruments": 1, "follow": 1}, "ticker"),
    massive_sample(
        "vX_reference_tickers_META_events_types_ticker_change",
        {"instruments": 2, "actions": 1},
        "events",
        "META",
        **FACTS,
    ),
    documented(
        massive.SOURCE,
        "https://api.massive.com/stocks/v1/splits",
        "massive_prices/splits_v1.json",
        {"actions": 2, "follow": 1},
        kind="splits",
    ),
    documented(
        massive.SOURCE,
        "https://api.massive.com/stocks/v1/dividends",
        "massive_prices/dividends_v1.json",
        {"actions": 1, "quarantine": 2},  # one event under two ids; one paid in Canadian dollars
        kind="dividends",
    ),
    recorded(
        alpha_vantage.SOURCE,
        "alpha_vantage/global_quote",
        {"bars": 1},
        request(_AV, {"function": "GLOBAL_QUOTE", "symbol": "MSFT"}),
    ),
    documented(
        alpha_vantage.SOURCE,
        _AV,
        "alpha_vantage_prices/daily.json",
        {"bars": 3},
        {"function": "TIME_SERIES_DAILY", "outputsize": "compact"},
        symbol="EXMP",
    ),
    documented(
        alpha_vantage.SOURCE,
        _AV,
        "alpha_vantage_prices/daily_adjusted.json",
        {"bars": 3, "actions": 2, "quarantine": 1},  # a dividend that a split followed
        {"function": "TIME_SERIES_DAILY_ADJUSTED"},
        symbol="EXMP",
    ),
    documented(
        alpha_vantage.SOURCE,
        _AV,
        "alpha_vantage_prices/splits.json",
        {"actions": 2, "follow": 1},
        {"function": "SPLITS"},
        symbol="EXMP",
    ),
    documented(
        alpha_vantage.SOURCE,
        _AV,
        "alpha_vantage_prices/dividends.json",
        {"actions": 1, "quarantine": 1},
        {"function": "DIVIDENDS"},
        symbol="EXMP",
        splits="2014-06-09 2025-06-09",
    ),
    documented(
        stooq.SOURCE,
        "https://stooq.com/q/d/l/",
        "stooq/exmp_us.csv",
        {"bars": 3, "quarantine": 1},  # a high below the low
        symbol="exmp.us",
    ),
    documented(
        alpaca.SOURCE,
        "https://data.alpaca.markets/v2/stocks/bars",
        "alpaca_prices/bars.json",
        {"bars": 2, "quarantine": 1, "follow": 1},
        {"adjustment": "raw", "timeframe": "1Day"},
        kind="bars",
    ),
    documented(
        alpaca.SOURCE,
        "https://data.alpaca.markets/v1/corporate-actions",
        "alpaca_prices/corporate_actions.json",
        {"actions": 7, "quarantine": 1},  # the spin-off has no cash value
        kind="actions",
    ),
    documented(
        fmp.SOURCE,
        f"{_FMP}/historical-price-eod/non-split-adjusted",
        "fmp_prices/non_split_adjusted.json",
        {"bars": 2, "quarantine": 1},
        kind="bars",
        symbol="EXMP",
    ),
    documented(
        fmp.SOURCE,
        f"{_FMP}/dividends",
        "fmp_prices/dividends.json",
        {"actions": 2},
        kind="dividends",
        symbol="EXMP",
    ),
    documented(
        fmp.SOURCE,
        f"{_FMP}/splits",
        "fmp_prices/splits.json",
        {"actions": 1},
        kind="splits",
        symbol="EXMP",
    ),
    documented(
        akshare.SOURCE,
        _EM,
        "akshare_prices/kline.json",
        {"bars": 2, "quarantine": 1},
        {"fqt": "0", "klt": "101"},
        kind="bars",
        symbol="600999.SH",
    ),
    documented(
        akshare.SOURCE,
        "https://datacenter-web.eastmoney.com/api/data/v1/get",
        "akshare_prices/payouts.json",
        {"actions": 3},
        kind="payouts",
        symbol="600999.SH",
    ),
    documented(
        baostock.SOURCE,
        "baostock:query_history_k_data_plus",
        "baostock_prices/k_data.json",
        {"bars": 2},
        symbol="600999.SH",
    ),
    documented(
        baostock.SOURCE,
        "baostock:query_dividend_data",
        "baostock_prices/dividend.json",
        {"actions": 2, "quarantine": 2},  # the same payout stands there twice
        symbol="600999.SH",
    ),
    Sample(
        files.SOURCE,
        request("file:bars.csv"),
        "price_files/bars.csv",
        {"bars": 2, "quarantine": 2},
        mode="file",
        content_type="text/csv",
        scope=Scope(path=FIXTURES / "price_files"),
    ),
]
