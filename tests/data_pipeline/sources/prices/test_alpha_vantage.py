from datetime import UTC, date, datetime, timedelta

import pytest

from data_pipeline.sources.prices import alpha_vantage
from data_pipeline.sources.prices.bars import window_context
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Request, Scope
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.prices.samples import SAMPLES, request
from tests.data_pipeline.sources.sample import Sample

URL = "https://www.alphavantage.co/query"
DAILY = request(URL, {"function": "TIME_SERIES_DAILY"}, symbol="EXMP")


def sample(part: str) -> Sample:
    return next(sample for sample in SAMPLES if part in sample.body)


def compact(sessions: int, last: date) -> tuple[Request, dict[str, object]]:
    (asked, _) = alpha_vantage.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("EXMP",)))
    day = {"1. open": "1", "2. high": "1", "3. low": "1", "4. close": "1", "5. volume": "1"}
    return asked, {"Time Series (Daily)": {str(last - timedelta(days=back)): day for back in range(sessions)}}


def test_plan_spends_two_calls_a_symbol_and_the_third_follows():
    bars, splits = alpha_vantage.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("brk.b",)))
    assert bars.params == {"function": "TIME_SERIES_DAILY", "symbol": "BRK-B", "outputsize": "compact"}
    assert splits.params["function"] == "SPLITS"
    (dividends,) = sample("alpha_vantage_prices/splits").parse().follow
    assert dividends.params["function"] == "DIVIDENDS"
    assert dividends.context["splits"] == "2014-06-09 2025-06-09"


def test_full_series_is_asked_only_where_the_newest_hundred_sessions_end_inside_the_window():
    asked, body = compact(100, date(2025, 9, 12))  # back to 5 June, after the window's first day
    (full,) = parsed(alpha_vantage.SOURCE, asked, body, datetime(2025, 9, 13, tzinfo=UTC)).follow
    assert full.params["outputsize"] == "full"
    assert parsed(alpha_vantage.SOURCE, full, body, datetime(2025, 9, 13, tzinfo=UTC)).follow == []
    for sessions, last in ((100, date(2025, 9, 9)), (60, date(2025, 9, 12))):  # it reaches back; there is no more
        asked, body = compact(sessions, last)
        assert parsed(alpha_vantage.SOURCE, asked, body, datetime(2025, 9, 13, tzinfo=UTC)).follow == []


def test_daily_bars_are_as_traded_across_a_split():
    bars = sample("alpha_vantage_prices/daily.json").parse().bars
    assert [(bar.session.day, bar.close, bar.basis) for bar in bars] == [
        (6, 169.9, "traded"),
        (9, 42.5, "traded"),
        (10, 42.8, "traded"),
    ]


def test_adjusted_series_keeps_the_traded_prices_beside_the_total_return_close():
    answer = sample("daily_adjusted").parse()
    first = answer.bars[0]
    assert (first.close, first.adj_close, first.basis) == (169.9, 42.2158, "traded")
    assert [(action.kind, action.value) for action in answer.actions] == [("split", 4.0), ("cash_dividend", 0.26)]


def test_dividend_that_a_split_followed_is_set_aside_since_its_basis_is_not_documented():
    answer = sample("alpha_vantage_prices/dividends").parse()
    assert [action.ex_date for action in answer.actions] == [date(2025, 6, 12)]
    assert "a split followed" in answer.quarantine[0].reason
    asked = request(URL, {"function": "DIVIDENDS"}, symbol="EXMP", splits="2014-06-09")
    assert len(parsed(alpha_vantage.SOURCE, asked, sample("alpha_vantage_prices/dividends").read()).actions) == 2


def test_recorded_quote_is_the_bar_of_its_finished_session_and_none_before():
    (bar,) = sample("global_quote").parse().bars
    assert (bar.instrument_id, bar.session, bar.close) == ("US:MSFT", date(2018, 10, 5), 112.13)
    asked = request(URL, {"function": "GLOBAL_QUOTE"})
    live = parsed(alpha_vantage.SOURCE, asked, sample("global_quote").read(), datetime(2018, 10, 5, 19, tzinfo=UTC))
    assert live.bars == []
    assert live.counts["unfinished_sessions"] == 1


def test_recorded_series_of_minutes_is_refused():
    minutes = Sample(
        alpha_vantage.SOURCE, request(URL, {"function": "TIME_SERIES_INTRADAY"}),
        "shared:payloads/alpha_vantage/mock_time_series", {},
    )  # fmt: skip
    with pytest.raises(RefusedResponse, match="no bars of sessions"):
        minutes.parse()
    with pytest.raises(RefusedResponse, match="no daily series"):
        parsed(alpha_vantage.SOURCE, DAILY, minutes.read())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (
            {"Information": "We have detected your API key and our standard API rate limit is 25 requests per day."},
            "budget",
        ),
        ({"Note": "Our standard API call frequency is 5 calls per minute."}, "budget"),
        ({"Information": "Thank you! This is a premium endpoint."}, "credentials"),
        ({"Error Message": "the parameter apikey is invalid or missing."}, "credentials"),
        ({"Error Message": "Invalid API call. Please retry or visit the documentation."}, "content"),
    ],
)
def test_messages_with_status_200_are_refused(body, kind):
    with pytest.raises(RefusedResponse) as refused:
        parsed(alpha_vantage.SOURCE, DAILY, body)
    assert refused.value.kind == kind


def test_window_keeps_its_sessions_only():
    asked = request(URL, {"function": "TIME_SERIES_DAILY"}, **window_context(JUNE, symbol="EXMP"))
    rows = {
        day: {"1. open": "1", "2. high": "1", "3. low": "1", "4. close": "1", "5. volume": "1"}
        for day in ("2025-06-01", "2025-06-02", "2025-06-20")
    }
    assert [bar.session for bar in parsed(alpha_vantage.SOURCE, asked, {"Time Series (Daily)": rows}).bars] == [
        date(2025, 6, 2)
    ]
