import json
import shutil
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from data_pipeline.curation import curate
from data_pipeline.linking import link
from data_pipeline.sources import SourceData, load_source
from tickertune.core.document import Document
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Bar, Instrument
from tickertune.core.recipe import CurationConfig, StockNetSourceConfig
from tickertune.core.table import check_table

SINCE, UNTIL = date(2014, 1, 1), date(2014, 2, 1)
HEADER = "Date,Open,High,Low,Close,Adj Close,Volume"


def tweet(tweet_id: int, created_at: str, text: str, **fields: Any) -> str:
    return json.dumps({"id_str": str(tweet_id), "created_at": created_at, "text": text, "lang": "en", **fields})


def write(path: Path, *lines: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines) + b"\n")


def load(folder: Path, since: date = SINCE, until: date = UNTIL) -> SourceData:
    return load_source(StockNetSourceConfig(path=folder), since, until)


@pytest.fixture
def layout(tmp_path: Path) -> Path:
    """The data set's own layout: one tweet under two tickers, one after the day of its file, prices of both."""
    raw = tmp_path / "tweet" / "raw"
    shared = tweet(2, "Thu Jan 02 14:00:00 +0000 2014", "$AAPL and $GOOG rise", user={"id": 1}, made_up_field=1)
    late = tweet(1, "Wed Jan 01 23:30:00 -0500 2014", "$AAPL after \ud83d the bell")
    write(raw / "AAPL" / "2014-01-01", late)
    write(raw / "AAPL" / "2014-01-02", shared)
    write(raw / "GOOG" / "2014-01-02", shared)
    for ticker in ("AAPL", "GOOG"):
        rows = ("2013-12-31,10,11,9,10.5,10.1,1000", "2014-01-31,11,12,10,11,10.9,0", "2014-02-03,1,1,1,1,1,1")
        write(tmp_path / "price" / "raw" / f"{ticker}.csv", HEADER, *rows)
    write(tmp_path / "StockTable", "Sector\tSymbol\tCompany", "Basic Matierials\t$AAPL\tApple  Inc. ", "Tech\t$GOOG\tX")
    return tmp_path


def test_layout_gives_one_document_a_tweet_with_its_time_from_created_at(layout: Path) -> None:
    data = load(layout)
    check_table(data.documents, Document, "documents")
    assert data.documents["doc_id"].to_list() == ["stocknet:1", "stocknet:2"]
    known = [datetime(2014, 1, 2, 4, 30, tzinfo=UTC), datetime(2014, 1, 2, 14, 0, tzinfo=UTC)]
    assert data.documents["available_at"].to_list() == known
    assert data.documents["published_at"].to_list() == known
    symbols = [[link["instrument_id"] for link in links] for links in data.documents["symbols"]]
    assert symbols == [["US:AAPL"], ["US:AAPL", "US:GOOG"]]
    assert data.documents["title"][0] == "$AAPL after \ufffd the bell"
    assert set(data.documents["redistributable"]) == {False}
    assert data.quarantine.is_empty()
    assert data.counts["tweet_rows_merged_by_id"] == 1
    assert data.counts["unknown_field:made_up_field"] == 2
    assert "unknown_field:user" not in data.counts


def test_bars_keep_their_history_but_nothing_from_the_end_on(layout: Path) -> None:
    bars = load(layout).bars
    check_table(bars, Bar, "bars")
    assert bars["session"].unique().sort().to_list() == [date(2013, 12, 31), date(2014, 1, 31)]
    assert set(bars["basis"]) == {"split_adjusted"}
    assert bars.row(0, named=True)["adj_close"] == 10.1


def test_instruments_take_names_of_their_time(layout: Path) -> None:
    instruments = load(layout).instruments
    check_table(instruments, Instrument, "instruments")
    apple, google = instruments.to_dicts()
    assert (apple["name"], apple["sector"], apple["exchange"]) == ("Apple Inc.", "Basic Materials", "XNYS")
    assert [span["name"] for span in google["names"]] == ["Google Inc.", "Alphabet Inc."]


def test_lines_that_are_no_tweets_are_quarantined_with_the_reason(layout: Path) -> None:
    write(
        layout / "tweet" / "raw" / "GOOG" / "2014-01-03",
        "{broken",
        b"\xff\xfe",
        "[1]",
        tweet(7, "Fri Jan 03 10:00:00 2014", "naive"),
        json.dumps({"id_str": "8", "created_at": "Fri Jan 03 10:00:00 +0000 2014"}),
        tweet(9, "Fri Jan 03 10:00:00 +0000 2014", "good"),
    )
    data = load(layout)
    assert "stocknet:9" in data.documents["doc_id"].to_list()
    assert data.quarantine["item"].to_list() == [f"tweet/raw/GOOG/2014-01-03:{line}" for line in range(1, 6)]
    assert "with its zone" in data.quarantine["reason"][3]
    assert all(len(value) == 64 for value in data.quarantine["raw_sha256"])


def test_bad_price_rows_are_quarantined(layout: Path) -> None:
    write(
        layout / "price" / "raw" / "AAPL.csv",
        HEADER,
        "2014-01-02,10,11,9,10,10,5",
        "2014-01-02,10,11,9,10,10,5",
        "2014-01-03,null,null,null,null,null,null",
        "2014-01-06,0,11,9,10,10,5",
        "03.01.2014,10,11,9,10,10,5",
    )
    data = load(layout)
    assert data.bars.filter(pl.col("instrument_id") == "US:AAPL")["session"].to_list() == [date(2014, 1, 2)]
    assert data.quarantine["item"].to_list() == [f"price/raw/AAPL.csv:{line}" for line in (3, 4, 5, 6)]


