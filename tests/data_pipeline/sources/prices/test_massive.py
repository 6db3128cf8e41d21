from datetime import date

import pytest

from data_pipeline.sources.prices import massive
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.prices.samples import SAMPLES, request

API = "https://api.massive.com"
BARS = request(f"{API}/v2/aggs/ticker/EXMP/range/1/day/2025-06-02/2025-06-19", kind="bars", symbol="EXMP")
BAR = {"v": 100.0, "vw": 10.1, "o": 10.0, "c": 10.5, "h": 11.0, "l": 9.0, "t": 1748836800000, "n": 3}


def sample(part: str):
    return next(sample for sample in SAMPLES if part in sample.body)


def test_plan_asks_unadjusted_bars_the_current_addresses_of_events_and_the_ticker_as_of_the_window():
    bars, splits, dividends, ticker = massive.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("brk.b",)))
    assert bars.url == f"{API}/v2/aggs/ticker/BRK.B/range/1/day/2025-06-02/2025-06-19"
    assert bars.params["adjusted"] == "false"
    assert (splits.url, dividends.url) == (f"{API}/stocks/v1/splits", f"{API}/stocks/v1/dividends")
    assert splits.params["execution_date.lte"] == "2025-06-19"
    assert ticker.params == {"date": "2025-06-19"}


@pytest.mark.parametrize(("adjusted", "basis"), [(True, "split_adjusted"), (False, "traded")])
def test_basis_is_what_the_answer_says(adjusted, basis):
    answer = parsed(massive.SOURCE, BARS, {"status": "OK", "adjusted": adjusted, "results": [BAR]})
    assert [(bar.session, bar.basis) for bar in answer.bars] == [(date(2025, 6, 2), basis)]


def test_answer_that_does_not_say_its_basis_is_refused():
    with pytest.raises(RefusedResponse, match="whether it is adjusted"):
        parsed(massive.SOURCE, BARS, {"status": "OK", "results": [BAR]})


def test_recorded_answer_is_adjusted_and_its_sessions_are_new_yorks_on_both_sides_of_summer_time():
    bars = sample("range_1_day_2005-04-01").parse().bars
    assert [(bar.session, bar.basis, bar.close) for bar in bars] == [
        (date(2005, 4, 1), "split_adjusted", 1.4604),
        (date(2005, 4, 4), "split_adjusted", 1.4675),
    ]


def test_recorded_previous_day_is_stamped_with_its_close():
    (bar,) = sample("prev").parse().bars
    assert (bar.session, bar.close) == (date(2022, 4, 26), 156.8)


@pytest.mark.parametrize(("params", "basis"), [({}, "split_adjusted"), ({"adjusted": "false"}, "traded")])
def test_open_close_has_the_basis_that_was_asked(params, basis):
    asked = request(f"{API}/v1/open-close/AAPL/2021-04-01", params, kind="open_close", symbol="AAPL")
    (bar,) = parsed(massive.SOURCE, asked, sample("open-close").read()).bars
    assert (bar.session, bar.basis) == (date(2021, 4, 1), basis)


def test_bar_that_starts_within_a_day_is_set_aside():
    answer = parsed(massive.SOURCE, BARS, {"adjusted": False, "results": [{**BAR, "t": 1748871000000}]})
    assert answer.bars == []
    assert "starts at 09:30" in answer.quarantine[0].reason


def test_recorded_reverse_split_is_a_ratio_below_one():
    ratios = {
        (action.instrument_id, action.ex_date): action.value for action in sample("v3_reference_splits").parse().actions
    }
    assert ratios["US:BRW", date(2022, 5, 20)] == 0.5
    assert ratios["US:GOOGL", date(2022, 7, 18)] == 20.0
    assert ratios["US:CIG-C", date(2022, 5, 2)] == pytest.approx(4 / 3)


def test_dividend_is_what_was_paid_not_what_later_splits_make_of_it():
    answer = sample("dividends_v1").parse()
    assert [action.value for action in answer.actions] == [1.04]
    assert ["twice" in item.reason or "'CAD'" in item.reason for item in answer.quarantine] == [True, True]


def test_next_page_is_asked_at_our_own_address_with_the_cursor_alone():
    (request_,) = sample("splits_v1").parse().follow
    assert request_.url == f"{API}/stocks/v1/splits"
    assert request_.params == {"cursor": "bmV4dA"}
    body = {"status": "OK", "next_url": "https://evil.invalid/stocks/v1/splits?cursor=bmV4dA", "results": [{}]}
    assert parsed(massive.SOURCE, request_, body).follow == []  # the same cursor again: the pages have ended
    assert (
        parsed(massive.SOURCE, BARS, {"adjusted": False, "results": [], "next_url": "https://a/?cursor=x"}).follow == []
    )


def test_facts_of_a_ticker_lead_to_the_tickers_that_its_company_had():
    answer = sample("v3_reference_tickers_AAPL.json").parse()
    (instrument,) = answer.instruments
    assert (instrument.exchange, instrument.currency, instrument.cik) == ("XNAS", "USD", "0000320193")
    assert instrument.valid_from is None  # the listing's date is not the ticker's
    (events,) = answer.follow
    assert events.url == f"{API}/vX/reference/tickers/AAPL/events"


def test_recorded_renaming_gives_two_spans_of_one_instrument():
    answer = sample("META_events").parse()
    spans = [(item.instrument_id, item.symbol, item.valid_from, item.valid_to) for item in answer.instruments]
    assert spans == [
        ("US:META", "FB", date(2012, 5, 18), date(2022, 6, 11)),
        ("US:META", "META", date(2022, 6, 11), None),
    ]
    (change,) = answer.actions
    assert (change.kind, change.ex_date, change.detail) == ("symbol_change", date(2022, 6, 11), "FB to META")


def test_delisted_ticker_ends_after_its_last_day():
    facts = {
        "ticker": "GONE", "name": "Gone Inc.", "locale": "us", "market": "stocks", "currency_name": "usd",
        "primary_exchange": "XNYS", "active": False, "delisted_utc": "2013-07-12T00:00:00Z",
    }  # fmt: skip
    asked = request(f"{API}/v3/reference/tickers/GONE", kind="ticker", symbol="GONE")
    answer = parsed(massive.SOURCE, asked, {"status": "OK", "results": facts})
    assert answer.instruments[0].valid_to == date(2013, 7, 13)
    events = {
        "name": "Gone Inc.",
        "events": [{"type": "ticker_change", "date": "2003-09-10", "ticker_change": {"ticker": "GONE"}}],
    }
    (span,) = parsed(massive.SOURCE, answer.follow[0], {"status": "OK", "results": events}).instruments
    assert (span.valid_from, span.valid_to) == (date(2003, 9, 10), date(2013, 7, 13))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}, "credentials"),
        ({"status": "ERROR", "error": "Unknown API Key"}, "credentials"),
        ({"status": "ERROR", "error": "You've exceeded the maximum requests per minute"}, "budget"),
        ({"status": "NOT_FOUND", "message": "Ticker not found."}, "content"),
    ],
)
def test_refusals(body, kind):
    with pytest.raises(RefusedResponse) as refused:
        parsed(massive.SOURCE, BARS, body)
    assert refused.value.kind == kind
