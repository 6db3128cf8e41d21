"""Eastmoney news: flashes and search."""

# ruff: noqa: RUF001

import json
from datetime import UTC, datetime

import pytest

from data_pipeline.sources.china.eastmoney import SOURCE
from data_pipeline.sources.protocol import Cursor, Mark, RefusedResponse, Scope
from tests.data_pipeline.sources.china.helpers import answer, fixture
from tests.data_pipeline.sources.china.samples import STOCK, newest_request
from tests.data_pipeline.sources.sample import FIXTURES
from tickertune.core.errors import TickerTuneError

FLASHES = fixture("eastmoney/fast_news.json")
FOUND = (FIXTURES / "eastmoney" / "search_600519.jsonp").read_bytes()


def test_flashes_are_stamped_in_beijing_and_linked_to_mainland_listings_only():
    parsed = SOURCE.parse(answer(newest_request(SOURCE), FLASHES, "stream"))
    first, second, third = parsed.documents
    assert first.published_at == datetime(2025, 6, 3, 6, 16, 56, tzinfo=UTC)
    assert [link.instrument_id for link in first.symbols] == ["CN:002230.SZ"]  # not the sector BK0475
    assert second.title == ""
    assert [link.symbol for link in third.symbols] == ["600519.SH"]  # not AAPL
    assert third.url == "https://finance.eastmoney.com/a/202506033420000003.html"


def test_a_stream_goes_back_to_its_cursor_by_the_vendors_own_mark():
    cursor = Cursor(marks={"": Mark(at=datetime(2025, 6, 3, 1, tzinfo=UTC))})
    older = SOURCE.parse(answer(SOURCE.stream(cursor, Scope())[0], FLASHES, "stream")).follow[0]
    assert older.params["sortEnd"] == "1748921698000003"
    assert SOURCE.parse(answer(older, FLASHES, "stream")).follow == []  # the same page again
    seen = Cursor(marks={"": Mark(at=datetime(2025, 6, 3, 7, tzinfo=UTC))})
    assert SOURCE.parse(answer(SOURCE.stream(seen, Scope())[0], FLASHES, "stream")).follow == []


def test_search_asks_by_code_and_links_the_named_stock():
    request = newest_request(SOURCE, STOCK, 1)
    assert json.loads(request.params["param"])["keyword"] == "600519"
    parsed = SOURCE.parse(answer(request, FOUND, "stream"))
    assert parsed.documents[0].title == "示例酒业(600519)：拟每10股派25元"
    assert "<em>" not in parsed.documents[0].body
    assert [link.symbol for link in parsed.documents[1].symbols] == ["600519.SH"]
    assert parsed.marks["600519.SH"].at == datetime(2025, 6, 3, 12, 1, tzinfo=UTC)


def test_a_symbol_that_is_no_listing_is_told_to_the_user():
    with pytest.raises(TickerTuneError, match="AAPL"):
        SOURCE.stream(Cursor(), Scope(symbols=("AAPL",)))


@pytest.mark.parametrize("body", [{"code": "5", "message": "busy", "data": None}, "<html>verify</html>", "found("])
def test_another_answer_is_refused(body):
    with pytest.raises(RefusedResponse):
        SOURCE.parse(answer(newest_request(SOURCE), body, "stream"))
