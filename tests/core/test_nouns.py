"""Nouns and their tables refuse what they do not know and times without a zone."""

from datetime import UTC, date, datetime, timedelta, timezone

import polars as pl
import pytest
from pydantic import ValidationError

from tickertune.core.decision import Decision
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Bar
from tickertune.core.table import check_table, frame_of, read_parquet, read_table, schema_of, write_table

DOCUMENT = {
    "doc_id": "d1", "source": "test", "category": "news", "market": "US", "licence": "MIT", "redistributable": True,
    "title": "t", "published_at": datetime(2023, 1, 3, 9, tzinfo=UTC), "time_quality": "exact",
    "available_at": datetime(2023, 1, 3, 9, tzinfo=UTC), "raw_sha256": "0", "parser_version": "1",
}  # fmt: skip
BARS = [
    Bar(instrument_id="A", session=date(2023, 1, day), open=1, high=2, low=1, close=2, volume=5, basis="traded")
    for day in (5, 3, 4)
]


def test_an_unknown_field_is_refused():
    with pytest.raises(ValidationError, match="mood"):
        Document.model_validate({**DOCUMENT, "mood": "good"})


def test_a_naive_time_is_refused():
    with pytest.raises(ValidationError, match="timezone"):
        Document.model_validate({**DOCUMENT, "published_at": datetime(2023, 1, 3, 9)})


def test_an_aware_time_is_kept_in_utc():
    eastern = datetime(2023, 1, 3, 4, tzinfo=timezone(timedelta(hours=-5)))
    document = Document.model_validate({**DOCUMENT, "published_at": eastern})
    assert document.published_at == DOCUMENT["published_at"]
    assert document.published_at.tzinfo == UTC


def test_a_decision_has_a_label_if_and_only_if_it_says_so():
    with pytest.raises(ValueError, match="does not go with"):
        Decision(outcome="unparsed", label="up")
    with pytest.raises(ValueError, match="does not go with"):
        Decision(outcome="label")


@pytest.mark.parametrize("position", [1.5, float("-inf"), float("nan")])
def test_a_decision_takes_no_position_beyond_the_whole(position):
    with pytest.raises(ValueError, match="outside of"):
        Decision(outcome="label", label="up", position=position)


def test_a_table_of_records_has_the_noun_schema():
    frame = frame_of(Document, [Document.model_validate(DOCUMENT)])
    assert frame.schema == schema_of(Document)
    assert frame.schema["published_at"] == pl.Datetime("us", "UTC")


def test_missing_and_unknown_columns_are_named():
    frame = frame_of(Bar, BARS).drop("volume").with_columns(mood=1)
    with pytest.raises(TickerTuneError, match=r"lacks the column\(s\) volume and has unknown column\(s\) mood"):
        check_table(frame, Bar, "The table")


def test_a_naive_column_is_refused():
    frame = frame_of(Document, [Document.model_validate(DOCUMENT)])
    naive = frame.with_columns(pl.col("published_at").dt.replace_time_zone(None))
    with pytest.raises(TickerTuneError, match="naive times, such as 2023-01-03"):
        check_table(naive, Document, "The table")


def test_equal_rows_give_equal_bytes(tmp_path):
    write_table(frame_of(Bar, BARS), tmp_path / "a.parquet", ["instrument_id", "session"])
    write_table(frame_of(Bar, BARS[::-1]), tmp_path / "b.parquet", ["instrument_id", "session"])
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()
    assert read_table(tmp_path / "a.parquet", Bar)["session"].is_sorted()


def test_a_truncated_parquet_file_is_told(tmp_path):
    path = tmp_path / "bars.parquet"
    write_table(frame_of(Bar, BARS), path, ["session"])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TickerTuneError, match="is not a readable parquet file"):
        read_parquet(path)


def test_a_missing_parquet_file_is_told(tmp_path):
    with pytest.raises(TickerTuneError, match="does not exist"):
        read_parquet(tmp_path / "none.parquet")
