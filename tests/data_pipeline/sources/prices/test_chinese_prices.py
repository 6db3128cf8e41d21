from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.prices import akshare, baostock
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.prices.samples import SAMPLES

KLINE, PAYOUTS = (sample for sample in SAMPLES if sample.source is akshare.SOURCE)
DAYS, DIVIDENDS = (sample for sample in SAMPLES if sample.source is baostock.SOURCE)
MIXED = Scope(symbols=("600519.SS", "sz000001", "430047.BJ", "AAPL"))


def test_akshare_plans_unadjusted_bars_and_payouts_of_mainland_listings_alone():
    plan = akshare.SOURCE.plan(Cursor(), JUNE, MIXED)
    assert [item.context["symbol"] for item in plan] == ["600519.SH"] * 2 + ["000001.SZ"] * 2 + ["430047.BJ"] * 2
    assert {"secid": "1.600519", "fqt": "0", "klt": "101", "beg": "20250602", "end": "20250619"}.items() <= plan[
        0
    ].params.items()
    assert plan[1].params["filter"] == '(SECURITY_CODE="600519")'


def test_baostock_plans_the_librarys_calls_and_payouts_by_the_year_of_their_ex_date():
    window = Window(since=datetime(2023, 12, 1, tzinfo=UTC), until=datetime(2025, 1, 1, tzinfo=UTC))
    bars, *payouts = baostock.SOURCE.plan(Cursor(), window, Scope(symbols=("600519.SH", "430047.BJ", "AAPL")))
    assert bars.url == "baostock:query_history_k_data_plus"
    assert {
        "code": "sh.600519",
        "adjustflag": "3",
        "frequency": "d",
        "end_date": "2024-12-31",
    }.items() <= bars.params.items()
    assert [item.params for item in payouts] == [
        {"code": "sh.600519", "year": year, "yearType": "operate"} for year in ("2023", "2024")
    ]


@pytest.mark.parametrize("sample", [KLINE, DAYS], ids=["akshare", "baostock"])
def test_bars_are_as_traded_with_volume_in_shares(sample):
    bar = sample.parse().bars[0]
    assert (bar.instrument_id, bar.session, bar.basis) == ("CN:600999.SH", date(2025, 6, 3), "traded")
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (16.42, 16.71, 16.33, 16.6, 21_632_000)


def test_eastmoneys_adjusted_prices_are_refused():
    for fqt in ("1", "2"):
        asked = KLINE.request.model_copy(update={"params": {"fqt": fqt, "klt": "101"}})
        with pytest.raises(RefusedResponse, match="as traded"):
            parsed(akshare.SOURCE, asked, KLINE.read())


def test_negative_prices_are_set_aside():
    assert "bar of 2025-06-05" in KLINE.parse().quarantine[0].reason


def test_suspended_day_is_no_session():
    answer = DAYS.parse()
    assert [bar.session.day for bar in answer.bars] == [3, 5]
    assert answer.counts["suspended_sessions"] == 1


def test_baostocks_adjusted_rows_are_total_return_and_an_unknown_flag_is_set_aside():
    body = DAYS.read().decode()
    for flag, bases in (("1", ["total_return"] * 2), ("2", ["total_return"] * 2), ("9", [])):
        answer = parsed(baostock.SOURCE, DAYS.request, body.replace('"3"', f'"{flag}"'))
        assert [bar.basis for bar in answer.bars] == bases


@pytest.mark.parametrize("sample", [PAYOUTS, DIVIDENDS], ids=["akshare", "baostock"])
def test_payout_with_new_shares_on_the_same_day_is_stated_per_share_as_traded_then(sample):
    """Ten shares get 5 yuan and ten new shares: 0.5 per old share is 0.25 per share after the ex-date."""
    actions = [(action.kind, action.value) for action in sample.parse().actions if action.ex_date == date(2025, 6, 12)]
    assert actions == [("split", 2.0), ("cash_dividend", 0.25)]


def test_two_payouts_of_one_day_are_one_action_of_their_sum():
    rows = [
        {"SECURITY_CODE": "600999", "EX_DIVIDEND_DATE": "2025-06-12 00:00:00", "PRETAX_BONUS_RMB": amount}
        for amount in (10.0, 20.0)
    ]
    answer = parsed(akshare.SOURCE, PAYOUTS.request, {"result": {"data": rows}})
    assert [(action.value, action.detail) for action in answer.actions] == [(3.0, "before tax")]


def test_planned_payout_is_counted_and_one_without_shares_has_its_cash():
    answer = PAYOUTS.parse()
    assert answer.counts["planned_payouts"] == 1
    assert [(action.ex_date, action.value) for action in answer.actions][-1] == (date(2024, 6, 14), 0.32)


def test_payout_that_stands_there_twice_is_taken_once():
    assert len(DIVIDENDS.parse().actions) == 2
    assert all("twice" in item.reason for item in DIVIDENDS.parse().quarantine)


def test_todays_row_is_no_bar_before_the_afternoon_in_shanghai_is_over():
    for minute, bars in ((59, 1), (60, 2)):
        moment = datetime(2025, 6, 5, 7 + minute // 60, minute % 60, tzinfo=UTC)
        assert len(parsed(baostock.SOURCE, DAYS.request, DAYS.read(), moment).bars) == bars


def test_listing_that_eastmoney_does_not_know_has_no_bars():
    assert parsed(akshare.SOURCE, KLINE.request, {"rc": 100, "data": None}).counts["no_such_listing"] == 1
    answer = parsed(akshare.SOURCE, PAYOUTS.request, {"result": None, "success": False, "message": "empty"})
    assert answer.counts["no_payouts"] == 1


@pytest.mark.parametrize(("code", "kind"), [("10001001", "credentials"), ("10004012", "content")])
def test_error_codes_of_baostock_are_refused(code, kind):
    with pytest.raises(RefusedResponse, match=code) as refused:
        parsed(baostock.SOURCE, DAYS.request, {"error_code": code, "error_msg": "no", "fields": [], "rows": []})
    assert refused.value.kind == kind
