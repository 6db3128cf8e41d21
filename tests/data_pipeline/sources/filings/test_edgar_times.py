"""When filings were accepted and became public, from JSON, SGML headers and index pages."""

from datetime import UTC, date, datetime, timedelta

import pytest

from data_pipeline.sources.filings import acceptance
from tests.data_pipeline.sources.filings.samples import SAMPLES


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


def parsed(name, source):
    return next(s for s in SAMPLES if s.body.endswith(name) and s.source.info.name == source).parse()


def filing(name, accession, source="edgar_submissions"):
    return next(d for d in parsed(name, source).documents if d.doc_id == f"{source}:{accession}")


def test_apple_8k_json_stamp_is_new_york_time_with_a_z_and_the_sgml_header_settles_it():
    """The JSON's digits are those of the header: read as UTC the filing would be known five hours before it existed."""
    from_json = filing("sample_api_responses/CIK0000320193.json", "0001193125-19-292676")
    from_sgml = parsed("aapl-8k-20191115.txt", "edgar_filing").documents[0]
    assert from_sgml.published_at == at(2019, 11, 15, 11, 2, 24)
    assert from_sgml.time_quality == "exact"
    assert from_json.published_at == at(2019, 11, 15, 6, 2, 24)
    assert from_json.time_quality == "day"
    assert from_json.available_at >= from_sgml.published_at
    assert from_json.available_at == at(2019, 11, 15, 11, 2, 24) + timedelta(minutes=3)


def test_form_4_of_apple_has_the_same_digits_in_json_and_header():
    from_json = filing("submissions_CIK0000320193.json.zst", "0001059235-26-000004")
    assert from_json.published_at == at(2026, 2, 26, 18, 34, 19)
    assert from_json.available_at == at(2026, 2, 26, 23, 37, 19)


def test_interval_holds_the_true_time_where_the_json_is_utc():
    """NVIDIA's JSON is UTC: its 8-Ks fall after the close of 16:00 in New York, not at 21:00."""
    stamp = acceptance.from_submissions("2026-02-25T21:21:32.000Z", date(2026, 2, 25))
    assert stamp.at == at(2026, 2, 25, 21, 21, 32)
    assert stamp.latest == at(2026, 2, 26, 2, 21, 32)


@pytest.mark.parametrize(
    ("accepted", "filed", "public"),
    [
        ("20250609173000", date(2025, 6, 9), at(2025, 6, 9, 21, 30)),
        ("20250609173001", date(2025, 6, 10), at(2025, 6, 10, 10)),
        ("20250606190000", date(2025, 6, 9), at(2025, 6, 9, 10)),
        ("20250609213000", date(2025, 6, 9), at(2025, 6, 10, 1, 30)),
        ("20250115060000", date(2025, 1, 15), at(2025, 1, 15, 11)),
    ],
    ids=["in time", "late: next morning", "Friday evening: Monday morning", "form 4 keeps its day", "winter"],
)
def test_late_filing_is_public_on_the_morning_of_its_filing_date(accepted, filed, public):
    assert acceptance.from_sgml(accepted, filed).latest == public


def test_late_8k_is_published_when_accepted_and_available_the_next_morning():
    sample = next(s for s in SAMPLES if s.body == "edgar_filing/late_8k.txt")
    response = sample.response()
    fetched_later = type(response)(
        *(response.request, response.url, 200, {}, response.body, response.fetched_at, "range")
    )
    document = sample.source.parse(fetched_later).documents[0]
    assert document.published_at == at(2025, 6, 9, 22, 30, 15)
    assert document.available_at == at(2025, 6, 10, 10) + timedelta(minutes=3)


def test_hour_that_the_clock_shows_twice_is_read_as_the_later_one():
    assert acceptance.from_sgml("20251102013000", date(2025, 11, 2)).at == at(2025, 11, 2, 6, 30)


def test_index_page_and_header_agree():
    page = parsed("1045810_0001045810-26-000024-index.html.zst", "edgar_filing").follow[0].context
    header = parsed("1045810_000104581026000024_0001045810-26-000024.txt.zst", "edgar_filing").documents[0]
    filed = date.fromisoformat(page["filed"])
    assert acceptance.from_page(page["accepted"], filed).at == header.published_at == at(2026, 3, 6, 21, 11, 25)


def test_every_recorded_filing_is_available_after_both_readings_of_its_stamp():
    for sample in SAMPLES:
        if sample.source.info.name == "edgar_submissions" and sample.body.startswith("shared:"):
            for document in sample.parse().documents:
                assert document.available_at - document.published_at >= timedelta(hours=4)


def test_observation_is_known_when_filed_and_not_at_the_end_of_its_period():
    observations = parsed("api_xbrl_companyfacts_CIK0000320193.json.zst", "edgar_facts").observations
    revenue = [
        o
        for o in observations
        if o.series_id == "us-gaap:RevenueFromContractWithCustomerExcludingAssessedTax"
        and (o.period_start, o.period_end) == (date(2023, 10, 1), date(2024, 9, 28))
    ]
    first = min(revenue, key=lambda o: o.available_at)
    assert first.value == 391_035_000_000
    assert first.available_at == at(2024, 11, 2, 4)
    assert first.detail == "0000320193-24-000123 10-K"
    assert all(o.available_at.date() > o.period_end for o in observations if o.series_id.startswith("us-gaap:Net"))
