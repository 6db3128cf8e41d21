import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope, Window
from data_pipeline.sources.social import x
from data_pipeline.sources.social.snowflake import snowflake_time
from tests.data_pipeline.sources.social.samples import SAMPLES

SAMPLE = next(found for found in SAMPLES if found.source is x.SOURCE)
WINDOW = Window(since=datetime(2025, 6, 2, tzinfo=UTC), until=datetime(2025, 6, 4, 0, 0, 0, 500, tzinfo=UTC))


def parse(payload, **context):
    request = SAMPLE.request.model_copy(update={"context": {"stream": "ACME", **context}})
    return x.SOURCE.parse(replace(SAMPLE, request=request).response(json.dumps(payload).encode()))


def test_range_asks_the_full_archive_for_the_whole_window():
    first, query = x.SOURCE.plan(Cursor(), WINDOW, Scope(symbols=("ACME",), query="acme lang:en"))
    assert first.url == "https://api.x.com/2/tweets/search/all"
    assert first.params["query"] == "$ACME -is:retweet"
    assert query.params["query"] == "acme lang:en"
    assert (first.params["start_time"], first.params["end_time"]) == ("2025-06-02T00:00:00Z", "2025-06-04T00:00:01Z")


def test_stream_asks_after_the_largest_id_and_a_first_look_takes_one_page():
    cursor = Cursor(marks={"ACME": Mark(serial=77)})
    known, new = x.SOURCE.stream(cursor, Scope(symbols=("ACME", "GLOBX")))
    assert known.params["since_id"] == "77"
    assert "since_id" not in new.params
    page = json.loads(SAMPLE.read())
    assert parse(page, **known.context).follow
    assert not parse(page, **new.context).follow


def test_paging_ends_without_a_token_without_posts_and_on_the_same_token():
    page = json.loads(SAMPLE.read())
    (following,) = SAMPLE.parse().follow
    assert following.params["next_token"] == "b26v89c19zqg8o3f"
    again = x.SOURCE.parse(replace(SAMPLE, request=following).response())
    assert not again.follow
    assert not parse({"meta": {"result_count": 0}}).follow
    del page["meta"]["next_token"]
    assert not parse(page).follow


def test_an_edited_post_is_dated_by_its_first_version_and_known_from_its_last():
    edited = next(found for found in SAMPLE.parse().documents if found.title.startswith("$ACME raises"))
    assert edited.doc_id == "x:1929841607022370816"
    assert edited.published_at == datetime(2025, 6, 3, 10, 4, 28, 494000, tzinfo=UTC)
    assert edited.updated_at == datetime(2025, 6, 3, 10, 14, 28, tzinfo=UTC)
    later = x.SOURCE.parse(replace(SAMPLE, mode="range").response())
    assert next(found for found in later.documents if found.doc_id == edited.doc_id).available_at == edited.updated_at


def test_a_version_belongs_to_the_window_in_which_it_was_written():
    window = {"since": "2025-06-03T10:10:00+00:00", "until": "2025-06-03T11:00:00+00:00"}
    parsed = parse(json.loads(SAMPLE.read()), **window)
    assert [found.doc_id for found in parsed.documents] == ["x:1929841607022370816"]
    assert parsed.counts["outside_window"] == 3


def test_a_long_post_is_read_whole_with_all_its_cashtags():
    long = next(found for found in SAMPLE.parse().documents if found.title.startswith("A long post"))
    assert long.title.endswith("which speaks of $GLOBX")
    assert [link.symbol for link in long.symbols] == ["ACME", "GLOBX"]


def test_retweets_are_counted_and_undetermined_languages_left_open():
    parsed = SAMPLE.parse()
    assert parsed.counts["retweets"] == 1
    assert [found.language for found in parsed.documents] == ["en", "en", "en", None]


def test_the_mark_is_the_largest_id():
    assert SAMPLE.parse().marks["ACME"].serial == 1930000000000000003


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}, "credentials"),
        (
            {"title": "CreditsDepleted", "detail": "no credits", "type": "https://api.x.com/2/problems/credits"},
            "budget",
        ),
        ({"title": "UsageCapExceeded", "type": "https://api.twitter.com/2/problems/usage-capped"}, "budget"),
        ({"errors": [{"title": "Forbidden", "type": "https://api.x.com/2/problems/client-forbidden"}]}, "credentials"),
        ({"errors": [{"message": "bad"}], "title": "Invalid Request", "detail": "bad"}, "content"),
        ({"surprise": 1}, "content"),
    ],
)
def test_errors_are_refused_by_kind(payload, kind):
    with pytest.raises(RefusedResponse) as refusal:
        parse(payload)
    assert refusal.value.kind == kind


def test_an_answer_without_posts_is_empty_not_refused():
    assert parse({"meta": {"result_count": 0}}).documents == []


def test_the_time_in_an_id():
    assert snowflake_time("1526484891881377792").at == datetime(2022, 5, 17, 8, 48, 53, 599000, tzinfo=UTC)
    with pytest.raises(ValueError, match="holds no time"):
        snowflake_time("20")
    with pytest.raises(ValueError, match="invalid literal"):
        snowflake_time("abc")
