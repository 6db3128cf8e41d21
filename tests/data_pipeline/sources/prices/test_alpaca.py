from datetime import date

import pytest

from data_pipeline.sources.prices import alpaca
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.prices.samples import SAMPLES, request

BARS, ACTIONS = (sample for sample in SAMPLES if sample.source is alpaca.SOURCE)


def test_plan_asks_raw_consolidated_bars_under_the_symbols_of_their_day():
    bars, actions = alpaca.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("brk.b",)))
    assert bars.url == "https://data.alpaca.markets/v2/stocks/bars"
    wanted = {
        "symbols": "BRK.B",
        "adjustment": "raw",
        "feed": "sip",
        "asof": "-",
        "start": "2025-06-02",
        "end": "2025-06-19",
    }
    assert wanted.items() <= bars.params.items()
    assert actions.params["end"] == "2025-10-17"  # processed after the ex-date
    assert actions.params["start"] == "2025-05-23"  # or, with due bills, before it
    assert {auth.name for auth in bars.auth} == {"APCA-API-KEY-ID", "APCA-API-SECRET-KEY"}


def test_bars_are_as_traded_by_new_yorks_date_and_one_within_a_day_is_set_aside():
    answer = BARS.parse()
    assert [(bar.instrument_id, bar.session, bar.basis) for bar in answer.bars] == [
        ("US:EXMP", date(2025, 6, 2), "traded"),
        ("US:EXMP", date(2025, 6, 3), "traded"),
    ]
    assert "09:30" in answer.quarantine[0].reason


def test_pages_follow_until_one_is_empty_or_repeats_its_token():
    (following,) = BARS.parse().follow
    assert following.params["page_token"] == "RVhNUHxEfDIwMjUtMDYtMDM="
    assert parsed(alpaca.SOURCE, following, BARS.read()).follow == []
    assert parsed(alpaca.SOURCE, following, {"bars": {}, "next_page_token": "another"}).follow == []


def test_adjusted_or_weekly_bars_are_refused():
    for params in ({"adjustment": "all", "timeframe": "1Day"}, {"adjustment": "raw", "timeframe": "1Week"}):
        with pytest.raises(RefusedResponse, match="no known basis"):
            parsed(
                alpaca.SOURCE, request("https://data.alpaca.markets/v2/stocks/bars", params, kind="bars"), BARS.read()
            )


def test_each_kind_of_action_has_its_value_per_share_on_its_ex_date():
    found = {action.instrument_id: (action.kind, action.value, action.ex_date) for action in ACTIONS.parse().actions}
    assert found["US:DOWN"] == ("split", 0.05, date(2025, 6, 10))
    assert found["US:GIFT"] == ("split", 1.05, date(2025, 6, 11))
    assert found["US:SOLD"] == ("delisting", 38.5, date(2025, 6, 17))
    assert found["US:ZERO"] == ("delisting", 0.0, date(2025, 6, 18))
    assert found["US:WAS"] == ("symbol_change", 0.0, date(2025, 6, 19))
    both = [(action.kind, action.value) for action in ACTIONS.parse().actions if action.instrument_id == "US:EXMP"]
    assert both == [("cash_dividend", 0.26), ("split", 4.0)]


def test_action_processed_before_the_window_counts_by_its_ex_date():
    _, asked = alpaca.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("EXMP",)))
    splits = [
        {"symbol": "EXMP", "new_rate": 2, "old_rate": 1, "process_date": "2025-05-30", "ex_date": ex_date}
        for ex_date in ("2025-06-02", "2025-05-30")
    ]
    assert asked.params["start"] <= "2025-05-30"
    answer = parsed(alpaca.SOURCE, asked, {"corporate_actions": {"forward_splits": splits}})
    assert [action.ex_date for action in answer.actions] == [date(2025, 6, 2)]
    assert answer.counts["outside_window"] == 1


def test_spin_off_is_set_aside_since_its_value_is_unknown():
    (item,) = ACTIONS.parse().quarantine
    assert "spin_offs of 2025-06-13: no cash value" in item.reason


def test_payout_in_another_currency_is_set_aside():
    dividend = {"symbol": "MAPL", "rate": 0.4, "currency": "CAD", "process_date": "2025-06-24", "ex_date": "2025-06-12"}
    answer = parsed(alpaca.SOURCE, ACTIONS.request, {"corporate_actions": {"cash_dividends": [dividend]}})
    assert answer.actions == []
    assert "'CAD'" in answer.quarantine[0].reason


@pytest.mark.parametrize(
    ("message", "kind"),
    [("forbidden.", "credentials"), ("subscription does not permit querying recent SIP data", "credentials"),
     ("invalid symbol: !", "content")],
)  # fmt: skip
def test_messages_are_refused(message, kind):
    with pytest.raises(RefusedResponse) as refused:
        parsed(alpaca.SOURCE, BARS.request, {"message": message})
    assert refused.value.kind == kind
