"""Tushare Pro news."""

# ruff: noqa: RUF001

import json
from datetime import UTC, datetime, timedelta

import pytest

from data_pipeline.sources.china.tushare import SOURCE
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.china.helpers import answer, fixture
from tests.data_pipeline.sources.china.samples import WINDOW, newest_request, window_request

FLASHES = fixture("tushare/news_sina.json")
ARTICLES = fixture("tushare/major_news.json")


def table(count):
    rows = [["2025-06-03 10:00:00", f"第{number}条", "", None] for number in range(count)]
    return {"code": 0, "msg": "", "data": {"fields": ["datetime", "content", "title", "channels"], "items": rows}}


def test_plan_asks_in_beijing_time_and_keeps_the_token_out():
    request = window_request(SOURCE)
    assert json.loads(request.body_json)["params"] == {
        "src": "sina",
        "start_date": "2025-06-02 08:00:00",
        "end_date": "2025-06-03 00:00:00",
    }
    assert "token" not in json.loads(request.body_json)
    assert [(auth.place, auth.name, auth.env) for auth in request.auth] == [("json", "token", "TUSHARE_TOKEN")]
    assert len(SOURCE.plan(Cursor(), WINDOW, Scope())) == 4 * 10  # touched days, nine media and the long articles


def test_rows_are_read_by_the_names_of_their_columns():
    first, second, third = SOURCE.parse(answer(window_request(SOURCE, index=10), FLASHES)).documents
    assert first.published_at == datetime(2025, 6, 3, 2, 5, 57, tzinfo=UTC)
    assert (second.title, third.title) == ("钢铁数据", "")
    article = SOURCE.parse(answer(window_request(SOURCE, index=19), ARTICLES)).documents[0]
    assert article.body == "第一段。\n第二段。"


def test_an_id_stays_when_the_text_below_a_title_changes():
    changed = json.loads(json.dumps(ARTICLES))
    changed["data"]["items"][0][1] = "<p>改过的第一段。</p>"
    ids = [SOURCE.parse(answer(window_request(SOURCE, index=19), body)).documents[0] for body in (ARTICLES, changed)]
    assert ids[0].doc_id == ids[1].doc_id
    assert ids[0].body != ids[1].body


def test_a_row_of_another_width_is_quarantined():
    broken = json.loads(json.dumps(FLASHES))
    broken["data"]["items"][0].append("more")
    parsed = SOURCE.parse(answer(window_request(SOURCE, index=10), broken))
    assert (len(parsed.documents), len(parsed.quarantine)) == (2, 1)


def test_a_cut_answer_is_asked_for_again_in_halves_down_to_a_second():
    request = window_request(SOURCE)
    first, second = SOURCE.parse(answer(request, table(1500))).follow
    assert first.context["start"] == request.context["start"]
    assert first.context["end"] == second.context["start"]
    assert second.context["end"] == request.context["end"]
    assert SOURCE.parse(answer(request, table(1499))).follow == []
    asked = [request]
    for _ in range(60):  # a busy second: the halving ends
        parsed = [SOURCE.parse(answer(one, table(1500))) for one in asked[:1]]
        if not parsed[0].follow:
            break
        asked = parsed[0].follow
    assert parsed[0].counts["cut"] == 1


def test_a_stream_starts_at_its_cursor_and_halves_up_to_the_answer():
    cursor = Cursor(marks={"sina": Mark(at=datetime(2025, 6, 3, tzinfo=UTC))})
    request = SOURCE.stream(cursor, Scope())[0]
    params = json.loads(request.body_json)["params"]
    assert (params["start_date"], params["end_date"]) == ("2025-06-03 08:00:00", "2099-12-31 23:59:59")
    halves = SOURCE.parse(answer(request, table(1500), "stream")).follow
    assert datetime.fromisoformat(halves[1].context["end"]) == datetime(2025, 6, 4, 2, tzinfo=UTC)
    first_look = SOURCE.parse(answer(newest_request(SOURCE), table(1500), "stream"))
    assert (first_look.follow, first_look.counts["cut"]) == ([], 1)


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (40101, "您的token不对，请确认。", "credentials"),
        (40203, "抱歉，您没有接口(news)访问权限", "credentials"),
        (2002, "抱歉，您的积分不足", "credentials"),
        (40203, "抱歉，您每天最多访问该接口2次", "budget"),
        (40203, "抱歉，您每小时最多访问该接口20次", "budget"),
        (40203, "抱歉，您每分钟最多访问该接口2次", "content"),
        (50101, "服务器内部错误", "content"),
    ],
)
def test_an_error_in_an_ordinary_answer_is_told_by_kind(code, message, kind):
    with pytest.raises(RefusedResponse) as refused:
        SOURCE.parse(answer(window_request(SOURCE), {"code": code, "msg": message, "data": None}))
    assert refused.value.kind == kind


def test_a_window_within_a_day_is_asked_for_as_it_is():
    since = datetime(2025, 6, 3, 3, tzinfo=UTC)
    window = Window(since=since, until=since + timedelta(hours=1))
    requests = SOURCE.plan(Cursor(), window, Scope())
    assert len(requests) == 10
    assert json.loads(requests[0].body_json)["params"]["start_date"] == "2025-06-03 11:00:00"
