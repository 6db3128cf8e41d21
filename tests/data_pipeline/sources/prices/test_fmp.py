from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from data_pipeline.sources.prices import fmp
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.prices.samples import SAMPLES, request

API = "https://financialmodelingprep.com/stable"
BARS, DIVIDENDS, SPLITS = (sample for sample in SAMPLES if sample.source is fmp.SOURCE)
PREFIXED = {
    "symbol": "EXMP",
    "date": "2025-06-06",
    "adjOpen": 10,
    "adjHigh": 11,
    "adjLow": 9,
    "adjClose": 10,
    "volume": 5,
}
PLAIN = {"symbol": "EXMP", "date": "2025-06-06", "open": 10, "high": 11, "low": 9, "close": 10, "volume": 5}


def test_plan_asks_unadjusted_bars_in_spans_below_the_vendors_limit_that_cover_the_window_once():
    window = Window(since=datetime(1990, 1, 1, tzinfo=UTC), until=datetime(2025, 6, 20, tzinfo=UTC))
    *bars, dividends, splits = fmp.SOURCE.plan(Cursor(), window, Scope(symbols=("brk.b",)))
    assert {item.url for item in bars} == {f"{API}/historical-price-eod/non-split-adjusted"}
    spans = [(date.fromisoformat(item.params["from"]), date.fromisoformat(item.params["to"])) for item in bars]
    assert (spans[0][0], spans[-1][1]) == (date(1990, 1, 1), date(2025, 6, 19))
    for (_, end), (start, _) in pairwise(spans):
        assert (start - end).days == 1
    assert all((end - start).days * 252 / 365 < 5000 for start, end in spans)
    assert (dividends.url, splits.url) == (f"{API}/dividends", f"{API}/splits")
    assert len(fmp.SOURCE.plan(Cursor(), JUNE, Scope(symbols=("A",)))) == 3


@pytest.mark.parametrize(
    ("ending", "row", "basis"),
    [
        ("non-split-adjusted", PREFIXED, "traded"),
        ("full", PLAIN, "split_adjusted"),
        ("dividend-adjusted", PREFIXED, "total_return"),
    ],
)
def test_basis_is_of_the_address_not_of_the_fields_names(ending, row, basis):
    asked = request(f"{API}/historical-price-eod/{ending}", kind="bars", symbol="EXMP")
    assert [bar.basis for bar in parsed(fmp.SOURCE, asked, [row]).bars] == [basis]


def test_address_of_unknown_basis_is_refused():
    with pytest.raises(RefusedResponse, match="basis of 'light'"):
        parsed(fmp.SOURCE, request(f"{API}/historical-price-eod/light", kind="bars"), [PLAIN])


def test_prices_of_zero_are_no_bar():
    answer = BARS.parse()
    assert [(bar.session.day, bar.close) for bar in answer.bars] == [(9, 42.5), (6, 169.9)]
    assert "bar of 2025-06-05" in answer.quarantine[0].reason


def test_regular_and_special_dividend_of_one_day_are_one_action_of_their_sum():
    rows = [{"symbol": "EXMP", "date": "2025-06-06", "dividend": value} for value in (1.0, 5.0)]
    assert [action.value for action in parsed(fmp.SOURCE, DIVIDENDS.request, rows).actions] == [6.0]


def test_dividend_before_a_split_is_what_was_paid():
    assert [(action.ex_date.month, action.value) for action in DIVIDENDS.parse().actions] == [(6, 0.26), (3, 1.0)]
    assert [action.value for action in SPLITS.parse().actions] == [4.0]


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Limit Reach . Please upgrade your plan", "budget"),
        ("Invalid API KEY. Feel free to create a Free API Key", "credentials"),
        ("Exclusive Endpoint : This endpoint is not available under your current subscription", "credentials"),
    ],
)
def test_error_messages_are_refused(message, kind):
    with pytest.raises(RefusedResponse) as refused:
        parsed(fmp.SOURCE, BARS.request, {"Error Message": message})
    assert refused.value.kind == kind
