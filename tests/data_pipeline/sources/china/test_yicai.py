"""Yicai."""

from datetime import UTC, datetime

from data_pipeline.sources.china.yicai import SOURCE
from data_pipeline.sources.protocol import Cursor, Mark, Scope
from tests.data_pipeline.sources.china.helpers import answer, fixture
from tests.data_pipeline.sources.china.samples import newest_request

LATEST = fixture("yicai/latest.json")


def test_creation_is_publication_and_the_last_change_is_an_update():
    first, second = SOURCE.parse(answer(newest_request(SOURCE), LATEST, "stream")).documents
    assert first.published_at == datetime(2025, 6, 3, 1, 45, 12, tzinfo=UTC)
    assert first.updated_at == datetime(2025, 6, 3, 2, 20, 40, tzinfo=UTC)
    assert second.updated_at is None


def test_addresses_are_made_absolute_and_subscribers_articles_stand_below_vip():
    first, second = SOURCE.parse(answer(newest_request(SOURCE), LATEST, "stream")).documents
    assert first.url == "https://www.yicai.com/news/102600001.html"
    assert second.url == "https://www.yicai.com/vip/image/102600002.html"


def test_a_stream_pages_back_to_its_cursor():
    cursor = Cursor(marks={"": Mark(at=datetime(2025, 6, 2, tzinfo=UTC))})
    second = SOURCE.parse(answer(SOURCE.stream(cursor, Scope())[0], LATEST, "stream")).follow[0]
    assert second.params["page"] == "2"
    assert SOURCE.parse(answer(second, [], "stream")).follow == []
