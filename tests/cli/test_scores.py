import json
from pathlib import Path

import pytest

from eval.results import ResultStore
from tests.eval.results.conftest import SETTING, rows_of
from tickertune.cli import main as front


def call(capsys, *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        front.main(["scores", *(str(word) for word in words)])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_stores_are_merged_and_shown(tmp_path: Path, capsys) -> None:
    ResultStore(tmp_path / "one").ledger(SETTING).append(rows_of([0, 1]))
    ResultStore(tmp_path / "two").ledger(SETTING).append(rows_of([1, 2]))
    status, out, _ = call(capsys, "merge", tmp_path / "one", tmp_path / "two", "--json")
    assert status == 0
    assert json.loads(out) == {"settings": 1, "added": 1, "known": 1, "damaged": 0, "trials": 0}
    _, out, _ = call(capsys, "show", tmp_path / "one", "--json")
    (row,) = json.loads(out)
    assert (row["engine"], row["asked"], row["samples"], row["files"], row["damaged"]) == ("fake", "labels", 3, 2, 0)
    assert "labels" in call(capsys, "show", tmp_path / "one")[1]


def test_conflict_ends_with_the_count(tmp_path: Path, capsys) -> None:
    ResultStore(tmp_path / "one").ledger(SETTING).append(rows_of([0, 1]))
    ResultStore(tmp_path / "two").ledger(SETTING).append(rows_of([1], shift=1))
    status, _, err = call(capsys, "merge", tmp_path / "one", tmp_path / "two")
    assert status == 2
    assert "1 of 2" in err
    assert "Nothing was merged" in err
