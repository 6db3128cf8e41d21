from datetime import datetime, timedelta

import pytest

from data_pipeline.sources.news import gdelt
from data_pipeline.sources.news.gdelt import batch
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import collect, doc_ids, respond, utc, window
from tests.data_pipeline.sources.news.samples import SAMPLES

SOURCE = gdelt.SOURCE
WORDS = Scope(query='"northwind foods" sourcelang:english')
DAY = window(utc(2026, 5, 15), utc(2026, 5, 16))
REQUEST = SOURCE.plan(Cursor(), DAY, WORDS)[0]
RECORDED = next(sample for sample in SAMPLES if sample.source is SOURCE)


def article(number, seen="20260515T011500Z"):
    return {"url": f"https://x.example/{number}", "title": f"Article {number}", "seendate": seen, "language": "English"}


def test_the_window_is_asked_for_day_by_day():
    requests = SOURCE.plan(Cursor(), window(utc(2026, 5, 15), utc(2026, 5, 16, 12)), WORDS)
    spans = [(request.params["startdatetime"], request.params["enddatetime"]) for request in requests]
    assert spans == [("20260515000000", "20260515235959"), ("20260516000000", "20260516115959")]
    assert SOURCE.plan(Cursor(), DAY, Scope()) == []


def test_only_the_sight_of_gdelt_is_known():
    document = RECORDED.parse().documents[0]
    assert document.published_at is None
    assert document.time_quality == "unknown"
    assert document.available_at == utc(2026, 5, 15, 1, 30)  # the end of the batch of 01:15
    assert document.availability == "vendor"
    assert document.language == "en"
    assert not document.symbols
    assert not RECORDED.parse().unknown_fields


def test_a_batch_is_known_from_its_end():
    assert batch("20260515T011500Z").latest == utc(2026, 5, 15, 1, 30)
    assert batch("20170701234500").latest == utc(2017, 7, 2)
    for wrong in ("2026-05-15", "20260515", "20260515T0115Z", "2026051501150", "x", "20261315T011500Z"):
        with pytest.raises(ValueError, match=r"not|must|out of|Invalid|zone"):
            batch(wrong)


def test_full_answers_are_asked_again_in_halves_until_all_is_found():
    start = utc(2026, 5, 15)
    every = [
        article(f"{n}-{m}", (start + n * timedelta(minutes=15)).strftime("%Y%m%dT%H%M%SZ"))
        for n in range(96)
        for m in range(9)
    ]

    def serve(request):
        bounds = [datetime.strptime(request.params[name], "%Y%m%d%H%M%S") for name in ("startdatetime", "enddatetime")]
        inside = [
            one for one in every if bounds[0] <= datetime.strptime(one["seendate"], "%Y%m%dT%H%M%SZ") <= bounds[1]
        ]
        return {"articles": inside[:250]} if inside else {}

    asked, found = collect(SOURCE, [REQUEST], serve)
    assert set(doc_ids(found)) == {f"gdelt:{one['url']}" for one in every}
    assert len(asked) == 7  # a day of 864: in halves of 432, in quarters of 216


def test_a_full_batch_cannot_be_halved_and_is_counted():
    params = {**REQUEST.params, "startdatetime": "20260515011500", "enddatetime": "20260515012959"}
    parsed = respond(
        SOURCE, REQUEST.model_copy(update={"params": params}), {"articles": [article(n) for n in range(250)]}
    )
    assert not parsed.follow
    assert parsed.counts["possibly_cut"] == 1


def test_an_empty_answer_is_no_refusal():
    parsed = respond(SOURCE, REQUEST, {})
    assert not parsed.documents
    assert not parsed.follow


@pytest.mark.parametrize(
    "text",
    ["Please limit requests to one every 5 seconds or contact us", "The specified phrase is too short.", "\ufeffNo"],
)
def test_a_refusal_in_plain_text_is_told(text):
    with pytest.raises(RefusedResponse) as refused:
        respond(SOURCE, REQUEST, text.encode())
    assert refused.value.kind == "content"
    assert text.strip("\ufeff")[:10] in refused.value.reason


def test_a_page_is_refused():
    with pytest.raises(RefusedResponse, match="markup"):
        respond(SOURCE, REQUEST, b"<html>busy</html>")


def test_titles_with_tabs_and_backslashes_are_mended():
    body = (
        rb'{"articles": [{"url": "https://x.example/1", "title": "Up 5\% \\ a tab'
        + b"\there\x01"
        + rb' \"so\"", "seendate": "20260515T011500Z"}]}'
    )
    parsed = respond(SOURCE, REQUEST, body)
    assert parsed.documents[0].title == 'Up 5\\% \\ a tab here  "so"'


def test_a_cut_answer_is_not_mended_into_a_shorter_one():
    body = b'{"articles": [{"url": "https://x.example/1", "title": "A", "seendate": "20260515T011500Z"}'
    with pytest.raises(RefusedResponse):
        respond(SOURCE, REQUEST, body)


def test_the_stream_goes_on_from_its_last_batch():
    first = SOURCE.stream(Cursor(), WORDS)[0]
    assert first.params["timespan"] == "60min"
    parsed = respond(SOURCE, first, {"articles": [article(1)]}, mode="stream")
    (again,) = SOURCE.stream(Cursor().advanced(parsed.marks), WORDS)
    assert again.params["startdatetime"] == "20260515011500"
    assert "timespan" not in again.params
    full = respond(SOURCE, again, {"articles": [article(n) for n in range(250)]}, mode="stream")
    assert full.counts["possibly_cut"] == 1
