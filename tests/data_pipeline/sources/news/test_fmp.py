import pytest

from data_pipeline.sources.news import fmp
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import collect, doc_ids, respond, symbols, utc, window

SOURCE = fmp.SOURCE
TWO = Scope(symbols=("NWFD", "CBFR"))
JUNE = window(utc(2025, 6, 2), utc(2025, 6, 9))


def row(number, published="2025-06-03 09:30:00", symbol="NWFD"):
    return {
        "symbol": symbol,
        "publishedDate": published,
        "title": f"Row {number}",
        "url": f"https://x.example/{number}",
    }


def test_both_kinds_are_asked_for_by_the_stable_api():
    requests = SOURCE.plan(Cursor(), JUNE, TWO)
    assert [request.url.rsplit("/", 1)[1] for request in requests] == ["stock", "press-releases"]
    assert all(request.url.startswith("https://financialmodelingprep.com/stable/news/") for request in requests)
    assert requests[0].params == {
        "symbols": "NWFD,CBFR", "from": "2025-06-01", "to": "2025-06-08", "page": "0", "limit": "250",
    }  # fmt: skip


def test_many_symbols_and_months_are_split():
    many = Scope(symbols=tuple(f"S{number}" for number in range(23)))
    requests = SOURCE.plan(Cursor(), window(utc(2025, 1, 1), utc(2025, 3, 1)), many)
    assert len(requests) == 2 * 3 * 2
    assert max(request.params["symbols"].count(",") for request in requests) == 9


def test_without_symbols_only_the_newest_of_the_market_can_be_asked_for():
    assert SOURCE.plan(Cursor(), JUNE, Scope()) == []
    requests = SOURCE.stream(Cursor(), Scope())
    assert [request.url.rsplit("/", 1)[1] for request in requests] == ["stock-latest", "press-releases-latest"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020-09-08 09:25:00", utc(2020, 9, 8, 13, 25)),  # summer: UTC-4
        ("2020-12-08 09:25:00", utc(2020, 12, 8, 14, 25)),  # winter: UTC-5
        ("2020-11-01 01:30:00", utc(2020, 11, 1, 6, 30)),  # comes twice: the later one
    ],
)
def test_times_are_new_york_clock_times(text, expected):
    parsed = respond(SOURCE, SOURCE.stream(Cursor(), TWO)[0], [row(1, text)])
    assert parsed.documents[0].published_at == expected
    assert parsed.documents[0].time_quality == "exact"


def test_rows_of_one_article_become_one_document_with_all_symbols():
    parsed = respond(SOURCE, SOURCE.stream(Cursor(), TWO)[0], [row(1), row(2), row(1, symbol="CBFR")])
    assert len(parsed.documents) == 2
    assert symbols(parsed.documents[0]) == {"NWFD": "symbol", "CBFR": "symbol"}


def test_pages_end_with_the_first_empty_one():
    pages = {"0": [row(n) for n in range(20)], "1": [row(n) for n in range(20, 40)], "2": [row(40)], "3": []}
    asked, found = collect(SOURCE, SOURCE.plan(Cursor(), JUNE, TWO)[:1], lambda request: pages[request.params["page"]])
    assert [request.params["page"] for request in asked] == ["0", "1", "2", "3"]
    assert len(set(doc_ids(found))) == 41


def test_a_vendor_that_repeats_its_page_is_left():
    asked, _ = collect(SOURCE, SOURCE.plan(Cursor(), JUNE, TWO)[:1], lambda request: [row(1)])
    assert len(asked) == 2


def test_pages_before_the_window_are_not_read_on():
    old = [row(n, "2025-05-01 12:00:00") for n in range(250)]
    parsed = respond(SOURCE, SOURCE.plan(Cursor(), JUNE, TWO)[0], old)
    assert not parsed.follow
    assert parsed.counts["outside_window"] == 250


def test_the_last_page_that_the_vendor_serves_is_counted():
    request = SOURCE.plan(Cursor(), JUNE, TWO)[0]
    last = request.model_copy(update={"context": {**request.context, "page": "101"}})
    parsed = respond(SOURCE, last, [row(1)])
    assert not parsed.follow
    assert parsed.counts["cut_by_vendor"] == 1


def test_a_stream_reads_one_page_at_first_and_back_to_its_mark_later():
    first = SOURCE.stream(Cursor(), TWO)[0]
    parsed = respond(SOURCE, first, [row(n) for n in range(250)], mode="stream")
    assert not parsed.follow
    again = SOURCE.stream(Cursor().advanced(parsed.marks), TWO)[0]
    newer = respond(SOURCE, again, [row(n, "2025-06-03 10:00:00") for n in range(250, 500)], mode="stream")
    assert [request.params["page"] for request in newer.follow] == ["1"]
    assert not respond(SOURCE, newer.follow[0], [row(1, "2025-06-03 09:00:00")], mode="stream").follow


def test_a_range_does_not_move_the_stream():
    parsed = respond(SOURCE, SOURCE.plan(Cursor(), JUNE, TWO)[0], [row(1)])
    cursor = Cursor(marks={"live:stock:NWFD": Mark(at=utc(2025, 1, 1))}).advanced(parsed.marks)
    assert SOURCE.stream(cursor, TWO)[0].context["after"] == "2025-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Invalid API KEY. Please retry or visit our documentation", "credentials"),
        ("Exclusive Endpoint : This endpoint is not available under your current subscription", "credentials"),
        ("Legacy Endpoint : this endpoint is only available for legacy users", "credentials"),
        ("Limit Reach . Please upgrade your plan", "budget"),
    ],
)
def test_refusals_are_told_apart(message, kind):
    with pytest.raises(RefusedResponse) as refused:
        respond(SOURCE, SOURCE.stream(Cursor(), TWO)[0], {"Error Message": message})
    assert refused.value.kind == kind
