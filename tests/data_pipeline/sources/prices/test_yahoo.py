import copy
import json
from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.prices import yahoo
from data_pipeline.sources.prices.bars import window_context
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Request, Scope
from tests.data_pipeline.sources.prices import samples
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.sample import FIXTURES

RECORDED = samples.SAMPLES[0]
CHART = json.loads((FIXTURES / "yahoo_prices" / "split.json").read_text())
ASKED = Request(url="https://query2.finance.yahoo.com/v8/finance/chart/EXMP", context={"symbol": "EXMP"})


def chart(**changes):
    value = copy.deepcopy(CHART)
    result = value["chart"]["result"][0]
    for path, new in changes.items():
        target = result
        *parents, last = path.split("__")
        for name in parents:
            target = target[name]
        target[last] = new
    return value


def test_plan_reaches_from_the_first_day_to_the_newest_session_so_that_all_splits_are_known():
    (request,) = yahoo.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("^GSPC",)))
    assert request.url.endswith("/v8/finance/chart/%5EGSPC")
    assert int(request.params["period1"]) <= JUNE.since.timestamp()
    assert int(request.params["period2"]) > datetime(2100, 1, 1, tzinfo=UTC).timestamp()
    assert request.params["interval"] == "1d"


def test_recorded_closes_are_split_adjusted_and_adjclose_has_the_dividends_once():
    """Before each ex-date the factor adjclose/close is smaller by 1 - dividend / last close."""
    answer = RECORDED.parse()
    bars = {bar.session: bar for bar in answer.bars}
    sessions = sorted(bars)
    assert {bar.basis for bar in answer.bars} == {"split_adjusted"}
    for action in answer.actions:
        ex = bars[action.ex_date]
        before = bars[sessions[sessions.index(action.ex_date) - 1]]
        factor = (before.adj_close / before.close) / (ex.adj_close / ex.close)
        assert factor == pytest.approx(1 - action.value / before.close, abs=2e-6)


def test_recorded_sessions_are_dates_of_new_york():
    answer = RECORDED.parse()
    assert (answer.bars[0].session, answer.bars[-1].session) == (date(2023, 1, 3), date(2025, 12, 22))
    assert answer.actions[0].ex_date == date(2023, 2, 10)
    assert answer.actions[0].value == 0.23
    (instrument,) = answer.instruments
    assert (instrument.instrument_id, instrument.exchange, instrument.currency) == ("US:AAPL", "XNAS", "USD")


def test_newest_row_is_no_bar_while_the_session_lasts():
    early = RECORDED.source.parse(
        type(RECORDED)(**{**RECORDED.__dict__, "fetched_at": datetime(2025, 12, 22, 20, 30, tzinfo=UTC)}).response()
    )
    assert len(early.bars) == 745
    assert early.counts["unfinished_sessions"] == 1


def test_newest_row_is_no_bar_while_the_answer_itself_is_older_than_the_close():
    answer = parsed(
        yahoo.SOURCE, ASKED, chart(meta__regularMarketTime=1749668400), datetime(2025, 6, 11, 21, tzinfo=UTC)
    )
    assert [bar.session.day for bar in answer.bars] == [6, 9]
    assert answer.counts["unfinished_sessions"] == 1


