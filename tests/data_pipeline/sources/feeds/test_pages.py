import json

import pytest

from data_pipeline.sources.feeds import alliance_news, cnbc_search, the_fly, tipranks
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope
from tests.data_pipeline.sources.feeds.helpers import WINDOW, answer, fixture, paged, plan_of, stream_of, utc

OLD = "2025-05-01T10:00:00.000Z"


def test_the_fly_reads_new_york_time_in_summer_and_winter():
    parsed = the_fly.SOURCE.parse(answer(stream_of(the_fly.SOURCE)[0], fixture("the_fly/news.html")))
    first, second, third = parsed.documents
    assert first.published_at == utc(2025, 6, 17, 14, 35, 42)
    assert third.published_at == utc(2025, 1, 13, 21, 30)
    assert first.doc_id == "the_fly:9000003"
    assert first.body == "Trading resumed at 10:35 after a halt."
    assert [link.symbol for link in second.symbols] == ["OGX", "PRTX"]
    assert second.title == "Made-Up Grower's deal with Made-Up Partner"
    assert third.symbols == []
    assert not parsed.unknown_fields


def test_the_fly_leaves_the_teaser_of_a_locked_story_out():
    parsed = the_fly.SOURCE.parse(answer(stream_of(the_fly.SOURCE)[0], fixture("the_fly/news.html")))
    assert [bool(document.body) for document in parsed.documents] == [True, False, False]
    assert parsed.counts["locked"] == 1
    assert ["data-datenews" in item.reason for item in parsed.quarantine] == [True]


def test_the_fly_counts_new_attributes_and_refuses_a_login_page():
    request = stream_of(the_fly.SOURCE, symbols=("AAPL",))[0]
    assert request.params == {"symbol": "AAPL"}
    body = fixture("the_fly/news.html").replace(b'data-id="9000003"', b'data-id="9000003" data-mood="glad"')
    assert the_fly.SOURCE.parse(answer(request, body)).unknown_fields == {"Story.data-mood": 1}
    with pytest.raises(RefusedResponse, match="login"):
        the_fly.SOURCE.parse(answer(request, b"<html><body><form>Sign in</form></body></html>"))
    empty = the_fly.SOURCE.parse(answer(request, b"<html><div class='newsFeedWidget'></div></html>"))
    assert empty.documents == []


def test_the_fly_has_no_range():
    with pytest.raises(TypeError, match="no range"):
        plan_of(the_fly.SOURCE)


def test_alliance_news_knows_a_text_no_earlier_than_its_last_change():
    request = plan_of(alliance_news.SOURCE)[0]
    parsed = alliance_news.SOURCE.parse(answer(request, fixture("alliance_news/articles.json"), mode="range"))
    first, second = parsed.documents
    assert first.title == "Made-Up Retailer backs guidance & plans buyback"
    assert (first.published_at, first.available_at) == (utc(2025, 6, 11, 7, 12, 30),) * 2
    assert second.published_at == utc(2025, 6, 11, 7, 5)  # 08:05 in British summer
    assert (first.market, first.doc_id) == ("UK", "alliance_news:made-up-retailer-backs-guidance")
    assert parsed.follow[0].params["nextId"] == "1749625500000"


def test_alliance_news_streams_one_page():
    parsed = alliance_news.SOURCE.parse(
        answer(stream_of(alliance_news.SOURCE)[0], fixture("alliance_news/articles.json"))
    )
    assert parsed.follow == []


def alliance_page(number: int, day: str, next_id: str | None) -> bytes:
    item = {"urlId": f"a{number}", "title": f"Title {number}", "updated": f"{day}T10:00:00Z"}
    return json.dumps({"results": [item], **({"nextId": next_id} if next_id else {})}).encode()


