import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope, Window
from data_pipeline.sources.social import facebook, stocktwits
from tests.data_pipeline.sources.social.samples import PAGES, SAMPLES

TWITS = next(found for found in SAMPLES if found.source is stocktwits.SOURCE)
POSTS = next(found for found in SAMPLES if found.source is facebook.SOURCE)
WINDOW = Window(since=datetime(2025, 6, 2, tzinfo=UTC), until=datetime(2025, 6, 18, tzinfo=UTC))


def answer(sample, payload, request=None):
    body = json.dumps(payload).encode()
    return sample.source.parse(replace(sample, request=request or sample.request).response(body))


def test_stocktwits_messages_keep_the_authors_tag_out():
    parsed = TWITS.parse()
    assert not parsed.unknown_fields
    first = parsed.documents[0]
    assert (first.doc_id, first.title) == ("stocktwits:161970974", "$F 21yrs of bliss")
    assert first.published_at == datetime(2019, 4, 26, 2, 43, tzinfo=UTC)
    assert [link.instrument_id for link in first.symbols] == ["US:F"]
    recorded = json.loads(TWITS.read())["messages"]
    tagged = [message for message in recorded if message["entities"]["sentiment"]]
    assert tagged
    by_id = {found.doc_id: found for found in parsed.documents}
    for message in tagged:
        document = by_id[f"stocktwits:{message['id']}"]
        assert document.title == message["body"].strip()
        assert "Bullish" not in document.model_dump_json()


def test_stocktwits_pages_go_back_to_the_cursor_and_end():
    (request,) = stocktwits.SOURCE.stream(Cursor(marks={"F": Mark(serial=161900000)}), Scope(symbols=("F",)))
    assert (request.url, request.params["since"]) == (
        "https://api.stocktwits.com/api/2/streams/symbol/F.json",
        "161900000",
    )
    page = json.loads(TWITS.read())
    (older,) = answer(TWITS, page, request).follow
    assert older.params["max"] == "161961124"
    assert answer(TWITS, page, older).follow == []  # the page did not move
    assert answer(TWITS, page).follow == []  # a first look takes one answer
    assert answer(TWITS, page | {"cursor": {"more": False, "since": 2, "max": 1}}, request).follow == []
    assert answer(TWITS, page | {"cursor": {"more": True, "since": 2, "max": 161900000}}, request).follow == []
    assert answer(TWITS, page | {"messages": []}, request).follow == []
    assert TWITS.parse().marks["F"].serial == 161970974


@pytest.mark.parametrize(("status", "kind"), [(429, "budget"), (401, "credentials"), (404, "content")])
def test_stocktwits_errors_are_refused_by_kind(status, kind):
    with pytest.raises(RefusedResponse) as refusal:
        answer(TWITS, {"response": {"status": status}, "errors": [{"message": "no"}]})
    assert refusal.value.kind == kind


def test_facebook_times_updates_and_posts_without_words():
    parsed = answer(POSTS, json.loads(POSTS.read()))
    edited, plain, _ = parsed.documents
    assert edited.published_at == datetime(2025, 6, 17, 13, 0, 4, tzinfo=UTC)
    assert edited.updated_at == datetime(2025, 6, 18, 9, 30, tzinfo=UTC)
    assert plain.updated_at is None
    assert parsed.counts["posts_without_words"] == 1
    ranged = facebook.SOURCE.parse(replace(POSTS, mode="range").response())
    assert ranged.documents[0].available_at == edited.updated_at


def test_facebook_range_asks_from_the_start_and_filters_by_creation():
    first, second = facebook.SOURCE.plan(Cursor(), WINDOW, PAGES)
    assert [request.url.split("/")[-2] for request in (first, second)] == ["acme", "globex"]
    assert first.params["since"] == "1748822400"
    assert "until" not in first.params
    parsed = answer(POSTS, json.loads(POSTS.read()), first)
    assert [found.doc_id for found in parsed.documents] == ["facebook:100_4", "facebook:100_3"]


def test_facebook_follows_the_cursor_never_the_address_with_the_token():
    (following,) = POSTS.parse().follow
    assert following.url == POSTS.request.url
    assert following.params["after"] == "QVFJ"
    assert "EAAC" not in following.model_dump_json()
    page = json.loads(POSTS.read())
    assert answer(POSTS, page, following).follow == []  # the same page again
    assert answer(POSTS, page | {"data": []}).follow == []
    assert answer(POSTS, page | {"paging": {"cursors": {"after": "QVFK"}}}).follow == []  # no next
    (new,) = facebook.SOURCE.stream(Cursor(), Scope(query="acme"))
    assert answer(POSTS, page, new).follow == []  # a first look takes one page
    (known,) = facebook.SOURCE.stream(Cursor(marks={"acme": Mark(at=WINDOW.since)}), Scope(query="acme"))
    assert known.params["since"] == "1748822400"


@pytest.mark.parametrize(
    ("code", "kind"), [(190, "credentials"), (200, "credentials"), (4, "budget"), (100, "content")]
)
def test_facebook_errors_are_refused_by_kind(code, kind):
    with pytest.raises(RefusedResponse) as refusal:
        answer(POSTS, {"error": {"message": "no", "type": "OAuthException", "code": code}})
    assert refusal.value.kind == kind
