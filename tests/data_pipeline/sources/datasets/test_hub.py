import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from data_pipeline.sources.datasets import hub
from data_pipeline.sources.datasets.hub import Declaration, _read_time
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope, Window
from tests.data_pipeline.sources.datasets.samples import made
from tickertune.core.errors import TickerTuneError

WINDOW = Window(since=datetime(2021, 1, 1, tzinfo=UTC), until=datetime(2021, 4, 1, tzinfo=UTC))


def plan(query: str):
    return hub.SOURCE.plan(Cursor(), WINDOW, Scope(query=query))


def test_a_declaration_becomes_a_request_and_its_context():
    files, rows = plan(
        "dataset=acme/news title=headline time=date ; dataset=zoo body=text via=rows split=test token=yes"
    )
    assert (files.url, files.params) == ("https://datasets-server.huggingface.co/parquet", {"dataset": "acme/news"})
    assert files.auth == ()
    assert rows.params == {"dataset": "zoo", "config": "default", "split": "test", "offset": "0", "length": "100"}
    assert [auth.env for auth in rows.auth] == ["HF_TOKEN"]
    assert Declaration.from_context(files.context) == Declaration(dataset="acme/news", title="headline", time="date")


@pytest.mark.parametrize(
    "query",
    [None, "", "acme/news", "dataset=acme/news", "title=x", "dataset=../etc title=x", "dataset=a title=x zone=Mars/Base",
     "dataset=a title=x colour=red"],
)  # fmt: skip
def test_a_wrong_declaration_is_an_error(query):
    with pytest.raises(TickerTuneError, match="source hub"):
        plan(query)


def test_only_files_of_the_part_at_the_hubs_address_are_followed():
    parsed = made("hub/parquet.json").parse()
    (file,) = parsed.follow
    assert file.url.startswith("https://huggingface.co/datasets/acme/news/resolve/")
    assert (file.context["step"], file.expects) == ("file", "bytes")
    assert "elsewhere.example" in parsed.quarantine[0].reason


def test_rows_are_read_by_the_declared_columns_and_cut_cells_set_aside():
    sample = made("hub/rows.json")
    parsed = sample.parse()
    first, later = parsed.documents
    assert (first.title, first.body) == ("Acme opens plant", "In Springfield.")
    assert [link.instrument_id for link in first.symbols] == ["global:ACME", "global:GLOBX"]
    assert (first.time_quality, first.available_at) == ("day", datetime(2021, 3, 27, tzinfo=UTC))
    assert later.published_at == datetime(2021, 7, 26, 12, tzinfo=UTC)
    assert "via=parquet" in parsed.quarantine[0].reason
    dates = {"since": WINDOW.since.isoformat(), "until": WINDOW.until.isoformat()}
    request = sample.request.model_copy(update={"context": {**sample.request.context, **dates}})
    assert len(hub.SOURCE.parse(replace(sample, request=request).response()).documents) == 1


def test_pages_of_rows_end_at_the_total_and_without_rows():
    sample = made("hub/rows.json")
    offsets, request = [], sample.request
    while True:
        parsed = hub.SOURCE.parse(replace(sample, request=request).response())
        if not parsed.follow:
            break
        (request,) = parsed.follow
        offsets.append(request.params["offset"])
    assert offsets == ["100", "200"]
    empty = json.loads(sample.read()) | {"rows": []}
    assert hub.SOURCE.parse(sample.response(json.dumps(empty).encode())).follow == []


def test_parquet_rows_and_a_missing_column():
    sample = made("hub/part.parquet")
    opens, closes = sample.parse().documents
    assert opens.published_at == datetime(2021, 3, 26, 13, 30, tzinfo=UTC)
    assert [link.symbol for link in opens.symbols] == ["ACME", "GLOBX"]
    assert (closes.time_quality, closes.body) == ("unknown", "")
    request = sample.request.model_copy(update={"context": {**sample.request.context, "title": "title"}})
    with pytest.raises(RefusedResponse, match="has no column title"):
        hub.SOURCE.parse(replace(sample, request=request).response())


@pytest.mark.parametrize(
    ("value", "zone", "expected", "quality"),
    [
        ("2021-03-26 10:00:00", "America/New_York", datetime(2021, 3, 26, 14, tzinfo=UTC), "exact"),
        ("2021-03-26T00:00:00", "America/New_York", datetime(2021, 3, 26, 4, tzinfo=UTC), "day"),
        ("2021-03-26 00:00:00 UTC", "America/New_York", datetime(2021, 3, 25, 10, tzinfo=UTC), "day"),
        (datetime(2021, 3, 26, tzinfo=UTC), "America/New_York", datetime(2021, 3, 25, 10, tzinfo=UTC), "day"),
        ("2021-03-26", "Asia/Shanghai", datetime(2021, 3, 25, 16, tzinfo=UTC), "day"),
        (1616767200, "UTC", datetime(2021, 3, 26, 14, tzinfo=UTC), "exact"),
    ],
)
def test_times_are_read_in_the_declared_zone_and_midnight_is_a_day(value, zone, expected, quality):
    stamp = _read_time(value, Declaration(dataset="a", title="t", zone=zone))
    assert (stamp.at, stamp.quality) == (expected, quality)


def test_an_error_of_the_viewer_is_refused():
    with pytest.raises(RefusedResponse, match="not exist"):
        hub.SOURCE.parse(made("hub/rows.json").response(b'{"error": "The dataset does not exist"}'))