def test_alliance_news_pages_end():
    first = plan_of(alliance_news.SOURCE)[0]
    pages = [
        alliance_page(1, "2025-06-19", "n1"),
        alliance_page(2, "2025-06-05", "n2"),
        alliance_page(3, "2025-06-01", "n3"),
    ]
    parsed, made = paged(alliance_news.SOURCE, first, pages)
    assert made == 3
    assert [d.doc_id for page in parsed for d in page.documents] == ["alliance_news:a1", "alliance_news:a2"]
    assert paged(alliance_news.SOURCE, first, [alliance_page(1, "2025-06-19", "same")])[1] == 2
    assert paged(alliance_news.SOURCE, first, [alliance_page(1, "2025-06-19", None)])[1] == 1
    assert paged(alliance_news.SOURCE, first, [b'{"results": [], "nextId": "n1"}'])[1] == 1


def tipranks_page(number: int, date: str) -> bytes:
    post = {"_id": f"p{number}", "title": f"Post {number}", "link": "https://www.tipranks.com/news/p", "date": date}
    return json.dumps({"data": [post]}).encode()


def test_tipranks_reads_posts_and_takes_no_symbol_from_the_search():
    request = stream_of(tipranks.SOURCE, symbols=("AAPL",))[0]
    assert request.params["search"] == "AAPL"
    parsed = tipranks.SOURCE.parse(answer(request, fixture("tipranks/posts.json")))
    assert parsed.documents[0].doc_id == "tipranks:6840000000000000000000b2"
    assert parsed.documents[0].published_at == utc(2025, 6, 11, 14, 2, 11)
    assert parsed.documents[0].symbols == []
    assert not parsed.unknown_fields
    assert parsed.marks["AAPL"].at == utc(2025, 6, 11, 14, 2, 11)


def test_tipranks_pages_end_at_the_start_of_the_window_or_when_one_is_empty():
    first = plan_of(tipranks.SOURCE, query="chips")[0]
    pages = [
        tipranks_page(1, "2025-06-19T10:00:00.000Z"),
        tipranks_page(2, "2025-06-05T10:00:00.000Z"),
        tipranks_page(3, OLD),
    ]
    parsed, made = paged(tipranks.SOURCE, first, pages)
    assert made == 3
    assert [d.title for page in parsed for d in page.documents] == ["Post 1", "Post 2"]
    assert paged(tipranks.SOURCE, first, [pages[0], b'{"data": []}'])[1] == 2
    assert paged(tipranks.SOURCE, first, [pages[0]], limit=200)[1] == 100


def test_tipranks_refuses_an_ended_session_and_a_page_that_looks_for_robots():
    request = stream_of(tipranks.SOURCE)[0]
    with pytest.raises(RefusedResponse, match="Unauthorized") as refusal:
        tipranks.SOURCE.parse(answer(request, b'{"message": "Unauthorized"}'))
    assert refusal.value.kind == "credentials"
    with pytest.raises(RefusedResponse, match="markup"):
        tipranks.SOURCE.parse(answer(request, b"<html>Just a moment...</html>"))
    assert request.auth[0].env == "TIPRANKS_COOKIE"


def cnbc_page(number: int, date: str) -> bytes:
    result = {"cn:title": f"Result {number}", "url": f"https://www.cnbc.com/{number}", "datePublished": date}
    return json.dumps({"results": [result]}).encode()


def test_cnbc_search_reads_utc_and_the_last_change():
    request = plan_of(cnbc_search.SOURCE, query="kettles")[0]
    parsed = cnbc_search.SOURCE.parse(answer(request, fixture("cnbc_search/results.json"), mode="range"))
    first, second = parsed.documents
    assert first.title == "Kettle maker's shares jump"
    assert first.published_at == utc(2025, 6, 12, 20, 39, 41)
    assert first.available_at == first.updated_at == utc(2025, 6, 12, 21, 15)
    assert (second.updated_at, second.body) == (None, "A made-up analyst explains.")
    assert not parsed.unknown_fields
    assert "datePublished" in parsed.quarantine[0].reason


