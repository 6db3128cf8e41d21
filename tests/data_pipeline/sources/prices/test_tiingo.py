import json
from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.prices import tiingo
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Request, Scope
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.prices.samples import SAMPLES, request
from tests.data_pipeline.sources.sample import Sample

PRICES = "https://api.tiingo.com/tiingo/daily/EXMP/prices"
ASKED = request(PRICES, symbol="EXMP", kind="prices")
ROW = {
    "date": "2025-06-09T00:00:00.000Z", "open": 42.1, "high": 42.9, "low": 41.7, "close": 42.5, "volume": 4100000,
    "adjOpen": 41.8, "adjHigh": 42.6, "adjLow": 41.4, "adjClose": 42.2, "adjVolume": 4100000, "divCash": 0.26,
    "splitFactor": 4.0,
}  # fmt: skip


def shared(name: str, asked: Request) -> Sample:
    return Sample(tiingo.SOURCE, asked, f"shared:payloads/tiingo/{name}", {}, mode="range", unwrap="body")


def test_plan_asks_prices_of_the_windows_days_and_metadata_for_each_symbol():
    prices, metadata = tiingo.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("brk.b",)))
    assert prices.url == "https://api.tiingo.com/tiingo/daily/BRK-B/prices"
    assert (prices.params["startDate"], prices.params["endDate"]) == ("2025-06-02", "2025-06-19")
    assert metadata.url == "https://api.tiingo.com/tiingo/daily/BRK-B"
    (listing,) = tiingo.SOURCE.plan(Cursor(), JUNE, Scope())
    assert listing.expects == "bytes"


def test_prices_are_as_traded_with_the_total_return_close_and_actions_stand_on_their_day():
    answer = parsed(tiingo.SOURCE, ASKED, [ROW])
    (bar,) = answer.bars
    assert (bar.basis, bar.close, bar.adj_close) == ("traded", 42.5, 42.2)
    assert [(action.kind, action.value, action.ex_date) for action in answer.actions] == [
        ("split", 4.0, date(2025, 6, 9)),
        ("cash_dividend", 0.26, date(2025, 6, 9)),
    ]


def test_csv_and_json_recordings_give_the_same_bars():
    bars = {
        sample.body.rsplit("/", 1)[1]: [bar.model_dump(exclude={"adj_close"}) for bar in sample.parse().bars]
        for sample in SAMPLES
        if "equivalent_requesting" in sample.body
    }
    first, second = bars.values()
    assert first == second
    assert len(first) == 10


@pytest.mark.parametrize(
    "name",
    [
        "ticker_price_weekly.0.json", "ticker_price_pandas_weekly.0.json",
        "ticker_price_pandas_weekly_multiple_tickers.0.json", "ticker_price_pandas_weekly_multiple_tickers.1.json",
        "ticker_price_pandas_weekly_multiple_tickers_csv.0.json", "ticker_price_pandas_weekly_multiple_tickers_csv.1.json",
    ],
)  # fmt: skip
def test_recorded_weekly_answers_are_refused(name):
    asked = request(PRICES, {"resampleFreq": "weekly"}, symbol="GOOGL", kind="prices")
    with pytest.raises(RefusedResponse, match="weekly bars are no session's bars"):
        shared(name, asked).parse()


def test_recorded_intraday_rows_are_set_aside():
    answer = parsed(tiingo.SOURCE, ASKED, [{**ROW, "date": "2018-01-02T14:30:00.000Z"}])
    assert answer.bars == []
    assert "not the date of a session" in answer.quarantine[0].reason


@pytest.mark.parametrize("name", ["list_stock_tickers.0.json", "list_etf_tickers.0.json", "list_fund_tickers.0.json"])
def test_recorded_lists_are_damaged_archives_and_refused(name):
    """The recordings hold replacement characters where bytes were."""
    with pytest.raises(RefusedResponse, match="zip archive"):
        shared(name, request("https://apimedia.tiingo.com/list.zip", kind="list")).parse()


def test_metadata_of_a_living_listing_has_an_open_end_and_of_a_dead_one_its_last_day():
    asked = request("https://api.tiingo.com/tiingo/daily/GOOGL", symbol="GOOGL", kind="metadata")
    body = shared("ticker_metadata.0.json", asked).read()
    (alive,) = parsed(tiingo.SOURCE, asked, body, datetime(2017, 10, 8, tzinfo=UTC)).instruments
    assert (alive.valid_from, alive.valid_to) == (date(2004, 8, 19), None)
    assert (alive.instrument_id, alive.exchange, alive.name) == (
        "US:GOOGL",
        "XNAS",
        'Alphabet Inc.("Google") - Class A',
    )
    (dead,) = parsed(tiingo.SOURCE, asked, body, datetime(2017, 12, 8, tzinfo=UTC)).instruments
    assert dead.valid_to == date(2017, 10, 7)


def test_ticker_that_was_used_twice_gives_two_spans():
    (sample,) = [sample for sample in SAMPLES if sample.body.endswith("supported_tickers.zip")]
    answer = Sample(**{**sample.__dict__, "fetched_at": datetime(2025, 6, 19, tzinfo=UTC)}).parse()
    spans = [(item.symbol, item.valid_from, item.valid_to) for item in answer.instruments]
    assert spans == [
        ("EXMP", date(1999, 4, 1), None),
        ("GONE", date(2001, 2, 5), date(2013, 7, 13)),
        ("GONE", date(2019, 3, 1), None),
    ]
    assert answer.counts["not_exchange_listed"] == 3


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ("Error: You have run over your hourly request allocation.", "budget"),
        ("Invalid token.", "credentials"),
        ("Error: Ticker 'NOPE' not found", "content"),
    ],
)
def test_messages_instead_of_prices_are_refused(detail, kind):
    with pytest.raises(RefusedResponse) as refused:
        parsed(tiingo.SOURCE, ASKED, json.dumps({"detail": detail}))
    assert refused.value.kind == kind


@pytest.mark.parametrize("name", ["invalid_url.0.json", "valid_url.0.json", "valid_url.1.json"])
def test_recorded_pages_instead_of_prices_are_refused(name):
    with pytest.raises(RefusedResponse, match="markup"):
        shared(name, ASKED).parse()
