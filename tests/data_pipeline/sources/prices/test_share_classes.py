"""Share classes: one spelling of what is stored, each vendor's own one in requests."""

from datetime import date

import pytest

from data_pipeline.instruments.registry import Registry
from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings.companies import add_instrument
from data_pipeline.sources.macro import massive_financials, tiingo_fundamentals
from data_pipeline.sources.prices import alpaca, alpha_vantage, files, fmp, massive, stooq, tiingo, yahoo
from data_pipeline.sources.protocol import Cursor, Request, Response, Scope
from data_pipeline.sources.us_symbols import dotted_symbol, us_listing, us_symbol
from tests.data_pipeline.sources.prices.answers import JUNE, LATER, parsed
from tests.data_pipeline.sources.prices.samples import request

DAY = {"open": 10, "high": 11, "low": 9, "close": 10, "volume": 5}
FMP_BAR = {"symbol": "BRK-B", "date": "2025-06-06", "volume": 5} | {
    f"adj{name.title()}": value for name, value in DAY.items() if name != "volume"
}
SHORT_BAR = {"o": 10, "h": 11, "l": 9, "c": 10, "v": 5}
AV_DAY = {f"{number}. {name}": str(value) for number, (name, value) in enumerate(DAY.items(), 1)}
CHART = {
    "chart": {
        "result": [
            {
                "meta": {
                    "symbol": "BRK-B", "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d",
                    "regularMarketTime": 1749240000, "exchangeName": "NYQ", "currency": "USD", "longName": "Berkshire",
                },
                "timestamp": [1749216600],
                "indicators": {"quote": [{name: [value] for name, value in DAY.items()}]},
            }
        ]
    }
}  # fmt: skip
ANSWERS = {
    alpaca.SOURCE: ("BRK.B", {"bars": {"BRK.B": [{**SHORT_BAR, "t": "2025-06-06T04:00:00Z"}]}}),
    alpha_vantage.SOURCE: ("BRK-B", {"Time Series (Daily)": {"2025-06-06": AV_DAY}}),
    fmp.SOURCE: ("BRK-B", [FMP_BAR]),
    massive.SOURCE: ("BRK.B", {"adjusted": False, "results": [{**SHORT_BAR, "t": 1749182400000}]}),
    stooq.SOURCE: ("brk-b.us", "Date,Open,High,Low,Close,Volume\n2025-06-06,10,11,9,10,5\n"),
    tiingo.SOURCE: ("BRK-B", [{**DAY, "date": "2025-06-06T00:00:00.000Z"}]),
    yahoo.SOURCE: ("BRK-B", CHART),
}


@pytest.mark.parametrize("symbol", ["brk.b", "BRK-B", "BRK/B"])
@pytest.mark.parametrize("source", ANSWERS, ids=lambda source: source.info.name)
def test_a_share_class_is_asked_in_the_vendors_spelling_and_stored_in_one(source, symbol):
    spelling, body = ANSWERS[source]
    asked = source.plan(Cursor(), JUNE, Scope(symbols=(symbol,)))
    for item in asked:
        written = {*item.url.split("/"), *item.params.values()}
        assert spelling in written
        assert not {"BRK.B", "BRK-B", "BRK/B", "brk.b", "BRK%2FB"} - {spelling} & written
    (bar,) = parsed(source, asked[0], body).bars
    assert (bar.instrument_id, bar.session) == ("US:BRK-B", date(2025, 6, 6))


@pytest.mark.parametrize("symbol", ["brk.b", "BRK-B"])
def test_fundamentals_are_asked_in_the_vendors_spelling(symbol):
    scope = Scope(symbols=(symbol,))
    (asked,) = tiingo_fundamentals.SOURCE.plan(Cursor(), JUNE, scope)
    assert "/BRK-B/" in asked.url
    assert asked.context["symbol"] == "BRK-B"
    (asked,) = massive_financials.SOURCE.plan(Cursor(), JUNE, scope)
    assert (asked.params["ticker"], asked.context["symbol"]) == ("BRK.B", "BRK-B")


def test_users_file_has_the_same_spelling():
    answer = parsed(
        files.SOURCE,
        request("file:bars.csv"),
        "symbol,session,open,high,low,close,volume,basis\nBRK.B,2025-06-06,10,11,9,10,5,traded\n",
    )
    assert [bar.instrument_id for bar in answer.bars] == ["US:BRK-B"]


