"""``tickertune data audit`` as a user calls it: what it prints, writes, and exits with."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.data_pipeline.audit.leakage.made import rows
from tests.data_pipeline.made import market
from tickertune.cli.main import main


@pytest.fixture
def call(capsys):
    """Run the command line; returns (exit code, standard output, standard error)."""

    def run(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as end:
            main(["data", "audit", *words])
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err

    return run


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """A set whose texts came an hour after the decision."""
    rows().with_columns(published_at=pl.col("as_of") + timedelta(hours=1)).write_parquet(tmp_path / "set.parquet")
    return tmp_path / "set.parquet"


def test_clean_set_exits_with_0(call, tmp_path):
    rows().write_parquet(tmp_path / "set.parquet")
    code, out, _ = call(str(tmp_path / "set.parquet"))
    assert code == 0
    assert "No leak was found" in out


def test_leak_exits_with_1_and_the_report_says_so_first(call, leaky, tmp_path):
    code, out, _ = call(str(leaky), "--output", str(tmp_path / "report"))
    assert code == 1
    assert "This data set leaks: text after its decision or entry" in out
    page = (tmp_path / "report" / "audit.html").read_text()
    assert page.index("This data set leaks") < page.index("<h2>Findings</h2>")
    assert page.count("data:image/svg+xml") == 2
    assert not any(word in page for word in ("http://", "https://", "<script", 'src="/'))
    assert json.loads((tmp_path / "report" / "audit.json").read_text())["rows"] == rows().height


def test_json_holds_every_finding(call, leaky):
    code, out, _ = call(str(leaky), "--json")
    assert code == 1
    told = json.loads(out)["audit"]
    (late,) = [finding for finding in told["findings"] if finding["check"] == "as_of" and "as_of" in finding["detail"]]
    assert late["count"] == told["rows"]
    assert {"as_of", "published"} <= set(late["examples"][0])


def test_text_of_a_set_cannot_reach_the_page(call, leaky, tmp_path):
    frame = pl.read_parquet(leaky).with_columns(text=pl.lit("<script>alert(1)</script> on 2031-01-02, 4.1 closed"))
    frame.write_parquet(leaky)
    call(str(leaky), "--output", str(tmp_path / "report"))
    assert "<script" not in (tmp_path / "report" / "audit.html").read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nowhere.parquet"], "does not exist"),
        (["SET", "--column", "txt=text"], "unknown role 'txt'"),
        (["SET", "--zone", "Mars"], "no IANA zone"),
        (["SET", "--documents", "none.parquet", "--column", "documents=text"], "none.parquet"),
    ],
)
def test_bad_input_exits_with_2(call, leaky, words, sentence):
    code, _, err = call(*[str(leaky) if word == "SET" else word for word in words])
    assert code == 2
    assert sentence in err
    assert err.count("\n") == 1


def test_tables_are_audited_as_before(call, tmp_path):
    source = market()
    source.documents.write_parquet(tmp_path / "documents.parquet")
    source.bars.write_parquet(tmp_path / "bars.parquet")
    code, out, _ = call(str(tmp_path), "--json", "--output", str(tmp_path / "audit"))
    assert code == 0
    assert set(json.loads(out)) == {"findings", "clocks", "stamps"}
    assert (tmp_path / "audit" / "findings.parquet").is_file()
    code, _, err = call(str(tmp_path), "--zone", "UTC")
    assert code == 2
    assert "holds tables and no data set" in err
