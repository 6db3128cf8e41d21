import pytest

from data_pipeline.sources.news import marketaux
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import collect, doc_ids, respond, symbols, utc, window
from tests.data_pipeline.sources.news.samples import SAMPLES

SOURCE = marketaux.SOURCE
SHARES = Scope(symbols=("FAIR", "NWFD"))
REQUEST = SOURCE.plan(Cursor(), window(utc(2025, 6, 9), utc(2025, 6, 10)), SHARES)[0]
WRITTEN = next(sample for sample in SAMPLES if sample.source is SOURCE)


def article(number, at="2025-06-09T13:30:00.000000Z", **more):
    return {"uuid": f"u{number}", "title": f"Article {number}", "url": "https://x.example", "published_at": at, **more}


def page(articles, number=1, found=7):
    return {"meta": {"found": found, "returned": len(articles), "limit": 3, "page": number}, "data": articles}


def test_bounds_are_a_second_wider_than_the_window():
    assert REQUEST.params["published_after"] == "2025-06-08T23:59:59"
    assert REQUEST.params["published_before"] == "2025-06-10T00:00:01"
    edge = page([article(1, "2025-06-09T00:00:00.000000Z"), article(2, "2025-06-10T00:00:00.000000Z")])
    assert doc_ids([respond(SOURCE, REQUEST, edge)]) == ["marketaux:u1"]


def test_words_can_be_asked_for_in_place_of_symbols():
    request = SOURCE.plan(Cursor(), window(utc(2025, 6, 9), utc(2025, 6, 10)), Scope(query="chips + tariffs"))[0]
    assert request.params["search"] == "chips + tariffs"
    assert "symbols" not in request.params


def test_pages_go_on_while_they_are_full():
    every = [article(number) for number in range(7)]

    def serve(request):
        number = int(request.params["page"])
        return page(every[3 * number - 3 : 3 * number], number)

    asked, found = collect(SOURCE, [REQUEST], serve)
    assert [request.params["page"] for request in asked] == ["1", "2", "3"]
    assert len(set(doc_ids(found))) == 7


def test_the_last_page_that_the_vendor_serves_is_counted():
    request = REQUEST.model_copy(update={"context": {**REQUEST.context, "page": str(20_000 // 3)}})
    parsed = respond(SOURCE, request, page([article(n) for n in range(3)]))
    assert not parsed.follow
    assert parsed.counts["cut_by_vendor"] == 1


def test_a_page_without_its_place_is_read_and_not_followed():
    parsed = respond(SOURCE, REQUEST, {"data": [article(1)]})
    assert len(parsed.documents) == 1
    assert len(parsed.quarantine) == 1
    assert not parsed.follow


def test_only_us_shares_are_linked():
    airline = WRITTEN.parse().documents[0]
    assert symbols(airline) == {"FAIR": "entities"}
    assert WRITTEN.parse().counts["symbols_not_listed_in_us"] == 2


def test_body_says_nothing_twice():
    airline, bank, german = WRITTEN.parse().documents
    assert airline.body.count("largest in the carrier's history") == 1
    assert "Deliveries begin in 2028" in airline.body
    assert bank.body == "A made-up bank trimmed its outlook for the year."
    assert german.body == "Der Umsatz stieg um drei Prozent.\nDas Unternehmen bleibt vorsichtig."
    assert german.language == "de"


def test_times_are_utc_to_the_second():
    assert WRITTEN.parse().documents[0].published_at == utc(2025, 6, 9, 21, 58, 12)


def test_the_stream_reads_one_page_at_first_and_back_to_its_mark_later():
    full = page([article(n) for n in range(3)])
    first = respond(SOURCE, SOURCE.stream(Cursor(), SHARES)[0], full, mode="stream")
    assert not first.follow
    (again,) = SOURCE.stream(Cursor().advanced(first.marks), SHARES)
    assert respond(SOURCE, again, full, mode="stream").follow
    old = page([article(n, "2025-06-09T13:00:00.000000Z") for n in range(3)])
    assert not respond(SOURCE, again, old, mode="stream").follow


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("invalid_api_token", "credentials"),
        ("endpoint_access_restricted", "credentials"),
        ("usage_limit_reached", "budget"),
        ("rate_limit_reached", "budget"),
        ("malformed_parameters", "content"),
    ],
)
def test_documented_errors_are_told_apart(code, kind):
    with pytest.raises(RefusedResponse, match=code) as refused:
        respond(SOURCE, REQUEST, {"error": {"code": code, "message": "no"}})
    assert refused.value.kind == kind
