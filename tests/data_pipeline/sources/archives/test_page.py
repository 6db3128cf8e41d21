"""Pages by address."""

from datetime import UTC, datetime

import pytest

from data_pipeline.sources.archives import page
from data_pipeline.sources.protocol import Cursor, Request, Response, Scope, Window
from tests.data_pipeline.sources.archives.made_warc import press_release
from tests.data_pipeline.sources.archives.samples import PAGES, page_sample
from tickertune.core.errors import TickerTuneError

URL = "https://www.example.com/2025/06/northgate-widgets-lifts-outlook"
FETCHED = datetime(2025, 6, 5, 12, tzinfo=UTC)


def window(first: int, last: int) -> Window:
    """Return days of June 2025."""
    return Window(since=datetime(2025, 6, first, tzinfo=UTC), until=datetime(2025, 6, last, tzinfo=UTC))


def parse(request: Request, mode: str, body: bytes | None = None):
    headers = {"content-type": "text/html"}
    return page.SOURCE.parse(Response(request, URL, 200, headers, body or press_release(), FETCHED, mode))


def test_each_address_is_asked_for_once():
    requests = page.SOURCE.plan(Cursor(), window(2, 4), Scope(urls=(URL, "https://www.example.com/b", URL)))
    assert [request.url for request in requests] == [URL, "https://www.example.com/b"]
    assert page.SOURCE.info.robots


@pytest.mark.parametrize("url", ["http://www.example.com/a", "file:///etc/passwd", "www.example.com/a"])
def test_other_addresses_are_refused_with_a_remedy(url):
    with pytest.raises(TickerTuneError, match="Name full addresses"):
        page.SOURCE.stream(Cursor(), Scope(urls=(url,)))


@pytest.mark.parametrize(("days", "documents"), [((2, 4), 1), ((3, 4), 1), ((4, 6), 0), ((1, 3), 0)])
def test_article_outside_the_window_is_left_out(days, documents):
    request = page.SOURCE.plan(Cursor(), window(*days), Scope(urls=(URL,)))[0]
    assert len(parse(request, "range").documents) == documents


def test_text_was_known_when_it_was_last_changed_or_when_we_saw_it():
    changed = datetime(2025, 6, 4, 6, 0, 10, tzinfo=UTC)
    fetched_later = parse(Request(url=URL), "range").documents[0]
    assert (fetched_later.available_at, fetched_later.availability) == (changed, "lag")
    assert fetched_later.updated_at == changed
    live = parse(Request(url=URL), "stream").documents[0]
    assert (live.available_at, live.availability) == (FETCHED, "seen")


def test_same_article_has_the_same_id_under_any_address():
    plain = parse(Request(url=URL), "range").documents[0]
    tracked = page.SOURCE.parse(
        Response(Request(url=f"{URL}?utm=x"), f"{URL}?utm=x", 200, {}, press_release(), FETCHED, "range")
    ).documents[0]
    assert plain.doc_id == tracked.doc_id == f"pages:{URL}"


def test_page_without_an_article_is_set_aside():
    parsed = parse(Request(url=URL), "range", b"<html><body><p>Please log in</p></body></html>")
    assert not parsed.documents
    assert [item.reason for item in parsed.quarantine] == ["no article text found"]


def test_recorded_page_carries_its_publisher_times():
    document = page_sample("CNBC_2023_04_28").parse().documents[0]
    assert document.published_at == datetime(2023, 4, 28, 18, 23, tzinfo=UTC)
    assert document.url == PAGES["CNBC_2023_04_28"]
    assert not document.redistributable
