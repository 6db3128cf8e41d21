"""Sina Finance."""

# ruff: noqa: RUF001

from datetime import UTC, datetime

import pytest

from data_pipeline.sources.china.sina import SOURCE
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.china.helpers import answer, fixture
from tests.data_pipeline.sources.china.samples import WINDOW, newest_request, window_request

ROLL = fixture("sina/roll_20250603.json")


def page(*items):
    return {"result": {"status": {"code": 0}, "total": len(items), "data": list(items)}}


def item(number, moment):
    address = f"https://finance.sina.com.cn/{number}.shtml"
    return {"docid": f"d{number}", "title": f"第{number}条", "url": address, "ctime": str(int(moment.timestamp()))}


def test_plan_asks_for_each_beijing_day_by_its_bounds():
    requests = SOURCE.plan(Cursor(), WINDOW, Scope())
    assert [request.params["date"] for request in requests] == ["2025-06-02", "2025-06-03", "2025-06-04", "2025-06-05"]
    bounds = {name: requests[1].params[name] for name in ("etime", "stime")}
    assert bounds == {"etime": "1748880000", "stime": "1748966400"}  # midnight and midnight in Beijing


def test_epoch_becomes_utc_and_a_later_change_delays_availability():
    first = SOURCE.parse(answer(window_request(SOURCE, index=1), ROLL)).documents[0]
    assert first.published_at == datetime(2025, 6, 3, 15, 58, 20, tzinfo=UTC)
    assert first.updated_at == first.available_at == datetime(2025, 6, 3, 16, 30, tzinfo=UTC)
    assert first.doc_id == "sina:inexa0000001"
    assert first.body == "示例银行称，5月新增贷款\xa0120亿元。"


def test_an_unchanged_item_was_known_when_it_was_published():
    second = SOURCE.parse(answer(window_request(SOURCE, index=1), ROLL)).documents[1]
    assert second.updated_at is None
    assert second.available_at == second.published_at


def test_items_outside_the_window_are_counted_not_kept():
    window = Window(since=datetime(2025, 6, 3, 1, 20, tzinfo=UTC), until=datetime(2025, 6, 3, 7, 4, 10, tzinfo=UTC))
    parsed = SOURCE.parse(answer(SOURCE.plan(Cursor(), window, Scope())[0], ROLL))
    assert [document.title for document in parsed.documents] == ["央行开展逆回购操作"]  # since counts, until does not
    assert parsed.counts["outside_window"] == 2


def test_paging_ends_at_an_empty_page_and_at_a_repeated_one():
    request = window_request(SOURCE, index=1)
    second = SOURCE.parse(answer(request, page(item(1, datetime(2025, 6, 3, 4, tzinfo=UTC))))).follow[0]
    assert (second.params["page"], second.params["date"]) == ("2", "2025-06-03")
    third = SOURCE.parse(answer(second, page(item(2, datetime(2025, 6, 3, 3, tzinfo=UTC))))).follow[0]
    assert SOURCE.parse(answer(third, page())).follow == []
    assert SOURCE.parse(answer(third, page(item(2, datetime(2025, 6, 3, 3, tzinfo=UTC))))).follow == []


def test_paging_ends_before_the_window():
    request = window_request(SOURCE, index=0)
    assert SOURCE.parse(answer(request, page(item(1, datetime(2025, 6, 1, 23, tzinfo=UTC))))).follow == []


def test_the_last_page_that_is_served_is_counted():
    request = window_request(SOURCE)
    last = request.model_copy(update={"context": {**request.context, "page": "200"}})
    parsed = SOURCE.parse(answer(last, page(item(1, datetime(2025, 6, 3, tzinfo=UTC)))))
    assert (parsed.follow, parsed.counts["page_limit_reached"]) == ([], 1)


def test_a_stream_reads_back_to_its_cursor_and_one_page_without_it():
    news = page(item(1, datetime(2025, 6, 3, 4, tzinfo=UTC)))
    assert SOURCE.parse(answer(newest_request(SOURCE), news, "stream")).follow == []
    cursor = Cursor(marks={"": Mark(at=datetime(2025, 6, 3, 3, tzinfo=UTC))})
    parsed = SOURCE.parse(answer(SOURCE.stream(cursor, Scope())[0], news, "stream"))
    assert parsed.follow[0].params["page"] == "2"
    assert parsed.marks[""].at == datetime(2025, 6, 3, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    "body", [{"result": {"status": {"code": 11, "msg": "param lid illegal"}, "data": []}}, "<html></html>", {"a": 1}]
)
def test_another_answer_is_refused(body):
    with pytest.raises(RefusedResponse) as refused:
        SOURCE.parse(answer(window_request(SOURCE), body))
    assert refused.value.kind == "content"
