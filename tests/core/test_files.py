import errno
import os
import subprocess
import sys

import pytest

from tickertune.core.disk import is_disk_full
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_dir, atomic_file, read_json, remove_leftovers, sha256_value, write_json

LIMITED = """
import resource, sys
from pathlib import Path
import polars as pl
from tickertune.core.errors import TickerTuneError
from tickertune.core.table import write_table
sys.dont_write_bytecode = True
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
frame = pl.DataFrame({"a": range(100_000), "b": [str(hash(i)) for i in range(100_000)]})
try:
    write_table(frame, Path(sys.argv[1]) / "t.parquet", ["a"])
except TickerTuneError as error:
    print(error)
"""


def no_space(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_value_survives_the_round_trip(tmp_path):
    write_json(tmp_path / "a/b.json", {"b": [1, None], "a": "é"})
    assert read_json(tmp_path / "a/b.json") == {"a": "é", "b": [1, None]}


def test_hash_does_not_depend_on_key_order():
    assert sha256_value({"a": 1, "b": 2}) == sha256_value({"b": 2, "a": 1})


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_full_disk_leaves_the_old_file_and_names_it(tmp_path, monkeypatch, function):
    target = tmp_path / "facts.json"
    write_json(target, 1)
    monkeypatch.setattr(os, function, no_space)
    with pytest.raises(TickerTuneError, match=r"disk is full: .*facts\.json"):
        write_json(target, 2)
    assert read_json(target) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["facts.json"]


def test_full_disk_met_by_a_rust_library_is_recognised(tmp_path):
    said = subprocess.run([sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, check=True)
    assert "The disk is full" in said.stdout
    assert list(tmp_path.iterdir()) == []


def test_other_errors_are_no_full_disk():
    assert not is_disk_full(PermissionError(errno.EACCES, "Permission denied"))
    assert not is_disk_full(ValueError("28 rows"))


def test_failure_leaves_neither_folder_nor_leftover(tmp_path):
    with pytest.raises(IsADirectoryError), atomic_dir(tmp_path / "model") as folder:
        folder.write_text("a folder takes no text")
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_kill_are_removed_and_nothing_else(tmp_path):
    with atomic_file(tmp_path / "kept.tmp") as temporary:
        temporary.write_text("x")
    (tmp_path / ".half.json.abc.tmp").touch()
    (tmp_path / "deep/.model.abc.tmp/inner").mkdir(parents=True)
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "kept.tmp"]


def test_damaged_json_is_named(tmp_path):
    (tmp_path / "a.json").write_text('{"a": ')
    with pytest.raises(TickerTuneError, match="not valid JSON"):
        read_json(tmp_path / "a.json")
