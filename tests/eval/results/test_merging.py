from dataclasses import replace
from pathlib import Path

import pytest

from eval.results import ResultStore, Trial, count_trials, merge, note_trial
from tests.eval.results.conftest import SETTING, rows_of
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import write_json

OTHER = replace(SETTING, fingerprint="adapter")
TRIAL = Trial("split", "test", "prompts", "model", "labels")


def store_of(folder: Path, *parts: tuple[int, ...], setting=SETTING, shift: float = 0.0) -> ResultStore:
    store = ResultStore(folder)
    for part in parts:
        store.ledger(setting).append(rows_of(part, shift))
    return store


def test_stores_of_two_machines_become_one(tmp_path: Path) -> None:
    one, two = store_of(tmp_path / "one", (0, 1), (2, 3)), store_of(tmp_path / "two", (2, 3), (3, 4, 5))
    two.ledger(OTHER).append(rows_of([0]))
    note_trial(one, TRIAL)
    note_trial(two, TRIAL)
    note_trial(two, replace(TRIAL, fingerprint="adapter"))
    merged = merge(tmp_path / "one", [tmp_path / "two"])
    assert (merged.settings, merged.added, merged.known, merged.damaged, merged.trials) == (2, 3, 3, 0, 1)
    assert set(one.ledger(SETTING).rows()["sample_id"]) == {f"s{place}" for place in range(6)}
    assert one.ledger(OTHER).rows().height == 1
    assert count_trials(tmp_path / "one", "split") == 2
    again = merge(tmp_path / "one", [tmp_path / "two"])
    assert (again.added, again.known, again.trials) == (0, 6, 0)


def test_several_stores_make_a_new_one(tmp_path: Path) -> None:
    store_of(tmp_path / "one", (0, 1))
    store_of(tmp_path / "two", (1, 2))
    merged = merge(tmp_path / "all", [tmp_path / "one", tmp_path / "two"])
    assert (merged.added, merged.known) == (3, 1)


def test_conflicting_answers_are_counted_and_nothing_is_written(tmp_path: Path) -> None:
    one = store_of(tmp_path / "one", (0, 1, 2))
    store_of(tmp_path / "two", (1, 2, 3), shift=0.5).ledger(OTHER).append(rows_of([7]))
    with pytest.raises(TickerTuneError, match=rf"2 of 4 in {SETTING.id}. Nothing was merged"):
        merge(tmp_path / "one", [tmp_path / "two"])
    assert set(one.ledger(SETTING).rows()["sample_id"]) == {"s0", "s1", "s2"}
    assert not (tmp_path / "one" / OTHER.id).exists()


def test_conflicts_between_the_other_stores_are_found_too(tmp_path: Path) -> None:
    store_of(tmp_path / "one", (0,))
    store_of(tmp_path / "two", (0,), shift=0.5)
    with pytest.raises(TickerTuneError, match="1 of 1"):
        merge(tmp_path / "all", [tmp_path / "one", tmp_path / "two"])


def test_damaged_files_of_the_other_store_are_left_out_and_counted(tmp_path: Path) -> None:
    two = store_of(tmp_path / "two", (0, 1), (2, 3))
    damaged = next(two.ledger(SETTING).folder.glob("*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1])
    merged = merge(tmp_path / "one", [tmp_path / "two"])
    assert (merged.added, merged.damaged) == (2, 1)
    assert damaged.exists()  # another store is only read


def test_store_of_another_version_is_not_merged(tmp_path: Path) -> None:
    store_of(tmp_path / "one", (0,))
    write_json(tmp_path / "two" / "store.json", {"format": 0})
    with pytest.raises(TickerTuneError, match="another version"):
        merge(tmp_path / "one", [tmp_path / "two"])


def test_trials_are_counted_by_split(tmp_path: Path) -> None:
    store = ResultStore(tmp_path)
    for trial in (TRIAL, TRIAL, replace(TRIAL, prompt_hash="other words"), replace(TRIAL, split="validation")):
        note_trial(store, trial)
    note_trial(store, replace(TRIAL, split_hash="other samples"))
    assert count_trials(tmp_path, "split") == 2
    assert count_trials(tmp_path, "split", "validation") == 1
    assert count_trials(tmp_path, "unknown") == 0
