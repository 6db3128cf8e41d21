import gzip
import io
from datetime import date

import polars as pl
import pytest

from data_pipeline.sources.prices import files
from data_pipeline.sources.protocol import Cursor, RefusedResponse, Scope
from tests.data_pipeline.sources.prices.answers import JUNE, parsed
from tests.data_pipeline.sources.prices.samples import SAMPLES, request
from tests.data_pipeline.sources.sample import Sample

(SAMPLE,) = (sample for sample in SAMPLES if sample.source is files.SOURCE)
ASKED = request("file:bars.csv")
HEADER = "symbol,session,open,high,low,close,volume"


def shared(name: str) -> Sample:
    return Sample(files.SOURCE, request(f"file:{name}"), f"shared:prices/{name}", {}, mode="file")


def test_plan_has_a_request_for_each_price_file_below_the_folder_sorted(tmp_path):
    for name in ("b.csv", "a/c 1.parquet", "a/b.csv.gz", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    urls = [item.url for item in files.SOURCE.plan(Cursor(), JUNE, Scope(path=tmp_path))]
    assert urls == [f"file:{tmp_path}/{name}" for name in ("a/b.csv.gz", "a/c%201.parquet", "b.csv")]
    assert len(files.SOURCE.plan(Cursor(), JUNE, Scope(path=tmp_path / "b.csv"))) == 1


def test_each_row_states_its_basis_and_one_of_unknown_basis_is_set_aside():
    answer = SAMPLE.parse()
    assert [(bar.instrument_id, bar.session, bar.basis, bar.adj_close) for bar in answer.bars] == [
        ("US:EXMP", date(2025, 6, 6), "traded", 42.2),
        ("US:EXMP", date(2025, 6, 9), "traded", 42.24),
    ]
    assert ["basis" in answer.quarantine[0].reason, "neither symbol" in answer.quarantine[1].reason] == [True, True]


def test_file_without_a_basis_is_refused():
    with pytest.raises(RefusedResponse, match="add a column basis"):
        parsed(files.SOURCE, ASKED, f"{HEADER}\nEXMP,2025-06-06,1,1,1,1,1\n")


def test_gzip_and_parquet_give_the_bars_of_the_csv():
    text = f"{HEADER},basis\nEXMP,2025-06-06,1,2,1,2,5,split_adjusted\n"
    expected = parsed(files.SOURCE, ASKED, text).bars
    assert len(expected) == 1
    assert parsed(files.SOURCE, request("file:a.csv.gz"), gzip.compress(text.encode())).bars == expected
    for session in (pl.String, pl.Date, pl.Datetime):
        frame = pl.read_csv(io.StringIO(text)).with_columns(pl.col("session").str.to_date())
        frame = frame.with_columns(pl.col("session").cast(session))
        out = io.BytesIO()
        frame.write_parquet(out)
        assert parsed(files.SOURCE, request("file:a.parquet"), out.getvalue()).bars == expected


def test_bar_of_an_hour_is_set_aside():
    text = f"{HEADER},basis\nEXMP,2025-06-06 10:00:00,1,2,1,2,5,traded\n"
    answer = parsed(files.SOURCE, ASKED, text)
    assert answer.bars == []
    assert "not the date of a session" in answer.quarantine[0].reason


def test_bokehs_stocks_are_as_traded_as_their_splits_show():
    answer = shared("bokeh_stocks.csv.gz").parse()
    assert (len(answer.bars), answer.quarantine) == (12154, [])
    assert len({bar.instrument_id for bar in answer.bars}) == 5
    assert {bar.basis for bar in answer.bars} == {"traded"}
    closes = {bar.session: bar.close for bar in answer.bars if bar.instrument_id == "US:AAPL"}
    assert closes[date(2000, 6, 20)] / closes[date(2000, 6, 21)] == pytest.approx(2, rel=0.1)
    assert closes[date(2005, 2, 25)] / closes[date(2005, 2, 28)] == pytest.approx(2, rel=0.1)


@pytest.mark.parametrize(
    "name",
    [
        "zipline_SPY_benchmark.csv", "arch_vix.csv.gz", "arch_sp500.csv.gz", "arch_nasdaq.csv.gz",
        "skfolio_sp500_dataset.csv.gz", "skfolio_sp500_index.csv.gz", "skfolio_factors_dataset.csv.gz",
    ],
)  # fmt: skip
def test_layouts_without_bars_or_of_unknown_basis_are_refused(name):
    with pytest.raises(RefusedResponse, match="no bars by session"):
        shared(name).parse()


@pytest.mark.parametrize(
    "body", [b"PAR1 cut", gzip.compress(b"a,b\n" * 1000, mtime=0)[:-9], b"\x1f\x8b\x08\x00garbage", b""]
)
def test_damaged_files_are_refused(body):
    with pytest.raises(RefusedResponse):
        parsed(files.SOURCE, ASKED, body)
