import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_pipeline.sources import SourceData, load_source
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Bar, CorporateAction, Instrument
from tickertune.core.recipe import FilesSourceConfig
from tickertune.core.table import check_table

INSTRUMENTS = "symbol,name,exchange,instrument_id,valid_to,valid_from\nFB,Facebook Inc.,XNAS,1,2022-06-09,\nMETA,Meta,XNAS,1,,2022-06-09\n"
BARS = "symbol,session,open,high,low,close,volume,basis\nFB,2015-08-03,10,11,9,10,5,traded\nFB,2015-09-01,10,11,9,10,5,traded\n"
ACTIONS = "symbol,ex_date,kind,value\nFB,2015-08-04,cash_dividend,0.5\n"
DOCUMENTS = [{"title": "Facebook grows", "published_at": "2015-08-03T09:30:00-04:00", "symbols": ["$FB", "ZZZ"]}]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "instruments.csv").write_text(INSTRUMENTS)
    (tmp_path / "bars.csv").write_text(BARS)
    (tmp_path / "actions.csv").write_text(ACTIONS)
    write_documents(tmp_path, *DOCUMENTS)
    return tmp_path


def write_documents(folder: Path, *rows: Any) -> None:
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    (folder / "documents.jsonl").write_text("\n".join(lines) + "\n")


def load(folder: Path, documents: str = "documents.jsonl", bars: str = "bars.csv") -> SourceData:
    config = FilesSourceConfig(
        documents=folder / documents,
        bars=folder / bars,
        instruments=folder / "instruments.csv",
        actions=folder / "actions.csv",
    )
    return load_source(config, date(2015, 8, 1), date(2015, 9, 1))


def test_minimal_columns_take_the_stated_defaults(folder: Path) -> None:
    data = load(folder)
    for table, noun in (
        (data.documents, Document),
        (data.bars, Bar),
        (data.instruments, Instrument),
        (data.actions, CorporateAction),
    ):
        check_table(table, noun, noun.__name__)
    row = data.documents.row(0, named=True)
    assert row["published_at"] == row["available_at"] == datetime(2015, 8, 3, 13, 30, tzinfo=UTC)
    assert (row["category"], row["licence"], row["redistributable"], row["time_quality"]) == (
        "news",
        "unstated",
        False,
        "exact",
    )
    assert [(link["symbol"], link["instrument_id"]) for link in row["symbols"]] == [("FB", "1")]
    assert data.counts["symbols_of_no_instrument"] == 1
    assert row["doc_id"].startswith("files:")
    assert data.documents.equals(load(folder).documents)
    assert data.bars["session"].to_list() == [date(2015, 8, 3)]
    assert data.bars["instrument_id"].to_list() == data.actions["instrument_id"].to_list() == ["1"]
    assert data.quarantine.is_empty()


def test_csv_and_parquet_give_the_same_documents_as_jsonl(folder: Path) -> None:
    (folder / "documents.csv").write_text('title,published_at,symbols\nFacebook grows,2015-08-03T13:30:00Z,"FB, ZZZ"\n')
    times = [datetime(2015, 8, 3, 13, 30, tzinfo=UTC)]
    frame = pl.DataFrame({"title": ["Facebook grows"], "published_at": times, "symbols": [["FB", "ZZZ"]]})
    frame.write_parquet(folder / "documents.parquet")
    expected = load(folder).documents.drop("raw_sha256")
    for name in ("documents.csv", "documents.parquet"):
        assert load(folder, name).documents.drop("raw_sha256").equals(expected)


def test_date_alone_is_available_at_the_end_of_its_day_in_its_zone(folder: Path) -> None:
    write_documents(folder, {"title": "x", "published_at": "2015-08-03", "zone": "America/New_York"})
    row = load(folder).documents.row(0, named=True)
    assert row["published_at"] == datetime(2015, 8, 3, 4, 0, tzinfo=UTC)
    assert row["available_at"] == datetime(2015, 8, 4, 4, 0, tzinfo=UTC)
    assert row["time_quality"] == "day"


def test_first_seen_later_than_published_is_when_it_was_available(folder: Path) -> None:
    write_documents(
        folder, {"title": "x", "published_at": "2015-08-03T10:00:00Z", "first_seen_at": "2015-08-03T12:00:00Z"}
    )
    assert load(folder).documents["available_at"].to_list() == [datetime(2015, 8, 3, 12, 0, tzinfo=UTC)]