def test_new_york_row_is_a_bar_from_eight_in_the_evening_not_from_the_close():
    for hour, days in ((21, [6, 9]), (23, [6, 9]), (24, [6, 9, 11])):
        fetched = datetime(2025, 6, 11 + hour // 24, hour % 24, tzinfo=UTC)
        answer = parsed(yahoo.SOURCE, ASKED, CHART, fetched)
        assert [bar.session.day for bar in answer.bars] == days
        assert answer.counts["unfinished_sessions"] == 3 - len(days)


def test_row_of_another_exchange_is_a_bar_from_the_end_of_its_day_there():
    london = chart(meta__exchangeTimezoneName="Europe/London")
    for fetched, days in ((datetime(2025, 6, 11, 22, 59, tzinfo=UTC), 2), (datetime(2025, 6, 11, 23, tzinfo=UTC), 3)):
        assert len(parsed(yahoo.SOURCE, ASKED, london, fetched).bars) == days


def test_answer_older_than_the_close_gives_no_bar_of_its_day_in_the_evening():
    stale = chart(meta__regularMarketTime=1749668400)
    for hour, days in ((2, [6, 9]), (5, [6, 9, 11])):  # 22:00 of that day, and after it
        answer = parsed(yahoo.SOURCE, ASKED, stale, datetime(2025, 6, 12, hour, tzinfo=UTC))
        assert [bar.session.day for bar in answer.bars] == days


def test_detail_of_an_action_stays_when_a_later_split_restates_its_amount():
    """The store's key has the detail: one with the restated amount would make two payouts of one."""
    again = copy.deepcopy(CHART)
    events = again["chart"]["result"][0]["events"]
    for payout in events["dividends"].values():
        payout["amount"] /= 2
    events["splits"]["1749648600"] = {"date": 1749648600, "numerator": 2, "denominator": 1, "splitRatio": "2:1"}
    before, after = (
        {
            (action.kind, action.ex_date, action.detail): action.value
            for action in parsed(yahoo.SOURCE, ASKED, body).actions
        }
        for body in (CHART, again)
    )
    assert before.items() <= after.items()
    assert len(after) == len(before) + 1


def test_second_of_two_unequal_splits_of_a_day_is_set_aside_with_the_dividends_that_they_restate():
    twice = copy.deepcopy(CHART)
    splits = twice["chart"]["result"][0]["events"]["splits"]
    splits["1749475801"] = {"date": 1749475801, "numerator": 3, "denominator": 1, "splitRatio": "3:1"}
    answer = parsed(yahoo.SOURCE, ASKED, twice)
    actions = {(action.kind, action.ex_date.day): action.value for action in answer.actions}
    assert actions == {("split", 9): 4.0, ("cash_dividend", 10): 0.26}
    reasons = sorted(item.reason for item in answer.quarantine)
    assert [part in reason for part, reason in zip(("contradict", "another split"), reasons, strict=True)] == [True] * 2


def test_null_row_is_a_missing_session():
    answer = parsed(yahoo.SOURCE, ASKED, CHART)
    assert [bar.session.day for bar in answer.bars] == [6, 9, 11]
    assert answer.counts["missing_sessions"] == 1


def test_dividend_is_restored_to_what_was_paid_before_a_later_split():
    actions = {(action.kind, action.ex_date.day): action for action in parsed(yahoo.SOURCE, ASKED, CHART).actions}
    assert actions["split", 9].value == 4.0
    assert actions["cash_dividend", 6].value == 1.0
    assert actions["cash_dividend", 10].value == 0.26


def test_dividend_is_set_aside_where_the_answer_ends_before_today():
    answer = parsed(yahoo.SOURCE, ASKED, chart(meta__regularMarketTime=1750276800))
    assert [action.kind for action in answer.actions] == ["split"]
    assert all("later splits are unknown" in item.reason for item in answer.quarantine)
    assert len(answer.quarantine) == 2


def test_window_cuts_bars_and_dividends_but_keeps_the_splits_that_bars_are_adjusted_for():
    window = JUNE.model_copy(update={"until": datetime(2025, 6, 7, tzinfo=UTC)})
    asked = ASKED.model_copy(update={"context": window_context(window, symbol="EXMP")})
    answer = parsed(yahoo.SOURCE, asked, CHART)
    assert [bar.session.day for bar in answer.bars] == [6]
    assert [(action.kind, action.ex_date.day, action.value) for action in answer.actions] == [
        ("split", 9, 4.0),
        ("cash_dividend", 6, 1.0),
    ]


@pytest.mark.parametrize(
    ("symbol", "identity"),
    [
        ("aapl", "US:AAPL"),
        ("600519.SS", "CN:600519.SH"),
        ("000001.SZ", "CN:000001.SZ"),
        ("VOD.L", "L:VOD"),
        ("BRK.B", "US:BRK-B"),
        ("BRK-B", "US:BRK-B"),
        ("7203.T", "T:7203"),
        ("ABC.V", "V:ABC"),
        ("SAP.F", "F:SAP"),
        ("ERIC-B.ST", "ST:ERIC-B"),
        ("^GSPC", "US:^GSPC"),
    ],
)
def test_listing_id_says_the_market(symbol, identity):
    assert yahoo.instrument_id(symbol) == identity


@pytest.mark.parametrize(
    "body",
    [
        {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}},
        {"finance": {"result": None, "error": {"code": "Unauthorized", "description": "Invalid Crumb"}}},
        chart(meta__dataGranularity="1wk"),
        chart(meta__exchangeTimezoneName="../../etc/passwd"),
        chart(indicators__quote=[{"open": [1.0]}]),
        "<html>Too Many Requests</html>",
    ],
)
def test_other_answers_are_refused(body):
    with pytest.raises(RefusedResponse) as refused:
        parsed(yahoo.SOURCE, ASKED, body)
    assert refused.value.kind == "content"
