"""Eastmoney stock forum."""

from datetime import UTC, datetime

import pytest

from data_pipeline.sources.china.guba import SOURCE
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse
from tests.data_pipeline.sources.china.helpers import answer
from tests.data_pipeline.sources.china.samples import STOCK, newest_request
from tests.data_pipeline.sources.sample import FIXTURES

PAGE = (FIXTURES / "guba" / "list_600519.html").read_bytes()


def test_posts_are_stamped_in_beijing_and_linked_to_their_forums_stock():
    first, _, third = SOURCE.parse(answer(newest_request(SOURCE, STOCK), PAGE, "stream")).documents
    assert first.published_at == datetime(2025, 6, 3, 4, 24, 22, tzinfo=UTC)
    assert [(link.symbol, link.detail) for link in first.symbols] == [("600519.SH", "stockbar_market")]
    assert third.symbols == []  # the forum of a sector


def test_an_answer_under_an_old_question_was_not_known_when_it_was_asked():
    question = SOURCE.parse(answer(newest_request(SOURCE, STOCK), PAGE, "range")).documents[1]
    assert question.published_at == datetime(2025, 3, 1, 3, 54, 48, tzinfo=UTC)
    assert question.available_at == question.updated_at == datetime(2025, 6, 3, 1, 16, 40, tzinfo=UTC)


def test_a_stream_pages_back_to_its_cursor_by_address():
    cursor = Cursor(marks={"600519.SH": Mark(at=datetime(2025, 6, 1, tzinfo=UTC))})
    request = SOURCE.stream(cursor, STOCK)[0]
    assert request.url == "https://guba.eastmoney.com/list,600519,f.html"
    second = SOURCE.parse(answer(request, PAGE, "stream")).follow[0]
    assert second.url == "https://guba.eastmoney.com/list,600519,f_2.html"
    assert SOURCE.parse(answer(second, PAGE, "stream")).follow == []


def test_a_page_in_gb18030_is_read():
    page = PAGE.decode().replace('<meta charset="utf-8">', "").encode("gb18030")
    assert SOURCE.parse(answer(newest_request(SOURCE, STOCK), page, "stream")).documents[0].title == "明天看多"


@pytest.mark.parametrize(
    "page", ["<html>请完成验证</html>", '<script>var article_list={"re":[{"post_id":1</script>', "article_list=[]"]
)
def test_a_page_without_its_list_is_refused(page):
    with pytest.raises(RefusedResponse):
        SOURCE.parse(answer(newest_request(SOURCE, STOCK), page, "stream"))
