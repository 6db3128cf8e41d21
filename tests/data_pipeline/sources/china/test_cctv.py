"""CCTV Xinwen Lianbo."""

# ruff: noqa: RUF001

from datetime import UTC, datetime

import pytest

from data_pipeline.sources.china.cctv import SOURCE
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.china.helpers import answer
from tests.data_pipeline.sources.china.samples import WINDOW, item_request, newest_request, window_request
from tests.data_pipeline.sources.sample import FIXTURES

PAGES = FIXTURES / "cctv"
DAY, DATED, UNDATED, PROGRAMME = (
    (PAGES / name).read_bytes()
    for name in ("day_20250603.html", "item_dated.html", "item_undated.html", "programme.html")
)


def test_plan_asks_for_the_page_of_each_beijing_day_since_2016():
    assert [request.url[-14:] for request in SOURCE.plan(Cursor(), WINDOW, Scope())] == [
        "20250602.shtml",
        "20250603.shtml",
        "20250604.shtml",
        "20250605.shtml",
    ]
    early = Window(since=datetime(2016, 2, 2, tzinfo=UTC), until=datetime(2016, 2, 4, 15, tzinfo=UTC))
    assert [request.context["day"] for request in SOURCE.plan(Cursor(), early, Scope())] == ["2016-02-04"]


def test_a_day_leads_to_each_item_once_and_to_no_other_site():
    parsed = SOURCE.parse(answer(window_request(SOURCE, index=1), DAY))
    assert [request.url for request in parsed.follow] == [
        "https://tv.cctv.com/2025/06/03/VIDEaaaaaaaaaaaaaaaaaaaa250603.shtml",
        "https://tv.cctv.com/2025/06/03/VIDEbbbbbbbbbbbbbbbbbbbb250603.shtml",
    ]
    assert {request.context["day"] for request in parsed.follow} == {"2025-06-03"}


def test_the_page_of_an_item_gives_script_and_its_own_stamp_not_a_date_of_the_news():
    document = SOURCE.parse(answer(item_request("VIDEaaaa"), DATED)).documents[0]
    assert document.title == "示例：全国夏粮收购有序展开"
    assert document.body.startswith("示例部门今天")
    assert (document.published_at, document.time_quality) == (datetime(2025, 6, 3, 12, 14, tzinfo=UTC), "minute")
    assert document.available_at == datetime(2025, 6, 3, 12, 15, tzinfo=UTC)
    assert document.doc_id == "cctv:2025/06/03/VIDEaaaa.shtml"


def test_without_a_stamp_only_the_day_is_known_and_the_script_is_available_after_it():
    document = SOURCE.parse(answer(item_request("VIDEbbbb"), UNDATED)).documents[0]
    assert (document.published_at, document.time_quality) == (datetime(2025, 6, 2, 16, tzinfo=UTC), "day")
    assert document.available_at == datetime(2025, 6, 3, 16, tzinfo=UTC)
    assert document.body == "示例港口吞吐量增长。\n示例铁路开通运营。"


def test_a_stamp_before_the_programme_is_not_believed():
    page = DATED.replace("2025年06月03日 20:14".encode(), "2024年01月01日 08:00".encode())
    assert SOURCE.parse(answer(item_request("VIDEaaaa"), page)).documents[0].time_quality == "day"


def test_the_stream_takes_the_newest_day_from_the_programmes_page():
    follow = SOURCE.parse(answer(newest_request(SOURCE), PROGRAMME, "stream")).follow
    assert [request.url for request in follow] == ["https://tv.cctv.com/lm/xwlb/day/20250603.shtml"]
    items = SOURCE.parse(answer(follow[0], DAY, "stream")).follow
    document = SOURCE.parse(answer(items[0], DATED, "stream")).documents[0]
    assert document.availability == "seen"


def test_a_page_in_gb18030_is_read_by_what_it_declares():
    page = UNDATED.decode().replace("utf-8", "gb2312").encode("gb18030")
    assert SOURCE.parse(answer(item_request("VIDEbbbb"), page)).documents[0].title == "国内联播快讯"


def test_a_page_without_headline_and_script_is_refused():
    with pytest.raises(RefusedResponse):
        SOURCE.parse(answer(item_request("VIDEbbbb"), "<html><body>404</body></html>"))
    with pytest.raises(RefusedResponse):
        SOURCE.parse(answer(newest_request(SOURCE), "<html><body>2025-06-03</body></html>", "stream"))
