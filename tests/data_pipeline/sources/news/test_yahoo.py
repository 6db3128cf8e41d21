import json

import pytest

from data_pipeline.sources.news import yahoo
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import respond, symbols, utc, window
from tests.data_pipeline.sources.news.samples import SAMPLES

SOURCE = yahoo.SOURCE
REQUEST = SOURCE.stream(Cursor(), Scope(symbols=("MSFT",)))[0]
RECORDED = next(sample for sample in SAMPLES if sample.source is SOURCE)


def answer(*entries):
    return {"data": {"tickerStream": {"stream": list(entries), "pagination": {}, "nextPage": False}}, "status": "OK"}


def story(number=1, **more):
    content = {"id": f"id-{number}", "title": "A title", "pubDate": "2025-06-03T13:30:05Z", **more}
    return {"id": f"id-{number}", "content": content}


def test_each_symbol_is_asked_for_in_the_recorded_way():
    requests = SOURCE.stream(Cursor(), Scope(symbols=("MSFT", "AAPL")))
    assert [request.method for request in requests] == ["POST", "POST"]
    assert requests[0].params == {"queryRef": "latestNews", "serviceKey": "ncp_fin"}
    assert json.loads(requests[1].body_json)["serviceConfig"]["s"] == ["AAPL"]


def test_there_is_no_range():
    with pytest.raises(TypeError, match="no range"):
        SOURCE.plan(Cursor(), window(utc(2025, 6, 2), utc(2025, 6, 3)), Scope(symbols=("MSFT",)))


def test_recorded_stories_carry_their_text_time_and_address():
    documents = {document.native: document for document in map(_Seen, RECORDED.parse().documents)}
    first = documents["de1c5cd8-cf15-31a7-8fdf-f66fabdc2f82"].document
    assert first.title == "Market will be more volatile than 'patient' on AI CapEx"
    assert first.published_at == utc(2025, 12, 22, 21, 14, 6)
    assert first.body.startswith("US stocks (^DJI, ^IXIC, ^GSPC) are ticking up on Monday")
    assert first.language == "en-US"
    elsewhere = documents["b85825f5-c508-392d-bc20-ff596668ccb1"].document
    assert elsewhere.url.startswith("https://www.wsj.com/")


class _Seen:
    def __init__(self, document):
        self.native, self.document = document.doc_id.removeprefix("yahoo:"), document


def test_every_recorded_field_is_known():
    assert not RECORDED.parse().unknown_fields


def test_named_tickers_and_the_asked_symbol_are_linked():
    finance = {"stockTickers": [{"symbol": "AAPL"}, {"symbol": "msft"}]}
    parsed = respond(SOURCE, REQUEST, answer(story(finance=finance)), mode="stream")
    assert symbols(parsed.documents[0]) == {"MSFT": "stockTickers", "AAPL": "stockTickers"}
    assert symbols(respond(SOURCE, REQUEST, answer(story())).documents[0]) == {"MSFT": "request"}


def test_advertisements_are_counted_and_left_out():
    parsed = respond(SOURCE, REQUEST, answer({"id": "ad", "ad": [{"x": 1}], "content": None}, story()), mode="stream")
    assert len(parsed.documents) == 1
    assert parsed.counts["advertisements"] == 1
    assert not parsed.quarantine


def test_markup_in_a_description_is_removed():
    parsed = respond(SOURCE, REQUEST, answer(story(summary="", description="<p>One &amp; <a href='x'>two</a></p>")))
    assert parsed.documents[0].body == "One & two"


def test_the_summary_is_preferred_to_the_description():
    parsed = respond(SOURCE, REQUEST, answer(story(summary="Short", description="<p>Long</p>")))
    assert parsed.documents[0].body == "Short"


def test_a_story_without_a_time_is_quarantined():
    entry = story()
    del entry["content"]["pubDate"]
    parsed = respond(SOURCE, REQUEST, answer(entry, story(2)))
    assert "pubDate" in parsed.quarantine[0].reason
    assert len(parsed.documents) == 1


def test_a_broken_surrogate_in_the_language_reaches_no_document():
    parsed = respond(SOURCE, REQUEST, answer(story(canonicalUrl={"url": "https://x.example", "lang": "\ud800"})))
    assert parsed.documents[0].language is None
    parsed.documents[0].model_dump_json().encode()


@pytest.mark.parametrize(
    "payload", [b"<html>Will be right back</html>", {"data": None}, {"finance": {"error": "x"}}, []]
)
def test_another_kind_of_answer_is_refused(payload):
    with pytest.raises(RefusedResponse):
        respond(SOURCE, REQUEST, payload)