def test_instruments_bars_and_actions_of_a_vendor_share_one_id():
    metadata = {"ticker": "BRK-B", "name": "Berkshire", "exchangeCode": "NYSE", "startDate": "1996-05-09"}
    asked = request("https://api.tiingo.com/tiingo/daily/BRK-B", symbol="BRK.B", kind="metadata")
    facts = {
        "ticker": "BRK.B", "name": "Berkshire", "locale": "us", "market": "stocks", "currency_name": "usd",
        "primary_exchange": "XNYS",
    }  # fmt: skip
    ticker = request("https://api.massive.com/v3/reference/tickers/BRK.B", kind="ticker", symbol="BRK.B")
    described = parsed(massive.SOURCE, ticker, {"results": facts})
    renamed = {
        "name": "Berkshire",
        "events": [
            {"type": "ticker_change", "date": "2010-01-01", "ticker_change": {"ticker": "BRK.B"}},
            {"type": "ticker_change", "date": "1996-05-09", "ticker_change": {"ticker": "BRK.OLD"}},
        ],
    }
    history = parsed(massive.SOURCE, described.follow[0], {"results": renamed})
    assert described.follow[0].url.endswith("/BRK.B/events")
    found = [
        *parsed(tiingo.SOURCE, asked, metadata).instruments,
        *described.instruments,
        *history.instruments,
        *parsed(yahoo.SOURCE, request("https://query2.finance.yahoo.com/v8/finance/chart/BRK-B"), CHART).instruments,
    ]
    assert {item.instrument_id for item in found} == {"US:BRK-B"}
    assert [item.symbol for item in found] == ["BRK-B", "BRK-B", "BRK-OLD", "BRK-B", "BRK-B"]
    assert [action.detail for action in history.actions] == ["BRK-OLD to BRK-B"]


def test_vendors_actions_are_stored_under_the_same_id():
    split = {"ticker": "BRK.B", "execution_date": "2025-06-06", "split_from": 1, "split_to": 50}
    asked = request("https://api.massive.com/stocks/v1/splits", kind="splits")
    paid = {"ticker": "BRK.B", "ex_dividend_date": "2025-06-06", "cash_amount": 1.0}
    dividends = request("https://api.massive.com/stocks/v1/dividends", kind="dividends")
    groups = {
        "cash_dividends": [{"symbol": "BRK.B", "rate": 1.0, "process_date": "2025-06-06", "ex_date": "2025-06-06"}],
        "name_changes": [{"old_symbol": "BRK.OLD", "new_symbol": "BRK.B", "process_date": "2025-06-06"}],
    }
    actions = [
        *parsed(massive.SOURCE, asked, {"results": [split]}).actions,
        *parsed(massive.SOURCE, dividends, {"results": [paid]}).actions,
        *parsed(
            alpaca.SOURCE,
            request("https://data.alpaca.markets/v1/corporate-actions", kind="actions"),
            {"corporate_actions": groups},
        ).actions,
    ]
    assert [action.instrument_id for action in actions] == ["US:BRK-B"] * 3 + ["US:BRK-OLD"]
    assert actions[-1].detail == "BRK-OLD to BRK-B"


def test_edgars_spelling_is_ours_so_that_the_registry_finds_a_vendors_symbol():
    asked = Request(url="https://www.sec.gov/files/company_tickers_exchange.json")
    out = Collector(tiingo.SOURCE.info, Response(asked, asked.url, 200, {}, b"{}", LATER, "range"))
    add_instrument(out, "1067983", "BRK-B", "NYSE", "Berkshire", LATER, [])
    registry = Registry(out.parsed.instruments)
    assert registry.resolve(us_listing("BRK.B"), "US", LATER.date()) == "CIK0001067983:BRK-B"


@pytest.mark.parametrize(
    ("text", "ours", "dotted"),
    [("AAPL", "AAPL", "AAPL"), (" BRK.B ", "BRK-B", "BRK.B"), ("BRK/B", "BRK-B", "BRK.B"), ("^GSPC", "^GSPC", "^GSPC"),
     ("BRK_B", "BRK-B", "BRK.B"), ("TpA", "TpA", "TpA"), ("", "", "")],
)  # fmt: skip
def test_spellings(text, ours, dotted):
    assert us_symbol(text) == ours
    assert dotted_symbol(text) == dotted