def test_cnbc_search_pages_end():
    first = plan_of(cnbc_search.SOURCE, query="kettles")[0]
    assert (first.params["endindex"], first.auth[0].env) == ("0", "CNBC_QUERYLY_KEY")
    pages = [cnbc_page(1, "2025-06-19T10:00:00+0000"), cnbc_page(2, "2025-06-01T10:00:00+0000")]
    parsed, made = paged(cnbc_search.SOURCE, first, pages)
    assert made == 2
    assert parsed[0].follow[0].params["endindex"] == "20"
    assert paged(cnbc_search.SOURCE, first, [pages[0], b'{"results": []}'])[1] == 2
    assert paged(cnbc_search.SOURCE, first, [pages[0]], limit=200)[1] == 50


def test_cnbc_search_refuses_a_wrong_key():
    with pytest.raises(RefusedResponse, match="invalid key") as refusal:
        cnbc_search.SOURCE.parse(answer(stream_of(cnbc_search.SOURCE, query="x")[0], b'{"message": "invalid key"}'))
    assert refusal.value.kind == "credentials"
    assert plan_of(cnbc_search.SOURCE, WINDOW) == []


MARK = utc(2025, 6, 4, 10)
NEWEST_FIRST = ("2025-06-19", "2025-06-05", "2025-06-03", "2025-06-01")
STREAMED = pytest.mark.parametrize(
    ("source", "stream", "pages", "limit"),
    [
        (
            alliance_news.SOURCE,
            "",
            [alliance_page(number, day, f"n{number}") for number, day in enumerate(NEWEST_FIRST)],
            200,
        ),
        (
            tipranks.SOURCE,
            "chips",
            [tipranks_page(number, f"{day}T10:00:00.000Z") for number, day in enumerate(NEWEST_FIRST)],
            100,
        ),
        (
            cnbc_search.SOURCE,
            "chips",
            [cnbc_page(number, f"{day}T10:00:00+0000") for number, day in enumerate(NEWEST_FIRST)],
            50,
        ),
    ],
    ids=lambda value: value.info.name if hasattr(value, "info") else None,
)


def streamed(source, stream, serve, mark=MARK, most=300):
    """Follow a stream that came to ``mark`` over what ``serve`` gives for each turn."""
    cursor = Cursor(marks={stream: Mark(at=mark)} if mark else {})
    queue, found = source.stream(cursor, Scope(query=stream or None)), []
    while queue and len(found) < most:
        found.append(source.parse(answer(queue.pop(0), serve(len(found)))))
        queue.extend(found[-1].follow)
    return found


@STREAMED
def test_a_stream_pages_back_to_where_it_came(source, stream, pages, limit):
    found = streamed(source, stream, lambda turn: pages[turn])
    assert [bool(parsed.documents) for parsed in found] == [True] * 3  # the third page lies before the mark
    assert found[0].marks[stream].at == utc(2025, 6, 19, 10)
    assert not any(parsed.counts["page_limit_reached"] for parsed in found)
    assert len(streamed(source, stream, lambda turn: pages[turn], mark=None)) == 1


@STREAMED
def test_the_pages_of_a_stream_are_bounded_and_the_cut_is_counted(source, stream, pages, limit):
    def serve(turn):  # a list that never ends and never grows old
        return pages[0].replace(b'"n0"', f'"n{turn}"'.encode())

    found = streamed(source, stream, serve)
    assert len(found) == limit
    assert [parsed.counts["page_limit_reached"] for parsed in found] == [0] * (limit - 1) + [1]


@STREAMED
def test_a_range_does_not_move_the_mark_of_a_stream_past_news_that_it_did_not_fetch(source, stream, pages, limit):
    request = plan_of(source, **({"query": stream} if stream else {}))[0]
    parsed = source.parse(answer(request, pages[0], mode="range"))
    assert len(parsed.documents) == 1
    assert stream not in parsed.marks
