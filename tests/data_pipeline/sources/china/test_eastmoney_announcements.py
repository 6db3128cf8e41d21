"""Eastmoney announcements, and the digests of its news."""

from datetime import UTC, datetime

import pytest

from data_pipeline.sources.china import eastmoney_announcements, eastmoney_digest
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Request, Scope
from tests.data_pipeline.sources.china.helpers import answer, fixture
from tests.data_pipeline.sources.china.samples import STOCK, WINDOW, window_request
from tests.data_pipeline.sources.sample import FIXTURES

SOURCE = eastmoney_announcements.SOURCE
PAGE = fixture("eastmoney_announcements/page.json")
DIGEST = fixture("eastmoney_digest/announcement_data_600519.json")


def test_the_time_of_display_is_publication_not_the_formal_date():
    first, second, third = SOURCE.parse(answer(window_request(SOURCE, STOCK), PAGE)).documents
    assert first.published_at == datetime(2025, 6, 3, 10, 54, 16, 409000, tzinfo=UTC)
    assert (first.available_at, first.availability) == (datetime(2025, 6, 3, 10, 55, 28, tzinfo=UTC), "vendor")
    assert second.available_at == second.published_at
    assert (third.published_at, third.time_quality) == (datetime(2025, 6, 2, 16, tzinfo=UTC), "day")


def test_plan_reaches_past_the_window_for_later_formal_dates():
    request = window_request(SOURCE, STOCK)
    assert (request.params["begin_time"], request.params["end_time"]) == ("2025-06-02", "2025-06-17")
    assert request.params["stock_list"] == "600519"
    assert len(SOURCE.plan(Cursor(), WINDOW, Scope())) == 16


def test_codes_become_symbols_with_the_exchange_of_their_market():
    parsed = SOURCE.parse(answer(window_request(SOURCE, STOCK), PAGE))
    assert [[link.symbol for link in document.symbols] for document in parsed.documents] == [
        ["600519.SH"],
        ["000002.SZ", "200002.SZ"],
        ["920819.BJ"],
    ]
    assert parsed.documents[0].url == "https://data.eastmoney.com/notices/detail/600519/AN202506031600000001.html"


def test_pages_follow_until_one_is_empty():
    second = SOURCE.parse(answer(window_request(SOURCE, STOCK), PAGE)).follow[0]
    assert second.params["page_index"] == "2"
    empty = {"success": 1, "error": "", "data": {"list": []}}
    assert SOURCE.parse(answer(second, empty)).follow == []


def test_a_failed_answer_is_refused():
    with pytest.raises(RefusedResponse):
        SOURCE.parse(answer(window_request(SOURCE, STOCK), {"success": 0, "error": "参数错误", "data": None}))


def test_a_digest_knows_the_day_alone():
    request = Request(url="file:///digests/announcement_data_600519.json")
    document = eastmoney_digest.SOURCE.parse(answer(request, DIGEST, "file")).documents[0]
    assert (document.published_at, document.time_quality) == (datetime(2025, 6, 2, 16, tzinfo=UTC), "day")
    assert document.available_at == datetime(2025, 6, 3, 16, tzinfo=UTC)
    assert document.category == "news"
    assert [link.instrument_id for link in document.symbols] == ["CN:600519.SH"]


def test_a_digest_that_counts_other_items_than_it_holds_is_noted():
    request = Request(url="file:///digests/announcement_data_600519.json")
    assert eastmoney_digest.SOURCE.parse(answer(request, {**DIGEST, "count": 2}, "file")).counts["count_differs"] == 1
    with pytest.raises(RefusedResponse):
        eastmoney_digest.SOURCE.parse(answer(request, {**DIGEST, "data_success": False}, "file"))


def test_digests_are_found_below_a_folder_or_named_alone():
    folder = FIXTURES / "eastmoney_digest"
    for path in (folder, folder / "announcement_data_600519.json"):
        requests = eastmoney_digest.SOURCE.plan(Cursor(), WINDOW, Scope(path=path))
        assert [request.url.rpartition("/")[2] for request in requests] == ["announcement_data_600519.json"]
