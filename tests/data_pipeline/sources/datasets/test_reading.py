import gzip
import json
import lzma
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard

from data_pipeline.sources.datasets import fiqa, reading, stocknet, yahoo_articles
from data_pipeline.sources.datasets.reading import csv_rows, json_items, unpacked
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.datasets.samples import MADE, fixture, made
from tickertune.core.errors import TickerTuneError

WINDOW = Window(since=datetime(2014, 1, 1, tzinfo=UTC), until=datetime(2014, 1, 3, tzinfo=UTC))


def test_plan_lists_the_files_in_order_with_the_window():
    requests = stocknet.SOURCE.plan(Cursor(), WINDOW, Scope(path=fixture("stocknet")))
    assert [request.context["file"] for request in requests] == [
        "StockTable", "price/raw/ACME.csv", "tweet/raw/ACME/2014-01-02", "tweet/raw/ACME/2014-01-03",
    ]  # fmt: skip
    assert all(request.context["until"] == "2014-01-03T00:00:00+00:00" for request in requests)


def test_a_single_file_and_a_name_with_blanks_are_planned(tmp_path: Path):
    path = tmp_path / "a folder 100%" / "task1_made.json"
    path.parent.mkdir()
    path.write_text("{}")
    (request,) = fiqa.SOURCE.plan(Cursor(), WINDOW, Scope(path=path))
    assert request.url == f"file:{tmp_path}/a%20folder%20100%25/task1_made.json"
    assert request.context["file"] == "task1_made.json"


@pytest.mark.parametrize("path", [None, Path("no/such/folder"), fixture("surge")])
def test_a_path_without_the_data_set_is_an_error(path):
    with pytest.raises(TickerTuneError, match="fiqa"):
        fiqa.SOURCE.plan(Cursor(), WINDOW, Scope(path=path))


@pytest.mark.parametrize("sample", MADE, ids=lambda found: found.id)
def test_what_lies_outside_the_window_is_left_out(sample):
    window = {"since": "1995-01-01T00:00:00+00:00", "until": "1995-01-02T00:00:00+00:00"}
    request = sample.request.model_copy(update={"context": {**sample.request.context, **window}})
    parsed = sample.source.parse(replace(sample, request=request).response())
    assert parsed.bars == []
    assert all(found.published_at is None for found in parsed.documents)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, zstandard.compress, bytes])
def test_packed_files_are_unpacked_within_a_bound(pack):
    sample = made("yahoo_articles/2018_processed.json")
    packed = pack(sample.read())
    assert len(sample.source.parse(sample.response(packed)).documents) == 4
    with pytest.raises(RefusedResponse, match="damaged" if pack is not bytes else "expected JSON"):
        sample.source.parse(sample.response(packed[:-20]))
    small = yahoo_articles.SOURCE.info.model_copy(update={"max_bytes": 1_000})
    if pack is not bytes:
        with pytest.raises(RefusedResponse, match="more than 1,000 bytes"):
            unpacked(small, sample.response(pack(b"a" * 1_000_000)))


@pytest.mark.parametrize("chunk", [1, 7, 64, 4096])
def test_array_items_are_the_same_at_any_chunk(monkeypatch, chunk):
    items = [{"a": "é😀\n"}, [], "x", 1, -12.5e3, None, {"deep": [[{"b": [1, 2]}]]}, 1234567890]
    monkeypatch.setattr(reading, "CHUNK", chunk)
    for text in (json.dumps(items), json.dumps(items, ensure_ascii=False, indent=2), "\ufeff" + json.dumps(items)):
        assert list(json_items(text.encode())) == items


@pytest.mark.parametrize("body", [b"", b"{}", b"[1, 2", b'[{"a": 1}', b"[1] x", b"[\xff]", b"[" + b"1" * 9999 + b"]"])
def test_what_is_no_array_is_refused(body):
    with pytest.raises(RefusedResponse):
        list(json_items(body))


def test_a_csv_without_its_columns_or_in_another_encoding_is_refused():
    assert list(csv_rows(b'a,b\n1,"x\ny"\n', {"a"})) == [{"a": "1", "b": "x\ny"}]
    for body in (b"a,b\n1,2\n", "a,c\né,1\n".encode("latin-1")):
        with pytest.raises(RefusedResponse):
            list(csv_rows(body, {"c"}))
