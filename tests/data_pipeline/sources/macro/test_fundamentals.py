import json
from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.macro import massive_financials, tiingo_fundamentals
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.macro.samples import SAMPLES
from tests.data_pipeline.sources.prices.answers import parsed

WINDOW = Window(since=datetime(2020, 1, 1, tzinfo=UTC), until=datetime(2020, 4, 2, tzinfo=UTC))
_, _, REPORT, PERIODS, REPORTED = SAMPLES


def test_massive_is_asked_by_filing_date():
    (asked,) = massive_financials.SOURCE.plan(Cursor(), WINDOW, Scope(symbols=("nxpi",)))
    assert asked.params["ticker"] == "NXPI"
    assert (asked.params["filing_date.gte"], asked.params["filing_date.lte"]) == ("2020-01-01", "2020-04-01")


def test_recorded_figure_is_known_from_the_end_of_its_filings_day_not_of_its_period():
    figures = {item.series_id: item for item in REPORT.parse().observations}
    assert {item.available_at for item in figures.values()} == {datetime(2022, 5, 4, 4, tzinfo=UTC)}
    assets = figures["massive:balance_sheet.assets"]
    assert (assets.value, assets.unit, assets.period_start, assets.period_end) == (
        2.1321e10,
        "USD",
        None,
        date(2022, 4, 3),
    )
    revenue = figures["massive:income_statement.revenues"]
    assert (revenue.period_start, revenue.instrument_id) == (date(2022, 1, 1), "US:NXPI")
    assert "filed 2022-05-03" in revenue.detail


def test_report_without_a_filing_date_is_set_aside():
    body = json.loads(REPORT.read())
    del body["results"][0]["filing_date"]
    answer = parsed(massive_financials.SOURCE, REPORT.request, body)
    assert answer.observations == []
    assert "filing_date" in answer.quarantine[0].reason


def test_next_page_of_reports_is_asked_at_our_own_address():
    body = json.loads(REPORT.read()) | {"next_url": "https://evil.invalid/?cursor=abc"}
    (following,) = parsed(massive_financials.SOURCE, REPORT.request, body).follow
    assert (following.url, following.params["cursor"]) == (REPORT.request.url, "abc")
    assert parsed(massive_financials.SOURCE, following, body).follow == []


def test_tiingos_revised_form_gives_the_ends_of_periods_alone_and_leads_to_the_reported_one():
    (asked,) = tiingo_fundamentals.SOURCE.plan(Cursor(), WINDOW, Scope(symbols=("googl",)))
    assert asked.params["asReported"] == "false"
    assert asked.params["startDate"] < "2018-12-31"
    answer = parsed(tiingo_fundamentals.SOURCE, asked, PERIODS.read())
    assert answer.observations == []
    (following,) = answer.follow
    assert following.params == {
        "startDate": "2020-01-01",
        "endDate": "2020-04-01",
        "asReported": "true",
        "format": "json",
    }
    assert json.loads(following.context["periods"]) == {
        "2019Q0": "2019-12-31",
        "2019Q4": "2019-12-31",
        "2020Q1": "2020-03-31",
    }


def test_recorded_figures_are_known_from_the_end_of_their_reports_day():
    answer = REPORTED.parse()
    revenue = [item for item in answer.observations if item.series_id == "tiingo:incomeStatement.revenue"]
    assert [(item.value, item.detail) for item in revenue] == [
        (46075000000.0, "Q4 2019, reported 2020-02-04"),
        (161857000000.0, "year 2019, reported 2020-02-04"),
    ]
    assert {item.available_at for item in answer.observations} == {datetime(2020, 2, 5, 5, tzinfo=UTC)}
    assert {item.period_end for item in answer.observations} == {date(2019, 12, 31)}


@pytest.mark.parametrize("periods", ["{}", '{"2019Q0": "2020-12-31", "2019Q4": "2020-12-31"}'])
def test_figures_without_a_period_that_had_ended_are_set_aside(periods):
    asked = REPORTED.request.model_copy(update={"context": {"symbol": "GOOGL", "periods": periods}})
    answer = parsed(tiingo_fundamentals.SOURCE, asked, REPORTED.read())
    assert answer.observations == []
    assert len(answer.quarantine) == 2


@pytest.mark.parametrize(
    ("sample", "body", "kind"),
    [
        (REPORT, {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}, "credentials"),
        (PERIODS, {"detail": "You do not have permission to access the Fundamentals API"}, "credentials"),
        (PERIODS, {"detail": "Error: You have run over your hourly request allocation."}, "budget"),
    ],
)
def test_refusals(sample, body, kind):
    with pytest.raises(RefusedResponse) as refused:
        parsed(sample.source, sample.request, body)
    assert refused.value.kind == kind
