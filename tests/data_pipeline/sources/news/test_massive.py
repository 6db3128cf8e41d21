import pytest

from data_pipeline.sources.news import massive
from data_pipeline.sources.news.massive import next_page
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.news.answers import collect, doc_ids, respond, symbols, utc, window
from tests.data_pipeline.sources.news.samples import SAMPLES

SOURCE = massive.SOURCE
APPLE = Scope(symbols=("AAPL",))
REQUEST = SOURCE.plan(Cursor(), window(utc(2025, 6, 9), utc(2025, 6, 10)), APPLE)[0]
RECORDED = next(sample for sample in SAMPLES if sample.source is SOURCE)
NEXT = "https://api.massive.com/v2/reference/news?cursor="


def article(number, at="2025-06-09T13:30:00Z"):
    return {"id": f"id{number}", "title": f"Article {number}", "published_utc": at, "tickers": ["AAPL"]}


def test_bounds_name_the_window_half_open():
    assert REQUEST.params["published_utc.gte"] == "2025-06-09T00:00:00Z"
    assert REQUEST.params["published_utc.lt"] == "2025-06-10T00:00:00Z"
    assert REQUEST.params["order"] == "asc"
    part = SOURCE.plan(Cursor(), window(utc(2025, 6, 9), utc(2025, 6, 10, 0, 0, 0, 500_000)), APPLE)[0]
    assert part.params["published_utc.lt"] == "2025-06-10T00:00:01Z"


def test_recorded_article_carries_all_tickers_and_its_time():
    (document,) = RECORDED.parse().documents
    assert symbols(document) == dict.fromkeys(["MSFT", "TSN", "NFLX", "AMZN"], "tickers")
    assert document.published_at == utc(2022, 4, 28, 17, 8)
    assert document.available_at == document.published_at
    assert document.body.startswith("If inflation is all due to an overly generous")
    assert not RECORDED.parse().unknown_fields


def test_pages_follow_by_cursor_and_end():
    pages = {None: ("a", 1), "a": ("b", 2), "b": (None, 3)}

    def serve(request):
        following, number = pages[request.params.get("cursor")]
        more = {"next_url": NEXT + following} if following else {}
        return {"status": "OK", "results": [article(number)], **more}

    asked, found = collect(SOURCE, [REQUEST], serve)
    assert doc_ids(found) == ["massive:id1", "massive:id2", "massive:id3"]
    assert all(request.auth == REQUEST.auth and request.context == REQUEST.context for request in asked)


def test_a_cursor_that_repeats_or_an_empty_page_ends_the_paging():
    request = REQUEST.model_copy(update={"params": {"cursor": "a"}})
    assert not respond(SOURCE, request, {"status": "OK", "results": [article(1)], "next_url": NEXT + "a"}).follow
    assert not respond(SOURCE, request, {"status": "OK", "results": [], "next_url": NEXT + "b"}).follow


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/v2/reference/news?cursor=a",
        "http://api.massive.com/v2/reference/news?cursor=a",
        "https://api.massive.com.evil.example/v2/reference/news?cursor=a",
        "https://user@api.massive.com/v2/reference/news?cursor=a",
        "https://api.massive.com:8443/v2/reference/news?cursor=a",
        "https://api.massive.com/v3/trades?cursor=a",
        "https://api.massive.com/v2/reference/news?limit=10",
        "//api.massive.com/v2/reference/news?cursor=a",
        "https://[bad/v2/reference/news?cursor=a",
        7,
        None,
    ],
)
def test_only_the_apis_own_next_page_is_asked(address):
    assert next_page(address, REQUEST) is None


def test_a_key_inside_the_next_address_is_not_taken_over():
    request = next_page("https://api.polygon.io/v2/reference/news?cursor=abc&apiKey=SECRET&ticker=AAPL", REQUEST)
    assert request.url == "https://api.massive.com/v2/reference/news"
    assert request.params == {"cursor": "abc", "ticker": "AAPL"}


def test_the_stream_reads_one_page_at_first_and_back_to_its_mark_later():
    page = {"status": "OK", "results": [article(1)], "next_url": NEXT + "a"}
    first = respond(SOURCE, SOURCE.stream(Cursor(), APPLE)[0], page, mode="stream")
    assert not first.follow
    (again,) = SOURCE.stream(Cursor().advanced(first.marks), APPLE)
    assert again.params["published_utc.gte"] == "2025-06-09T13:30:00Z"
    assert respond(SOURCE, again, page, mode="stream").follow


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"status": "ERROR", "error": "Unknown API Key"}, "credentials"),
        ({"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data."}, "credentials"),
        ({"status": "ERROR", "error": "You've exceeded the maximum requests per minute, please wait"}, "budget"),
        ({"status": "ERROR", "error": "something broke"}, "content"),
    ],
)
def test_refusals_are_told_apart(payload, kind):
    with pytest.raises(RefusedResponse) as refused:
        respond(SOURCE, REQUEST, payload)
    assert refused.value.kind == kind


def test_an_answer_without_results_is_empty():
    assert not respond(SOURCE, REQUEST, {"status": "OK", "count": 0}).documents
