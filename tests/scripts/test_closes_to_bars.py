import importlib
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import ROOT

CLOSES = "Date,AAA,BBB\n2020-01-02,1.5,\n2020-01-03,1.6,7\n2020-01-06,1.7,8\n"


def run(monkeypatch: pytest.MonkeyPatch, folder: Path, since: str, closes: str | None = CLOSES) -> int:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    script = importlib.import_module("closes_to_bars")
    if closes is not None:
        (folder / "closes.csv").write_text(closes)
    command = (
        f"closes_to_bars {folder}/closes.csv --since {since} --until 2020-01-06 --basis traded --output {folder}/out"
    )
    monkeypatch.setattr(sys, "argv", command.split())
    found: int = script.main()
    return found


def test_each_close_in_the_window_is_a_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, tmp_path, "2020-01-02") == 0
    bars = pl.read_parquet(tmp_path / "out" / "bars.parquet")
    assert bars.select("symbol", pl.col("session").cast(pl.String), "open", "high", "low", "close").rows() == [
        ("AAA", "2020-01-02", 1.5, 1.5, 1.5, 1.5),
        ("AAA", "2020-01-03", 1.6, 1.6, 1.6, 1.6),
        ("BBB", "2020-01-03", 7.0, 7.0, 7.0, 7.0),
    ]
    assert set(bars["basis"]) == {"traded"}


def test_an_empty_window_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, "2020-01-05") == 1
    assert "no close from 2020-01-05" in capsys.readouterr().err


@pytest.mark.parametrize("closes", [None, "", "Date,AAA\nsoon,1\n"])
def test_what_is_no_table_of_closes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], closes: str | None
) -> None:
    assert run(monkeypatch, tmp_path, "2020-01-02", closes) == 1
    assert "is no table of dates and closes" in capsys.readouterr().err
