from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.prices import stooq
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.prices.samples import SAMPLES, request

(SAMPLE,) = (sample for sample in SAMPLES if sample.source is stooq.SOURCE)


def test_plan_asks_the_windows_days_with_the_key():
    (asked,) = stooq.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("AAPL",)))
    assert asked.params == {"s": "aapl.us", "d1": "20250602", "d2": "20250619", "i": "d"}
    assert asked.auth[0].env == "STOOQ_API_KEY"


@pytest.mark.parametrize(
    ("symbol", "ticker", "identity"),
    [("AAPL", "aapl.us", "US:AAPL"), ("BRK.B", "brk-b.us", "US:BRK-B"), ("vod.uk", "vod.uk", "UK:VOD"),
     ("^SPX", "^spx", "global:^SPX")],
)  # fmt: skip
def test_symbols(symbol, ticker, identity):
    assert stooq.stooq_symbol(symbol) == ticker
    assert stooq.stooq_listing(ticker) == identity


def test_bars_are_total_return_and_an_impossible_row_is_set_aside():
    answer = SAMPLE.parse()
    assert [(bar.session, bar.basis) for bar in answer.bars] == [
        (date(2025, 6, 2), "total_return"),
        (date(2025, 6, 3), "total_return"),
        (date(2025, 6, 4), "total_return"),
    ]
    assert "below the low" in answer.quarantine[0].reason


def test_todays_row_of_an_open_session_is_no_bar():
    answer = parsed(stooq.SOURCE, SAMPLE.request, SAMPLE.read(), datetime(2025, 6, 4, 18, tzinfo=UTC))
    assert [bar.session.day for bar in answer.bars] == [2, 3]
    assert answer.counts["unfinished_sessions"] == 2


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Exceeded the daily hits limit", "budget"),
        ("<html><script>fetch('/__verify')</script></html>", "credentials"),
        ("Get your apikey:\n1. Open https://stooq.com/q/d/?s=aapl.us&get_apikey", "credentials"),
        ("<html>Service unavailable</html>", "content"),
        ("Date,Price\n2025-06-02,1\n", "content"),
        ("", "content"),
    ],
)
def test_text_with_status_200_that_is_no_csv_is_refused(body, kind):
    with pytest.raises(RefusedResponse) as refused:
        parsed(stooq.SOURCE, SAMPLE.request, body)
    assert refused.value.kind == kind


def test_unknown_symbol_has_no_bars():
    assert parsed(stooq.SOURCE, SAMPLE.request, "No data").bars == []


def test_weekly_bars_are_refused():
    asked = request("https://stooq.com/q/d/l/", {"i": "w"}, symbol="exmp.us")
    with pytest.raises(RefusedResponse, match="another interval"):
        parsed(stooq.SOURCE, asked, SAMPLE.read())
