import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope
from data_pipeline.sources.social import reddit
from tests.data_pipeline.sources.social.samples import SAMPLES
from tickertune.core.errors import TickerTuneError

NEW, SEARCH = (found for found in SAMPLES if found.source is reddit.SOURCE)


def submission(serial: str, created: float = 1_750_000_000.0, **fields):
    data = {"id": serial, "name": f"t3_{serial}", "title": f"Title {serial}", "subreddit": "stocks", "selftext": "Text & <b>",
            "created_utc": created, "permalink": f"/r/stocks/comments/{serial}/", "edited": False, **fields}  # fmt: skip
    return {"kind": "t3", "data": data}


def parse(children, after=None, request=NEW.request):
    body = json.dumps({"kind": "Listing", "data": {"children": children, "after": after}}).encode()
    return reddit.SOURCE.parse(replace(NEW, request=request, unwrap=None).response(body))


def test_a_recorded_listing_is_read_whole():
    parsed = NEW.parse()
    assert not parsed.unknown_fields
    assert parsed.documents[0].published_at == datetime(2016, 3, 1, 8, 37, 38, tzinfo=UTC)
    assert parsed.documents[0].url.startswith("https://www.reddit.com/r/AskReddit/comments/48fbm9/")


def test_recorded_edits_are_the_time_of_the_text():
    edited = [found for found in SEARCH.parse().documents if found.updated_at]
    assert len(edited) == 4
    assert edited[0].updated_at == datetime.fromtimestamp(1439447718, UTC)
    assert edited[0].published_at < edited[0].updated_at


def test_subreddits_by_name_by_address_and_by_default():
    scope = Scope(query="wallstreetbets, r/stocks", urls=("https://old.reddit.com/r/options/top/",))
    urls = [request.url for request in reddit.SOURCE.stream(Cursor(), scope)]
    assert urls == [f"https://oauth.reddit.com/r/{name}/new" for name in ("wallstreetbets", "stocks", "options")]
    assert "r/wallstreetbets/new" in reddit.SOURCE.stream(Cursor(), Scope())[0].url
    for wrong in (Scope(urls=("https://example.com/r/x",)), Scope(query="../../api")):
        with pytest.raises(TickerTuneError):
            reddit.SOURCE.stream(Cursor(), wrong)


def test_pages_are_followed_until_what_was_seen():
    (request,) = reddit.SOURCE.stream(Cursor(marks={"stocks": Mark(serial=int("zz", 36))}), Scope(query="stocks"))
    assert parse([submission("100")], "t3_100").follow == []  # without a cursor, one page
    (second,) = parse([submission("102"), submission("101")], "t3_101", request).follow
    assert second.params["after"] == "t3_101"
    assert parse([submission("100"), submission("zz")], "t3_zz", second).follow == []
    assert parse([submission("100")], "t3_101", second).follow == []  # the same page again
    assert parse([], "t3_1", second).follow == []
    pages = 1
    while following := parse([submission("200")], f"t3_{pages}", request).follow:
        (request,) = following
        pages += 1
    assert pages == 10  # a listing holds no more


def test_a_removed_text_is_left_out_and_an_old_edit_has_no_time():
    parsed = parse(
        [submission("a1", selftext="[removed]"), submission("a2", edited=True), submission("A3", edited=9e8)]
    )
    assert [found.body for found in parsed.documents] == ["", "Text & <b>", "Text & <b>"]
    assert parsed.counts["removed_texts"] == 1
    assert [found.updated_at is None for found in parsed.documents] == [True, True, False]
    assert parsed.marks["askreddit"].serial == int("a3", 36)


def test_comments_in_a_listing_are_counted_and_bad_ids_set_aside():
    parsed = parse([{"kind": "t1", "data": {}}, submission("a1"), {"kind": "t3", "data": {"id": "a2"}}])
    assert parsed.counts["no_submissions"] == 1
    assert (len(parsed.documents), len(parsed.quarantine)) == (1, 1)


@pytest.mark.parametrize(
    ("payload", "kind"), [({"message": "Unauthorized", "error": 401}, "credentials"), ({}, "content")]
)
def test_errors_are_refused(payload, kind):
    with pytest.raises(RefusedResponse) as refusal:
        reddit.SOURCE.parse(replace(NEW, unwrap=None).response(json.dumps(payload).encode()))
    assert refusal.value.kind == kind


def test_the_token_comes_by_oauth_and_nothing_is_planned_by_date():
    (auth,) = reddit.SOURCE.stream(Cursor(), Scope(query="stocks"))[0].auth
    assert (auth.place, auth.env, auth.secret_env) == ("oauth", "REDDIT_CLIENT_ID", "REDDIT_CLIENT_SECRET")
    assert reddit.SOURCE.info.modes == ("stream",)
