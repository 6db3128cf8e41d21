"""Submissions: planning by CIK and ticker, older files, names by date, tickers of today."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.filings import edgar_facts, edgar_submissions, sec
from data_pipeline.sources.filings.names import name_on, names_of
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.filings.samples import SAMPLES

SOURCE = edgar_submissions.SOURCE
WINDOW = Window(since=datetime(2019, 11, 1, tzinfo=UTC), until=datetime(2019, 12, 1, tzinfo=UTC))
APPLE = next(s for s in SAMPLES if s.body.endswith("sample_api_responses/CIK0000320193.json"))
TESLA = next(s for s in SAMPLES if s.body.endswith("submissions_CIK0001318605.json.zst"))
TESLA_OLD = next(s for s in SAMPLES if s.body.endswith("CIK0001318605-submissions-001.json.zst"))
TICKERS = next(s for s in SAMPLES if s.body.endswith("company_tickers.json"))


def test_ciks_are_asked_directly_and_tickers_by_the_ticker_file():
    requests = SOURCE.plan(Cursor(), WINDOW, Scope(symbols=("320193", "CIK0000320193", "MUMO")))
    assert [request.url for request in requests] == [f"{sec.DATA}/submissions/CIK0000320193.json", sec.TICKERS]
    assert requests[1].context["tickers"] == "MUMO"


def test_ticker_file_leads_to_the_companies_and_an_unknown_ticker_is_set_aside():
    parsed = TICKERS.parse()
    assert [request.url[-15:-5] for request in parsed.follow] == ["0001234567", "0007654321"]
    assert "NOSUCH" in parsed.quarantine[0].item


def test_facts_follow_the_ticker_file_to_companyfacts():
    response = replace(TICKERS.response(), mode="range")
    follow = edgar_facts.SOURCE.parse(response).follow
    assert follow[0].url == f"{sec.DATA}/api/xbrl/companyfacts/CIK0001234567.json"


def test_window_keeps_its_filings_and_asks_for_older_files_only_where_they_reach_into_it():
    request = SOURCE.plan(Cursor(), WINDOW, Scope(symbols=("320193",)))[0]
    parsed = SOURCE.parse(replace(APPLE.response(), request=request))
    assert "edgar_submissions:0001193125-19-292676" in {d.doc_id for d in parsed.documents}
    assert all(WINDOW.covers(d.published_at) for d in parsed.documents)
    assert parsed.counts["items"] == 1000 == len(parsed.documents) + parsed.counts["outside_window"]
    assert parsed.follow == []
    early = Window(since=datetime(2013, 2, 1, tzinfo=UTC), until=datetime(2013, 2, 5, tzinfo=UTC))
    request = SOURCE.plan(Cursor(), early, Scope(symbols=("320193",)))[0]
    follow = SOURCE.parse(replace(APPLE.response(), request=request)).follow
    assert [entry.url.rpartition("/")[2] for entry in follow] == ["CIK0000320193-submissions-001.json"]
    assert names_of(follow[0].context)[-1] == ("Apple Inc.", None, None)


def test_older_file_leads_nowhere_so_that_paging_ends():
    assert TESLA_OLD.parse().follow == []


def test_filing_bears_the_name_of_its_day():
    """Tesla was Tesla Motors until January 2017: the later name on an older filing would come from its future."""
    titles = {d.doc_id: d.title for d in TESLA_OLD.parse().documents}
    old = [d.title for d in TESLA_OLD.parse().documents if d.published_at < datetime(2017, 1, 1, tzinfo=UTC)]
    assert all(title.startswith("TESLA MOTORS INC ") for title in old)
    assert titles["edgar_submissions:0001564590-18-001786"] == "Tesla, Inc. 8-K: 7.01 Regulation FD Disclosure"


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(1990, 1, 1), "APPLE COMPUTER INC"),
        (date(1997, 7, 28), "APPLE COMPUTER INC/ FA"),
        (date(2000, 1, 1), "APPLE COMPUTER INC"),
        (date(2007, 1, 8), "APPLE COMPUTER INC"),
        (date(2007, 1, 10), "APPLE INC"),
        (date(2019, 8, 5), "APPLE INC"),
        (date(2019, 8, 6), "Apple Inc."),
    ],
)
def test_name_by_date(day, name):
    names = [
        ("APPLE COMPUTER INC", date(1994, 1, 26), date(2007, 1, 4)),
        ("APPLE COMPUTER INC/ FA", date(1997, 7, 28), date(1997, 7, 28)),
        ("APPLE INC", date(2007, 1, 10), date(2019, 8, 5)),
        ("Apple Inc.", None, None),
    ]
    assert name_on(names, day) == name


def test_filings_carry_the_company_number_and_not_the_ticker_of_today():
    assert {link.symbol for d in APPLE.parse().documents for link in d.symbols} == {"CIK0000320193"}


def test_ticker_of_today_holds_from_the_day_of_the_fetch_in_new_york():
    late = replace(TESLA.response(), fetched_at=datetime(2026, 2, 4, 3, tzinfo=UTC))
    [instrument] = SOURCE.parse(late).instruments
    assert (instrument.instrument_id, instrument.symbol, instrument.exchange) == ("CIK0001318605:TSLA", "TSLA", "XNAS")
    assert instrument.valid_from == date(2026, 2, 3)
    assert [(n.name, n.valid_from, n.valid_to) for n in instrument.names] == [
        ("TESLA MOTORS INC", date(2005, 2, 17), date(2017, 1, 28)),
        ("Tesla, Inc.", date(2017, 1, 28), None),
    ]


def test_columns_of_different_length_are_refused():
    body = b'{"accessionNumber": ["0000320193-23-000079", "0000320193-23-000080"], "form": ["4"]}'
    with pytest.raises(RefusedResponse, match="differ in length"):
        SOURCE.parse(TESLA_OLD.response(body))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html><h1>Your Request Originates from an Undeclared Automated Tool</h1></html>", "credentials"),
        (b"<html><title>SEC.gov | Request Rate Threshold Exceeded</title></html>", "budget"),
        (b"<html>maintenance</html>", "content"),
    ],
)
def test_pages_of_refusal(body, kind):
    with pytest.raises(RefusedResponse) as caught:
        SOURCE.parse(APPLE.response(body))
    assert caught.value.kind == kind


def test_file_of_another_company_is_not_followed():
    body = APPLE.read().replace(b"CIK0000320193-submissions-001.json", b"../../etc/CIK0000320193-001.json")
    parsed = SOURCE.parse(APPLE.response(body))
    assert parsed.follow == []
    assert len(parsed.quarantine) == 1


def test_a_filing_with_the_words_of_a_refusal_is_no_refusal():
    words = b"Request Rate Threshold Exceeded by an Undeclared Automated Tool"
    sec.refuse_page(APPLE.response(b'{"name": "' + words + b'"}'))
    sec.refuse_page(APPLE.response(b"<SEC-DOCUMENT>0000320193-19-000120.txt\n<title>" + words + b"</title>"))
    sec.refuse_page(APPLE.response(b"<feed><entry><title>8-K - " + words + b"</title></entry></feed>"))
    sec.refuse_page(
        APPLE.response(b"<!DOCTYPE html><html><title>10-K</title><h1>Acme</h1><p>" + words + b"</p></html>")
    )
    with pytest.raises(RefusedResponse):
        sec.refuse_page(APPLE.response(b"\n<!DOCTYPE html>\n<HTML><h1 class='x'>" + words + b"</h1></HTML>"))
