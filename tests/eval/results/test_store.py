import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from eval.results import Answer, LabelScores, Replies, ResultStore, Setting
from eval.results.asks import asked, decoded, described, encoded
from eval.results.store import hash_of, raw_results
from tests.eval.results.conftest import SETTING, rows_of
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json


def test_answers_come_back_to_the_last_digit(tmp_path: Path) -> None:
    answers = [Answer([-np.pi, -np.inf], [], [], []), Answer([], ["up\n", ""], [True, False], [3, 0])]
    ledger = ResultStore(tmp_path).ledger(SETTING)
    ledger.append(raw_results(["a", "b"], [hash_of([1]), hash_of([2])], answers))
    rows = ResultStore(tmp_path).ledger(SETTING).rows()
    assert rows["logprobs"].to_list() == [[-np.pi, -np.inf], []]
    assert rows["replies"].to_list() == [[], ["up\n", ""]]
    assert rows["finished"].to_list() == [[], [True, False]]
    assert decoded(encoded(answers)) == answers


@pytest.mark.parametrize("ask", [LabelScores((7, 9)), Replies(12, n=5, temperature=0.7, seed=3, pattern="up|down")])
def test_setting_can_be_read_back_from_its_folder(tmp_path: Path, ask: LabelScores | Replies) -> None:
    setting = Setting("model", "vllm", "bfloat16", ask)
    assert ResultStore(tmp_path).ledger(setting).setting == setting
    assert asked(described(ask)) == ask


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": "other"},
        {"backend": "transformers"},
        {"dtype": "bfloat16"},
        {"ask": LabelScores((6, 5))},
        {"ask": Replies(8)},
        {"ask": Replies(8, n=2, temperature=1.0)},
        {"ask": Replies(8, n=2, temperature=1.0, seed=1)},
    ],
)
def test_whatever_changes_an_answer_has_a_folder_of_its_own(tmp_path: Path, change: dict[str, object]) -> None:
    store = ResultStore(tmp_path)
    store.ledger(SETTING).append(rows_of([0]))
    assert store.ledger(replace(SETTING, **change)).rows().is_empty()  # type: ignore[arg-type]


def test_other_tokens_of_the_same_sample_are_another_answer(tmp_path: Path) -> None:
    ledger = ResultStore(tmp_path).ledger(SETTING)
    ledger.append(rows_of([0]))
    ledger.append(raw_results(["s0"], [hash_of([2, 0])], [Answer([-9.0, -9.0], [], [], [])]))
    assert ledger.rows().height == 2


def test_the_same_answer_twice_counts_once_and_another_one_is_refused(tmp_path: Path) -> None:
    ledger = ResultStore(tmp_path).ledger(SETTING)
    ledger.append(rows_of([0, 1]))
    ledger.append(rows_of([1, 2]))
    assert sorted(ledger.rows()["sample_id"]) == ["s0", "s1", "s2"]
    ledger.append(rows_of([1, 2], shift=1e-9))
    with pytest.raises(TickerTuneError, match=r"2 samples in .* have two different answers"):
        ledger.rows()


@pytest.mark.parametrize("damage", ["cut", "empty", "flipped"])
def test_damaged_file_is_set_aside_and_its_rows_are_missing(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = ResultStore(tmp_path).ledger(SETTING)
    ledger.append(rows_of([0, 1]))
    (whole,) = ledger.folder.glob("*.parquet")
    ledger.append(rows_of([2, 3]))
    (last,) = set(ledger.folder.glob("*.parquet")) - {whole}
    content = last.read_bytes()
    changed = {"cut": content[:-7], "empty": b"", "flipped": content[:50] + bytes([content[50] ^ 1]) + content[51:]}
    last.write_bytes(changed[damage])
    assert ledger.damaged() == [last]
    ledger.set_damaged_aside()
    assert set(ledger.rows()["sample_id"]) == {"s0", "s1"}
    (aside,) = (tmp_path / "damaged").iterdir()
    assert aside.read_bytes() == changed[damage]
    assert "are scored again" in " ".join(capsys.readouterr().err.split())
    ledger.append(rows_of([2, 3]))
    assert ledger.rows().height == 4


def test_every_file_is_on_the_disk_before_it_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The content is synchronised before the move, and the folder after it."""
    seen: list[str] = []
    sync, move = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (seen.append("sync"), sync(handle)))
    monkeypatch.setattr(os, "replace", lambda *paths: (seen.append("move"), move(*paths)))
    ledger = ResultStore(tmp_path).ledger(SETTING)
    seen.clear()
    ledger.append(rows_of([0]))
    assert seen == ["sync", "move", "sync"]


def test_store_of_another_version_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "store.json", {"format": 99})
    with pytest.raises(TickerTuneError, match=r"another version .*format 99.*name another store"):
        ResultStore(tmp_path)


def test_folder_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(TickerTuneError, match="something else"):
        ResultStore(tmp_path)
    with pytest.raises(TickerTuneError, match="holds no store"):
        ResultStore(tmp_path, create=False)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_a_killed_writer_left_is_removed(tmp_path: Path) -> None:
    ledger = ResultStore(tmp_path).ledger(SETTING)
    leftover = ledger.folder / ".abc.parquet.x.tmp"
    leftover.touch()
    with ledger.writing():
        assert not leftover.exists()
