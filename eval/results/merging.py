"""Bring the answers of other stores, such as another machine's, into one."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from eval.results.store import KEY, SETTING_FILE, TRIALS, Ledger, ResultStore
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, sync_folder, write_json


@dataclass(frozen=True)
class Merged:
    """What a merge did."""

    settings: int
    """Settings of the other stores."""
    added: int
    """Rows that were not there before."""
    known: int
    """Rows that were there already, with the same answer."""
    damaged: int
    """Files of the other stores that were damaged; they were left out."""
    trials: int
    """Trials that were not there before."""


def merge(into: Path, others: Sequence[Path]) -> Merged:
    """Add what other stores hold to the store ``into``, which is made where it is absent. The others are only read.

    All is compared before anything is written. A merge that was cut off is taken up by the same call.

    Raises:
        TickerTuneError: A folder holds no store, or one of another version; or the same sample of the same setting has
            different answers: nothing is written then, and the rows are counted by setting.
    """
    sources = [ResultStore(folder, create=False) for folder in others]
    target = ResultStore(into)
    ledgers = [ledger for source in sources for ledger in source.ledgers()]
    _refuse_conflicts(target, ledgers)
    added = known = damaged = 0
    for ledger in ledgers:
        damaged += len(ledger.damaged())
        held = target.ledger(ledger.setting)
        with held.writing():
            keys = held.rows().select(KEY)
            for part in ledger.parts():
                fresh = part.join(keys, on=KEY, how="anti", maintain_order="left")
                known += part.height - fresh.height
                if not fresh.is_empty():
                    held.append(fresh)
                    keys = pl.concat([keys, fresh.select(KEY)])
                    added += fresh.height
    return Merged(
        len({ledger.folder.name for ledger in ledgers}), added, known, damaged, _merge_trials(target, sources)
    )


def _refuse_conflicts(target: ResultStore, ledgers: Sequence[Ledger]) -> None:
    """Compare, setting by setting, what all the stores hold."""
    lines = []
    for name in dict.fromkeys(ledger.folder.name for ledger in ledgers):
        sides = [ledger for ledger in ledgers if ledger.folder.name == name]
        if (target.folder / name / SETTING_FILE).is_file():
            sides.insert(0, Ledger(target.folder / name))
        rows = pl.concat([side.rows() for side in sides]).unique(maintain_order=True)
        if conflicts := rows.height - rows.n_unique(KEY):
            lines.append(f"{conflicts} of {rows.n_unique(KEY)} in {name}")
    if lines:
        raise TickerTuneError(
            f"Samples have different answers in the stores, by setting: {'; '.join(lines)}. Nothing was merged",
            "Delete those settings' folders from the store that you trust less, and merge again",
        )


def _merge_trials(target: ResultStore, sources: Sequence[ResultStore]) -> int:
    added = 0
    for source in sources:
        for path in sorted((source.folder / TRIALS).glob("*.json")):
            copy = target.folder / TRIALS / path.name
            if not copy.is_file():
                write_json(copy, read_json(path))
                added += 1
    if added:
        sync_folder(target.folder / TRIALS)
    return added
