"""The lists of EDGAR: getcurrent, daily index, full-text search, tickers."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from data_pipeline.sources.filings import edgar_current, edgar_index, edgar_search, sec
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.filings.helpers import entry, feed
from tests.data_pipeline.sources.filings.samples import SAMPLES


def sample(name, source):
    return next(s for s in SAMPLES if name in s.body and s.source.info.name == source)


CURRENT = sample("start=400", "edgar_current")
WINDOW = Window(since=datetime(2025, 6, 2, tzinfo=UTC), until=datetime(2025, 7, 3, 12, tzinfo=UTC))


def test_current_entry_is_read():
    document = CURRENT.parse().documents[0]
    assert document.doc_id == "edgar_current:0001628280-26-001783:0001832466:Filer"
    assert document.title == (
        "Alignment Healthcare, Inc. 8-K: 7.01 Regulation FD Disclosure; 9.01 Financial Statements and Exhibits"
    )
    assert document.published_at == datetime(2026, 1, 12, 14, 10, 23, tzinfo=UTC)
    assert document.available_at == CURRENT.fetched_at
    assert [(link.symbol, link.detail) for link in document.symbols] == [("CIK0001832466", "Filer")]


def test_current_turns_pages_until_the_cursor():
    after = datetime(2026, 1, 12, 14, 0, 44, tzinfo=UTC)
    [first] = edgar_current.SOURCE.stream(Cursor(marks={"": Mark(at=after)}), Scope())
    page = replace(CURRENT.response(), request=first)
    [following] = edgar_current.SOURCE.parse(page).follow
    assert (following.params["start"], following.context["after"]) == ("100", after.isoformat())
    reached = edgar_current.current_request("", 400, {"after": "2026-01-12T14:30:00+00:00"})
    assert edgar_current.SOURCE.parse(replace(page, request=reached)).follow == []
    empty = b'<feed xmlns="http://www.w3.org/2005/Atom"></feed>'
    assert edgar_current.SOURCE.parse(replace(page, body=empty)).follow == []
    last = edgar_current.current_request("", 1900, {"after": "2020-01-01T00:00:00+00:00"})
    assert edgar_current.SOURCE.parse(replace(page, request=last)).follow == []


def test_current_without_cursor_reads_one_page_and_marks_the_newest():
    [first] = edgar_current.SOURCE.stream(Cursor(), Scope())
    parsed = edgar_current.SOURCE.parse(replace(CURRENT.response(), request=first))
    assert parsed.follow == []
    assert parsed.marks[""].at == max(d.published_at for d in parsed.documents)


def test_current_streams_each_form_with_its_own_cursor():
    requests = edgar_current.SOURCE.stream(Cursor(), Scope(query="8-K, 10-Q"))
    assert [request.params["type"] for request in requests] == ["8-K", "10-Q"]


def test_current_refuses_entities_and_pages():
    for body in (b"<!DOCTYPE x [<!ENTITY a 'b'>]><html>&a;</html>", b"<rss/>", b""):
        with pytest.raises(RefusedResponse):
            edgar_current.SOURCE.parse(CURRENT.response(body))


def test_index_plans_the_listing_of_each_quarter_and_follows_the_days_that_exist():
    requests = edgar_index.SOURCE.plan(Cursor(), WINDOW, Scope(query="8-K"))
    assert [request.url[-21:] for request in requests] == ["/2025/QTR2/index.json", "/2025/QTR3/index.json"]
    listing = replace(sample("index.json", "edgar_index").response(), request=requests[0], url=requests[0].url)
    parsed = edgar_index.SOURCE.parse(listing)
    assert [request.url.rpartition("/")[2] for request in parsed.follow] == [
        "master.20250602.idx",
        "master.20250618.idx",
        "master.20250620.idx",
    ]
    assert parsed.counts["other_files"] == 2
    assert parsed.follow[0].context["forms"] == "8-K"


def test_index_row_is_dated_by_the_day_in_new_york():
    index = sample("master.20181231.idx", "edgar_index")
    document = next(d for d in index.parse().documents if "NOVAVAX" in d.title)
    assert document.doc_id == "edgar_index:0001144204-18-066755:0001000694"
    assert document.published_at == datetime(2018, 12, 31, 5, tzinfo=UTC)
    assert document.available_at == datetime(2019, 1, 1, 5, tzinfo=UTC)
    assert document.time_quality == "day"


def test_index_in_fixed_columns_keeps_forms_with_blanks_and_the_last_company():
    titles = {d.title for d in sample("form.20200318", "edgar_index").parse().documents}
    assert any(title.endswith(" SC 13D/A") for title in titles)
    assert "Home Federal Bancorp, Inc. of Louisiana 4" in titles


def test_index_of_forms_counts_the_others():
    index = sample("master.20181231.idx", "edgar_index")
    request = index.request.model_copy(update={"context": {"forms": "8-K"}})
    parsed = edgar_index.SOURCE.parse(replace(index.response(), request=request))
    assert len(parsed.documents) == 1
    assert parsed.counts["other_forms"] == 9


def test_damaged_index_row_is_set_aside():
    index = sample("master.20181231.idx", "edgar_index")
    body = index.read().replace(b"|8-K|20181231|", b"|8-K|", 1)
    parsed = edgar_index.SOURCE.parse(index.response(body))
    assert (len(parsed.documents), len(parsed.quarantine)) == (9, 1)


def test_search_plans_filing_dates_in_new_york():
    [request] = edgar_search.SOURCE.plan(Cursor(), WINDOW, Scope(query='"going concern"', symbols=("320193", "AAPL")))
    assert request.params == {
        "q": '"going concern"',
        "dateRange": "custom",
        "startdt": "2025-06-01",
        "enddt": "2025-07-03",
        "ciks": "0000320193",
    }


def test_search_turns_pages_while_they_are_full():
    found = sample("hits.json", "edgar_search")
    payload = json.loads(found.read())
    payload["hits"]["hits"] = payload["hits"]["hits"][:1] * 100
    parsed = edgar_search.SOURCE.parse(found.response(json.dumps(payload).encode()))
    assert [request.params["from"] for request in parsed.follow] == ["100"]
    last = parsed.follow[0].model_copy(update={"context": {**parsed.follow[0].context, "from": "9900"}})
    assert edgar_search.SOURCE.parse(replace(found.response(json.dumps(payload).encode()), request=last)).follow == []


def test_search_hit_is_read():
    report, exhibit, holder = sample("hits.json", "edgar_search").parse().documents
    assert report.url == f"{sec.ARCHIVES}/data/1234567/000123456725000012/made-20250610.htm"
    assert exhibit.title.startswith("CIK0001234567 8-K EX-99.1: 2.02 Results")
    assert holder.url.endswith("0009999999-25-000003-index.htm")
    assert [link.symbol for link in holder.symbols] == ["CIK0007654321", "CIK0001234567"]


def test_ticker_without_exchange_is_counted():
    parsed = sample("company_tickers_exchange.json", "edgar_tickers").parse()
    assert parsed.counts["tickers_without_exchange"] == 1
    assert {(i.symbol, i.exchange) for i in parsed.instruments} >= {("INV-A", "XNYS"), ("CNTR", "OTCM")}
    assert {i.valid_from for i in parsed.instruments} == {date(2026, 11, 2)}


NIGHT = Cursor(marks={"": Mark(at=datetime(2026, 1, 13, 2, 50, tzinfo=UTC))})  # a form 4 at 21:50 in New York


def current_page(source, cursor, entries, start=0):
    [first] = source.stream(cursor, Scope(query="8-K" if cursor.at("8-K") else None))
    request = first.model_copy(update={"context": {**first.context, "start": str(start)}})
    return source.parse(replace(CURRENT.response(), request=request, body=feed(*entries)))


def test_current_turns_pages_until_none_can_have_entered_the_feed_since_the_last_look():
    """The mark is 16:05:20; a filing of 15:50:21 may just have appeared."""
    cursor = Cursor(marks={"": Mark(at=datetime(2026, 1, 12, 21, 5, 20, tzinfo=UTC))})
    late = entry(1, "2026-01-12T15:50:21-05:00")
    assert current_page(edgar_current.SOURCE, cursor, [entry(2, "2026-01-12T15:40:00-05:00"), late]).follow
    assert not current_page(edgar_current.SOURCE, cursor, [entry(2, "2026-01-12T15:50:19-05:00")]).follow


def test_current_turns_pages_while_filings_of_the_evening_become_public():
    evening = entry(1, "2026-01-12T17:45:00-05:00", filed="2026-01-13")
    at_six = Cursor(marks={"": Mark(at=datetime(2026, 1, 13, 11, 0, 30, tzinfo=UTC))})
    later = Cursor(marks={"": Mark(at=datetime(2026, 1, 13, 11, 15, 1, tzinfo=UTC))})
    same_day = entry(2, "2026-01-12T17:45:00-05:00", "4")
    for cursor in (NIGHT, at_six):
        assert current_page(edgar_current.SOURCE, cursor, [same_day, evening]).follow
        assert not current_page(edgar_current.SOURCE, cursor, [same_day]).follow
    assert not current_page(edgar_current.SOURCE, later, [same_day, evening]).follow


def test_current_counts_where_it_stops_turning_pages():
    newest = [entry(1, "2026-01-12T21:55:00-05:00")]
    assert "page_limit_reached" not in current_page(edgar_current.SOURCE, NIGHT, newest, 1700).counts
    cut = current_page(edgar_current.SOURCE, NIGHT, newest, 1900)
    assert (cut.follow, cut.counts["page_limit_reached"]) == ([], 1)
    end = current_page(edgar_current.SOURCE, NIGHT, [entry(1, "2026-01-12T11:55:00-05:00")], 1900)
    assert "page_limit_reached" not in end.counts
