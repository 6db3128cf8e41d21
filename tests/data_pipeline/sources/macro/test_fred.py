from datetime import UTC, date, datetime
from itertools import pairwise

import pytest

from data_pipeline.sources.macro import fred
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Request, Scope, Window
from tests.data_pipeline.sources.macro.samples import SERIES_SAMPLE, VALUES_SAMPLE
from tests.data_pipeline.sources.prices.answers import parsed

CHICAGO_SUMMER_MIDNIGHT = 5  # UTC hour


def values(rows, frequency="Q", start="2025-05-31", end="2025-08-27", fetched_at=datetime(2026, 1, 1, tzinfo=UTC)):
    asked = VALUES_SAMPLE.request.model_copy(
        update={
            "params": VALUES_SAMPLE.request.params | {"realtime_start": start, "realtime_end": end},
            "context": VALUES_SAMPLE.request.context | {"frequency": frequency},
        }
    )
    return parsed(fred.SOURCE, asked, {"observations": rows}, fetched_at)


def row(start, end, day, value="1.5"):
    return {"realtime_start": start, "realtime_end": end, "date": day, "value": value}


def test_plan_asks_the_facts_of_each_series_during_the_window():
    window = Window(since=datetime(2025, 6, 1, tzinfo=UTC), until=datetime(2025, 10, 1, tzinfo=UTC))
    first, second = fred.SOURCE.plan(Cursor(), window, Scope(symbols=("gdpc1", "UNRATE")))
    assert first.url == "https://api.stlouisfed.org/fred/series"
    assert first.params == {
        "series_id": "GDPC1",
        "realtime_start": "2025-06-01",
        "realtime_end": "2025-09-30",
        "file_type": "json",
    }
    assert second.params["series_id"] == "UNRATE"


def test_values_are_asked_with_the_units_of_their_vintages_each_span_from_a_day_earlier():
    spans = [
        (item.params["realtime_start"], item.params["realtime_end"], item.context["units"])
        for item in SERIES_SAMPLE.parse().follow
    ]
    assert spans == [
        ("2025-05-31", "2025-08-27", "Billions of Chained 2012 Dollars"),
        ("2025-08-27", "2025-09-30", "Billions of Chained 2017 Dollars"),
    ]


def test_long_windows_are_asked_in_spans_of_five_years_without_a_gap():
    asked = SERIES_SAMPLE.request.model_copy(
        update={"params": {"series_id": "DGS10", "realtime_start": "2005-01-01", "realtime_end": "2025-09-30"}}
    )
    facts = {
        "id": "DGS10",
        "realtime_start": "2005-01-01",
        "realtime_end": "2025-09-30",
        "frequency_short": "D",
        "units": "Percent",
    }
    follow = parsed(fred.SOURCE, asked, {"seriess": [facts]}).follow
    spans = [tuple(date.fromisoformat(item.params[f"realtime_{end}"]) for end in ("start", "end")) for item in follow]
    assert (spans[0][0], spans[-1][1]) == (date(2004, 12, 31), date(2025, 9, 30))
    assert all((end - start).days <= 5 * 366 for start, end in spans)
    assert all(start == end for (_, end), (start, _) in pairwise(spans))


def test_value_is_known_from_the_end_of_its_vintages_day_in_chicago():
    first, second = VALUES_SAMPLE.parse().observations
    assert first.available_at == datetime(2025, 6, 27, CHICAGO_SUMMER_MIDNIGHT, tzinfo=UTC)
    assert (first.value, first.superseded_at, first.unit) == (23512.7, None, "Billions of Chained 2012 Dollars")
    assert second.available_at == datetime(2025, 7, 31, CHICAGO_SUMMER_MIDNIGHT, tzinfo=UTC)
    assert second.superseded_at == datetime(2025, 8, 28, CHICAGO_SUMMER_MIDNIGHT, tzinfo=UTC)
    winter = values(
        [row("2026-01-15", "2026-01-31", "2025-10-01")],
        start="2026-01-01",
        end="2026-01-31",
        fetched_at=datetime(2026, 3, 1, tzinfo=UTC),
    )
    assert winter.observations[0].available_at == datetime(2026, 1, 16, 6, tzinfo=UTC)


def test_value_that_is_superseded_is_replaced_at_the_moment_its_successor_is_known():
    first, second = values(
        [row("2025-06-26", "2025-07-29", "2025-01-01"), row("2025-07-30", "2025-08-27", "2025-01-01")]
    ).observations
    assert first.superseded_at == second.available_at


def test_vintage_that_began_before_the_span_is_left_out_since_its_date_is_clipped():
    answer = VALUES_SAMPLE.parse()
    assert answer.counts["older_vintages"] == 1
    assert answer.counts["missing_values"] == 1


def test_what_was_fetched_on_its_own_day_is_known_from_the_fetch():
    fetched = datetime(2025, 6, 26, 13, tzinfo=UTC)
    (value,) = values([row("2025-06-26", "2025-08-27", "2025-01-01")], fetched_at=fetched).observations
    assert value.available_at == fetched


@pytest.mark.parametrize(
    ("frequency", "named", "period"),
    [
        ("D", "2025-06-05", (date(2025, 6, 5), date(2025, 6, 5))),
        ("W", "2025-06-07", (date(2025, 6, 1), date(2025, 6, 7))),
        ("M", "2024-02-01", (date(2024, 2, 1), date(2024, 2, 29))),
        ("M", "2024-12-01", (date(2024, 12, 1), date(2024, 12, 31))),
        ("Q", "2024-10-01", (date(2024, 10, 1), date(2024, 12, 31))),
        ("SA", "2024-07-01", (date(2024, 7, 1), date(2024, 12, 31))),
        ("A", "2024-01-01", (date(2024, 1, 1), date(2024, 12, 31))),
    ],
)
def test_period_ends_on_its_last_day_though_fred_names_it_by_its_first(frequency, named, period):
    (value,) = values([row("2025-06-26", "2025-08-27", named)], frequency).observations
    assert (value.period_start, value.period_end) == period


def test_full_page_leads_to_the_next_and_a_short_one_ends(monkeypatch):
    monkeypatch.setattr(fred, "_PAGE", 4)
    rows = [row("2025-05-31", "2025-08-27", "2025-01-01")] * 4
    (following,) = values(rows).follow
    assert following.params["offset"] == "4"
    assert values(rows[:3]).follow == []


def test_series_of_unknown_frequency_is_set_aside():
    facts = {
        "id": "X",
        "realtime_start": "2025-06-01",
        "realtime_end": "2025-06-30",
        "frequency_short": "NA",
        "units": "x",
    }
    answer = parsed(fred.SOURCE, SERIES_SAMPLE.request, {"seriess": [facts]})
    assert answer.follow == []
    assert "'NA'" in answer.quarantine[0].reason


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Bad Request.  The value for variable api_key is not registered.", "credentials"),
        ("Bad Request.  The series does not exist in ALFRED but may exist in FRED.", "content"),
    ],
)
def test_errors_are_refused(message, kind):
    with pytest.raises(RefusedResponse) as refused:
        parsed(
            fred.SOURCE,
            Request(url="https://api.stlouisfed.org/fred/series"),
            {"error_code": 400, "error_message": message},
        )
    assert refused.value.kind == kind
