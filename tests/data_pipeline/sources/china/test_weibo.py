"""Weibo."""

# ruff: noqa: RUF001

from datetime import UTC, datetime, timedelta

import pytest

from data_pipeline.sources.china.weibo import SOURCE
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.china.helpers import answer, fixture
from tests.data_pipeline.sources.china.samples import LONG_POST, POSTS, SEEN, WINDOW, newest_request, window_request
from tickertune.core.errors import TickerTuneError

SEARCH = fixture("weibo/search.json")
EXTEND = fixture("weibo/extend.json")


def test_search_and_accounts_are_asked_with_the_users_cookie():
    requests = SOURCE.plan(Cursor(), WINDOW, POSTS)
    assert [request.params["containerid"] for request in requests] == [
        "100103type=61&q=示例酒业&t=",
        "1076031700000001",
    ]
    assert {(auth.place, auth.name, auth.env) for request in requests for auth in request.auth} == {
        ("cookie", "SUB", "WEIBO_SUB")
    }
    with pytest.raises(TickerTuneError, match="example"):
        SOURCE.plan(Cursor(), WINDOW, Scope(urls=("https://example.com/u/1",)))


def test_a_relative_stamp_counts_back_from_the_answer():
    first, _ = SOURCE.parse(answer(newest_request(SOURCE, POSTS), SEARCH)).documents
    assert first.published_at == SEEN - timedelta(minutes=6)
    assert first.time_quality == "minute"
    assert first.available_at == SEEN - timedelta(minutes=5)
    assert first.body == "$示例酒业 sh600519$ 今天放量，@某人 怎么看"
    assert [(link.symbol, link.evidence) for link in first.symbols] == [("600519.SH", "cashtag")]


def test_an_edited_text_was_not_known_before_the_edit():
    document = SOURCE.parse(answer(newest_request(SOURCE, POSTS), SEARCH)).documents[1]
    assert document.published_at == datetime(2025, 6, 3, 2, tzinfo=UTC)
    assert document.available_at == document.updated_at == datetime(2025, 6, 3, 3, 30, tzinfo=UTC)


def test_a_long_post_is_taken_whole_with_the_stamp_of_its_list():
    parsed = SOURCE.parse(answer(newest_request(SOURCE, POSTS), SEARCH))
    request = parsed.follow[0]
    assert (request.url, request.params) == ("https://m.weibo.cn/statuses/extend", {"id": "5170000000000003"})
    later = SEEN + timedelta(days=2)
    document = SOURCE.parse(answer(request, EXTEND, at=later)).documents[0]
    assert document.doc_id == "weibo:5170000000000003"
    assert document.body == "长文的全部内容，\n第二行。$平安银行(SZ000001)$"
    assert document.published_at == datetime(2025, 6, 3, 4, 30, tzinfo=UTC)  # yesterday as the list was served
    assert [link.symbol for link in document.symbols] == ["000001.SZ"]


def test_pages_follow_back_to_the_window_and_end_where_there_is_no_more():
    request = window_request(SOURCE, POSTS)
    pages = [one for one in SOURCE.parse(answer(request, SEARCH)).follow if "post" not in one.context]
    assert [one.params["page"] for one in pages] == ["2"]
    end = SOURCE.parse(answer(pages[0], {"ok": 0, "msg": "这里还没有内容", "data": {"cards": []}}))
    assert (end.documents, end.follow) == ([], [])


def test_a_pinned_old_post_does_not_end_the_paging():
    card = SEARCH["data"]["cards"][1]["mblog"]
    old = {**card, "id": "1", "created_at": "Tue Mar 05 10:00:00 +0800 2019", "edit_at": None}
    body = {"ok": 1, "data": {"cards": [{"mblog": old}, {"mblog": card}]}}
    parsed = SOURCE.parse(answer(window_request(SOURCE, POSTS), body))
    assert parsed.counts["outside_window"] == 1
    assert len(parsed.follow) == 1


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"ok": -100, "url": "https://passport.weibo.com/sso/signin"}, "credentials"),
        ({"ok": 0, "msg": "请求过于频繁"}, "content"),
        ("<html>登录</html>", "content"),
    ],
)
def test_an_ended_session_is_told_from_another_refusal(body, kind):
    for request in (newest_request(SOURCE, POSTS), LONG_POST):
        with pytest.raises(RefusedResponse) as refused:
            SOURCE.parse(answer(request, body))
        assert refused.value.kind == kind
