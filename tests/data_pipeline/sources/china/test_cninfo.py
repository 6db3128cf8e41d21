"""CNInfo announcements."""

from datetime import UTC, datetime

import pytest

from data_pipeline.sources.china.cninfo import SOURCE
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope
from tests.data_pipeline.sources.china.helpers import answer, fixture
from tests.data_pipeline.sources.china.samples import STOCK, WINDOW, newest_request, window_request

PAGE = fixture("cninfo/announcements.json")
COMPANIES = fixture("cninfo/szse_stock.json")


def test_plan_asks_for_each_day_and_exchange():
    requests = SOURCE.plan(Cursor(), WINDOW, Scope())
    assert len(requests) == 4 * 3
    assert (requests[3].form["seDate"], requests[3].form["plate"]) == ("2025-06-03~2025-06-03", "sz")


def test_midnight_is_the_formal_date_and_another_time_is_exact():
    first, second, third = SOURCE.parse(answer(window_request(SOURCE, index=3), PAGE)).documents
    assert (second.published_at, second.time_quality) == (datetime(2025, 6, 3, 9, 42, 47, tzinfo=UTC), "exact")
    assert (third.published_at, third.time_quality) == (datetime(2025, 6, 2, 16, tzinfo=UTC), "day")
    assert third.available_at == datetime(2025, 6, 3, 16, tzinfo=UTC)
    assert first.available_at <= datetime(2025, 6, 4, 2, tzinfo=UTC)  # in our hands: known


def test_tomorrows_formal_date_seen_today_is_no_time_of_publication():
    evening = datetime(2025, 6, 3, 13, tzinfo=UTC)
    parsed = SOURCE.parse(answer(newest_request(SOURCE), PAGE, "stream", at=evening))
    first = parsed.documents[0]
    assert (first.published_at, first.time_quality) == (None, "unknown")
    assert (first.available_at, first.availability) == (evening, "seen")
    assert parsed.counts["stamps_after_fetch"] == 1
    assert all(mark.at <= evening for mark in parsed.marks.values())


def test_codes_become_symbols_and_the_file_its_address():
    first, second, third = SOURCE.parse(answer(window_request(SOURCE, index=3), PAGE)).documents
    assert first.title == "示例酒业2024年年度股东会决议公告"
    assert first.url == "https://static.cninfo.com.cn/finalpage/2025-06-04/1223000001.PDF"
    assert [link.symbol for link in second.symbols] == ["000002.SZ", "200002.SZ"]
    assert ([link.symbol for link in third.symbols], third.url) == (["430047.BJ"], None)
    assert first.category == "filing"


def test_a_file_address_of_another_shape_is_not_used():
    body = {"hasMore": False, "announcements": [{**PAGE["announcements"][0], "adjunctUrl": "//evil.example/x.PDF"}]}
    assert SOURCE.parse(answer(window_request(SOURCE, index=3), body)).documents[0].url is None


def test_pages_follow_while_there_are_more():
    request = window_request(SOURCE, index=3)
    second = SOURCE.parse(answer(request, PAGE)).follow[0]
    assert (second.form["pageNum"], second.form["seDate"]) == ("2", "2025-06-03~2025-06-03")
    assert SOURCE.parse(answer(second, {**PAGE, "hasMore": False})).follow == []
    assert SOURCE.parse(answer(second, {"announcements": None, "hasMore": False})).documents == []


def test_a_day_of_more_than_the_site_serves_is_asked_for_by_board():
    request = window_request(SOURCE, index=3)
    crowded = {**PAGE, "totalRecordNum": 3001}
    parsed = SOURCE.parse(answer(request, crowded))
    assert [one.form["plate"] for one in parsed.follow] == ["szmb", "szzx", "szcy"]
    assert {one.form["pageNum"] for one in parsed.follow} == {"1"}
    board = SOURCE.parse(answer(parsed.follow[0], crowded))
    assert ([one.form["pageNum"] for one in board.follow], board.counts["more_than_served"]) == (["2"], 1)


def test_named_companies_are_asked_for_by_the_sites_own_id():
    scope = Scope(symbols=("600519", "688256.SH", "601398.SH"))
    parsed = SOURCE.parse(answer(SOURCE.plan(Cursor(), WINDOW, scope)[0], COMPANIES))
    assert [request.form["stock"] for request in parsed.follow] == ["600519,gssh0600519", "688256,9900024448"]
    assert parsed.follow[0].form["seDate"] == "2025-06-02~2025-06-05"
    assert [item.reason for item in parsed.quarantine] == ["no company has the code of 601398.SH"]


def test_the_stream_of_a_company_goes_back_to_its_own_cursor():
    at = datetime(2025, 6, 3, tzinfo=UTC)
    request = SOURCE.stream(Cursor(marks={"600519.SH": Mark(at=at)}), STOCK)[0]
    query = SOURCE.parse(answer(request, COMPANIES, "stream")).follow[0]
    assert (query.context["after"], query.form["seDate"]) == (at.isoformat(), "")
    parsed = SOURCE.parse(answer(query, PAGE, "stream"))
    assert parsed.follow[0].form["pageNum"] == "2"
    assert "600519.SH" in parsed.marks


@pytest.mark.parametrize("body", ["<html></html>", [], {"announcements": 5, "hasMore": False}])
def test_another_answer_is_refused(body):
    with pytest.raises(RefusedResponse):
        SOURCE.parse(answer(window_request(SOURCE), body))
