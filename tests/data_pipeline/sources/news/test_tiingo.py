import json
from dataclasses import replace

import pytest

from data_pipeline.sources.news import tiingo
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import collect, doc_ids, respond, symbols, utc, window
from tests.data_pipeline.sources.news.samples import SAMPLES

SOURCE = tiingo.SOURCE
TWO = Scope(symbols=("AAPL", "GOOGL"))
REQUEST = SOURCE.plan(Cursor(), window(utc(2016, 1, 1), utc(2016, 2, 1)), TWO)[0]
OLD, NEW = (sample for sample in SAMPLES if sample.source is SOURCE)


def article(number, published="2016-01-11T23:13:00Z", crawled="2016-01-12T21:07:28.073309+00:00"):
    return {
        "id": number,
        "title": f"Article {number}",
        "url": "https://x.example",
        "publishedDate": published,
        "crawlDate": crawled,
    }


def test_a_range_asks_for_all_symbols_together_and_a_day_more():
    assert REQUEST.params == {
        "tickers": "aapl,googl", "startDate": "2015-12-31", "endDate": "2016-01-31", "sortBy": "publishedDate",
        "limit": "1000", "offset": "0",
    }  # fmt: skip
    requests = SOURCE.plan(Cursor(), window(utc(2016, 1, 1), utc(2016, 4, 1)), Scope())
    assert [request.params["endDate"] for request in requests] == ["2016-01-31", "2016-03-02", "2016-04-01"]
    assert "tickers" not in requests[0].params


def test_a_recorded_article_is_available_from_tiingos_own_sight():
    (document,) = OLD.parse().documents
    assert document.published_at == utc(2016, 1, 11, 23, 13)
    assert document.available_at == utc(2016, 1, 12, 21, 7, 28, 73309)
    assert document.availability == "vendor"
    assert set(symbols(document)) == {"GOOGL", "AAPL", "AMZN", "MSFT", "NFLX", "FB"}
    assert not OLD.parse().unknown_fields


def test_a_crawl_before_the_stated_publication_is_not_believed_for_availability():
    parsed = respond(SOURCE, REQUEST, [article(1, "2016-01-11T23:13:00Z", "2016-01-11T09:00:00Z")])
    assert parsed.documents[0].available_at == utc(2016, 1, 11, 23, 13)


def test_an_article_without_a_crawl_time_is_available_at_its_publication():
    parsed = respond(SOURCE, REQUEST, [article(1, crawled=None)])
    assert parsed.documents[0].available_at == utc(2016, 1, 11, 23, 13)
    assert parsed.documents[0].availability == "lag"


def test_live_news_is_available_from_our_own_sight():
    (document,) = NEW.parse().documents
    assert document.available_at == NEW.fetched_at
    assert document.availability == "seen"


def test_pages_go_on_by_offset_until_the_first_empty_one():
    every = [article(number) for number in range(2300)]

    def serve(request):
        offset = int(request.params["offset"])
        return every[offset : offset + 1000]

    asked, found = collect(SOURCE, [REQUEST], serve)
    assert [request.params["offset"] for request in asked] == ["0", "1000", "2000", "2300"]
    assert len(set(doc_ids(found))) == 2300


def test_pages_that_shift_while_paging_lose_nothing():
    """New articles at the top move the others down: the page after repeats some and leaves none out."""
    every = [article(number) for number in range(1500)]

    def serve(request):
        offset = int(request.params["offset"])
        if offset:
            every.insert(0, article(9000 + offset))
        return every[offset : offset + 1000]

    _, found = collect(SOURCE, [REQUEST], serve)
    assert {f"tiingo:{number}" for number in range(1500)} <= set(doc_ids(found))


def test_the_stream_follows_the_order_of_the_crawl():
    first = SOURCE.stream(Cursor(), TWO)[0]
    assert first.params["sortBy"] == "crawlDate"
    parsed = respond(SOURCE, first, [article(1)], mode="stream")
    assert not parsed.follow
    assert parsed.marks["live"].at == utc(2016, 1, 12, 21, 7, 28, 73309)
    (again,) = SOURCE.stream(Cursor().advanced(parsed.marks), TWO)
    late = article(2, "2015-01-01T00:00:00Z", "2016-01-13T00:00:00Z")  # old news that Tiingo found just now
    assert respond(SOURCE, again, [late], mode="stream").follow
    assert not respond(SOURCE, again, [article(3, crawled="2016-01-12T00:00:00Z")], mode="stream").follow


@pytest.mark.parametrize("name", ["news_bulk.0.json", "news_bulk_file_ids.0.json"])
def test_recorded_refusals_of_the_news_are_refusals_of_the_plan(name):
    sample = replace(OLD, body=f"shared:payloads/tiingo/{name}", status=403)
    with pytest.raises(RefusedResponse, match="do not have permission to access the News API") as refused:
        sample.parse()
    assert refused.value.kind == "credentials"


def test_a_used_up_hour_is_a_refusal_of_the_budget_also_as_bare_text():
    message = "Error: You have run over your hourly request allocation. Please upgrade your account."
    for payload in (message.encode(), {"detail": message}):
        with pytest.raises(RefusedResponse) as refused:
            respond(SOURCE, REQUEST, payload)
        assert refused.value.kind == "budget"


def test_a_headline_with_the_words_of_a_refusal_is_no_refusal():
    body = json.dumps([article(1) | {"title": "A pedestrian run over in Phoenix"}])
    for answer in (body, f" \n{body}"):
        (document,) = respond(SOURCE, REQUEST, answer.encode()).documents
        assert document.title == "A pedestrian run over in Phoenix"
