"""Xueqiu, and the cashtags of Chinese sites."""

# ruff: noqa: RUF001

from datetime import UTC, datetime

import pytest

from data_pipeline.sources.china.cashtags import cashtags
from data_pipeline.sources.china.xueqiu import SOURCE
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse
from tests.data_pipeline.sources.china.helpers import answer, fixture
from tests.data_pipeline.sources.china.samples import STOCK, newest_request

STATUSES = fixture("xueqiu/status_SH600519.json")


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("$平安银行(SZ000001)$ 大涨", ["000001.SZ"]),
        ("看 $平安银行 sz000001$ 和$茅台\uff08SH600519\uff09$", ["000001.SZ", "600519.SH"]),
        ("$腾讯控股(00700)$ $苹果(AAPL)$ 成本 $5 (SZ000001)", []),
        ("$恒生指数(HKHSI)$", []),
        ("", []),
    ],
)
def test_cashtags_name_mainland_listings_with_their_exchange(text, symbols):
    assert [symbol for symbol, _ in cashtags(text)] == symbols


def test_milliseconds_become_utc_and_markup_becomes_text():
    first, second = SOURCE.parse(answer(newest_request(SOURCE, STOCK), STATUSES, "stream")).documents
    assert first.published_at == datetime(2025, 6, 3, 2, 0, 1, 250000, tzinfo=UTC)
    assert first.body == "$贵州茅台(SH600519)$ 与 $腾讯控股(00700)$ 谁更便宜？"
    assert second.title == "半年回顾"
    assert second.updated_at == datetime(2025, 6, 3, tzinfo=UTC)


def test_a_field_outweighs_a_tag_and_a_tag_alone_is_a_cashtag():
    first, second = SOURCE.parse(answer(newest_request(SOURCE, STOCK), STATUSES, "stream")).documents
    assert [(link.symbol, link.evidence) for link in first.symbols] == [("600519.SH", "payload")]
    assert [(link.symbol, link.evidence, link.detail) for link in second.symbols] == [
        ("000001.SZ", "cashtag", "$平安银行(SZ000001)$")
    ]


def test_an_address_is_made_of_numbers_only():
    first, second = SOURCE.parse(answer(newest_request(SOURCE, STOCK), STATUSES, "stream")).documents
    assert (first.url, second.url) == ("https://xueqiu.com/9000000001/338000003", None)


def test_a_stream_pages_back_to_its_cursor_with_the_users_cookie():
    cursor = Cursor(marks={"600519.SH": Mark(at=datetime(2025, 6, 1, tzinfo=UTC))})
    request = SOURCE.stream(cursor, STOCK)[0]
    assert (request.params["symbol"], request.auth[0].env) == ("SH600519", "XUEQIU_TOKEN")
    parsed = SOURCE.parse(answer(request, STATUSES, "stream"))
    assert parsed.follow[0].params["page"] == "2"
    assert parsed.marks["600519.SH"].serial == 338000003


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error_code": "400016", "error_description": "遇到错误，请刷新页面或者重新登录帐号后再试"}, "credentials"),
        ({"error_code": "10022", "error_description": "系统繁忙"}, "content"),
        ("<html><script>challenge</script></html>", "content"),
        ("", "content"),
    ],
)
def test_an_ended_session_is_told_from_the_firewalls_page(body, kind):
    with pytest.raises(RefusedResponse) as refused:
        SOURCE.parse(answer(newest_request(SOURCE, STOCK), body, "stream"))
    assert refused.value.kind == kind