def remove_column(folder: Path) -> None:
    write(folder / "price" / "raw" / "GOOG.csv", "Date,Open,High,Low,Close,Volume", "2014-01-02,1,1,1,1,1")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (remove_column, "GOOG.csv lacks the column.*Adj Close"),
        (lambda folder: shutil.rmtree(folder / "price"), "holds no CSV files"),
        (lambda folder: shutil.rmtree(folder / "tweet"), "holds neither tweet/raw nor tweets_"),
        (lambda folder: shutil.rmtree(folder), "does not exist"),
        (lambda folder: write(folder / "StockTable", "Symbol\tName"), "StockTable lacks the column.*Sector"),
    ],
)
def test_damaged_folders_give_one_clear_error(layout: Path, damage: Any, message: str) -> None:
    damage(layout)
    with pytest.raises(TickerTuneError, match=message):
        load(layout)


def test_empty_windows_are_refused(layout: Path) -> None:
    with pytest.raises(TickerTuneError, match="range 2014-02-01 to 2014-01-01 is empty"):
        load(layout, UNTIL, SINCE)
    with pytest.raises(TickerTuneError, match=r"no tweets from 2015.*Choose dates within 2014-01-02 to 2014-01-02"):
        load(layout, date(2015, 1, 1), date(2015, 2, 1))


TWEETS = pl.DataFrame(
    {
        "ticker": ["AAPL", "GOOG"],
        "id": ["2", "2"],
        "created_at": [datetime(2014, 1, 2, 14, tzinfo=UTC)] * 2,
        "text": ["$AAPL and $GOOG rise"] * 2,
        "lang": ["en", "en"],
        "reply_to": [None, "x"],
        "surprise": [1, 2],
    }
)
PRICES = pl.DataFrame(
    {
        "ticker": ["AAPL", "GOOG"],
        "date": [datetime(2014, 1, 2)] * 2,
        **{name: [10.0, 11.0] for name in ("open", "high", "low", "close", "adj_close", "volume")},
    }
)


def write_parquet_form(folder: Path, tweets: pl.DataFrame = TWEETS, prices: pl.DataFrame = PRICES) -> Path:
    tweets.write_parquet(folder / "tweets_2014.parquet")
    prices.write_parquet(folder / "prices_2014.parquet")
    return folder


def test_parquet_form_gives_the_same_nouns(tmp_path: Path) -> None:
    data = load(write_parquet_form(tmp_path))
    assert data.documents["doc_id"].to_list() == ["stocknet:2"]
    assert [link["symbol"] for link in data.documents["symbols"][0]] == ["AAPL", "GOOG"]
    assert data.counts["unknown_field:surprise"] == 2
    assert data.instruments["name"].to_list() == ["AAPL", "GOOG"]


def test_parquet_form_refuses_naive_times_missing_columns_and_damage(tmp_path: Path) -> None:
    write_parquet_form(tmp_path, tweets=TWEETS.with_columns(pl.col("created_at").dt.replace_time_zone(None)))
    with pytest.raises(TickerTuneError, match=r"created_at holds naive times.*zone"):
        load(tmp_path)
    write_parquet_form(tmp_path, prices=PRICES.drop("adj_close"))
    with pytest.raises(TickerTuneError, match=r"lacks the column.*adj_close"):
        load(tmp_path)
    write_parquet_form(tmp_path)
    path = tmp_path / "tweets_2014.parquet"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(TickerTuneError, match="not a readable parquet file"):
        load(tmp_path)


@pytest.fixture(scope="module")
def real(shared_data: Path) -> SourceData:
    return load(shared_data / "stocknet", date(2014, 1, 1), date(2015, 10, 1))


def test_real_tweets_load_whole_and_fast(shared_data: Path) -> None:
    started = time.monotonic()
    data = load(shared_data / "stocknet", date(2014, 1, 1), date(2015, 10, 1))
    assert time.monotonic() - started < 15
    check_table(data.documents, Document, "documents")
    assert data.counts == {
        "documents": 74847,
        "tweet_rows": 92244,
        "tweet_rows_merged_by_id": 17394,
        "tweet_rows_outside_window": 3,
    }
    assert (len(data.bars), len(data.instruments)) == (66100, 87)


def test_real_look_alikes_lose_their_links(real: SourceData) -> None:
    window = real.documents.filter(pl.col("available_at").dt.date().is_between(date(2014, 7, 1), date(2014, 8, 31)))
    kept, _ = curate(window, CurationConfig())
    linked, drops = link(kept, real.instruments)
    titles = linked.explode("symbols").select("title", symbol=pl.col("symbols").struct.field("symbol"))
    # "¿Google compra Twitch en U$D 1.000 millones?" is about Google all the same.
    look_alikes = titles.filter(pl.col("title").str.contains(r"HEI\$T|U\$D|\$D->"))
    assert not {"T", "D"} & set(look_alikes["symbol"])
    dominion = titles.filter(pl.col("symbol") == "D")
    assert dominion["title"].str.contains(r"(^|[\s(:,/])\$D($|[\s).:,/])").all()
    assert drops.filter(pl.col("reason") == "no_symbol")["detail"].str.contains(r"refused (T|D|C|V)").mean() > 0.8
    assert len(linked) > 0.7 * len(kept)