def test_rows_that_cannot_be_read_are_quarantined_with_the_reason(folder: Path) -> None:
    good = DOCUMENTS[0] | {"doc_id": "good", "mystery": 1}
    write_documents(
        folder,
        good,
        "{broken",
        '"text"',
        good,
        {"title": "no time"},
        good | {"doc_id": "b", "published_at": "yesterday"},
        good | {"doc_id": "c", "published_at": 1438608600},
        good | {"doc_id": "d", "category": "gossip"},
        good | {"doc_id": "e", "available_at": "2015-08-02T00:00:00Z"},
        good | {"doc_id": "f", "published_at": "2015-08-03", "zone": "Mars/Base"},
    )
    data = load(folder)
    assert data.documents["doc_id"].to_list() == ["good"]
    reasons = dict(data.quarantine.select("item", "reason").iter_rows())
    assert len(reasons) == 9
    for line, part in {
        2: "no JSON object",
        3: "not an object",
        4: "repeats",
        5: "published_at is missing",
        6: "not an ISO 8601 time",
        7: "not an ISO 8601 time",
        8: "category",
        9: "before published_at",
        10: "IANA",
    }.items():
        assert part in reasons[f"documents.jsonl:{line}"]
    assert data.counts["unknown_field:mystery"] >= 1


def test_bars_without_a_price_or_of_no_instrument_are_quarantined(folder: Path) -> None:
    rows = ("FB,2015-08-04,0,11,9,10,5,traded", "FB,2015-08-05,10,11,9,nan,5,traded", "FB,x,1,1,1,1,1,traded",
            "META,2015-08-06,1,1,1,1,1,traded", "FB,2015-08-07,1,1,1,1,1,traded,extra", "FB,2015-08-10,1,1,1,1,1,guess")  # fmt: skip
    (folder / "bars.csv").write_text(BARS + "\n".join(rows) + "\n")
    data = load(folder)
    assert data.bars["session"].to_list() == [date(2015, 8, 3)]
    assert data.quarantine["item"].sort().to_list() == [f"bars.csv:{line}" for line in range(4, 10)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("documents.jsonl", '{"title": "x", "published_at": "2015-08-03T10:00:00"}', "naive times.*State the zone"),
        ("documents.jsonl", '{"title": "x", "published_at": "2015-08-03"}', "dates alone.*zone"),
        ("documents.jsonl", '{"title": "x"}', "lacks the column.*published_at"),
        ("documents.jsonl", "", "no readable Document"),
        ("documents.jsonl", '{"title": "x", "published_at": "2016-08-03T10:00:00Z"}', "no documents from 2015-08-01"),
        ("bars.csv", BARS.replace(",basis", ",bias"), "lacks the column.*basis"),
        ("bars.csv", BARS.replace("2015-", "2016-"), "no bars before 2015-09-01"),
        ("bars.csv", 'symbol,"session\nFB', "not a readable CSV"),
        ("instruments.csv", "symbol,name\nFB,Facebook\n", "lacks the column.*exchange"),
        ("actions.csv", "symbol,ex_date,kind,value\nFB,2015-08-04,gift,1\n", "no readable CorporateAction.*kind"),
    ],
)
def test_bad_files_give_one_clear_error(folder: Path, name: str, content: str, message: str) -> None:
    (folder / name).write_text(content)
    with pytest.raises(TickerTuneError, match=message):
        load(folder)


def test_damaged_parquet_missing_file_and_unknown_ending_are_named(folder: Path) -> None:
    (folder / "bars.parquet").write_bytes(b"PAR1 not parquet")
    with pytest.raises(TickerTuneError, match=r"bars.parquet is not a readable parquet file"):
        load(folder, bars="bars.parquet")
    with pytest.raises(TickerTuneError, match=r"none.csv does not exist"):
        load(folder, bars="none.csv")
    (folder / "bars.xlsx").write_bytes(b"")
    with pytest.raises(TickerTuneError, match=r"unknown ending '.xlsx'. Use one of .jsonl"):
        load(folder, bars="bars.xlsx")


def test_naive_parquet_times_are_refused(folder: Path) -> None:
    pl.DataFrame({"title": ["x"], "published_at": [datetime(2015, 8, 3)]}).write_parquet(folder / "d.parquet")
    with pytest.raises(TickerTuneError, match=r"naive times.*d.parquet:1"):
        load(folder, "d.parquet")


def test_window_without_days_is_refused(folder: Path) -> None:
    config = FilesSourceConfig(documents=folder, bars=folder, instruments=folder)
    with pytest.raises(TickerTuneError, match="is empty"):
        load_source(config, date(2015, 8, 1), date(2015, 8, 1))
