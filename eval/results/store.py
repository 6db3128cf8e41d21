"""The store: a folder for each setting, in it one immutable file for each chunk of answers, named by its content."""

import hashlib
import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from eval.backends.base import Tokens
from eval.results.asks import Answer, Stored, asked, described
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file, read_json, remove_leftovers, sha256_value, sync_folder, write_json
from tickertune.core.lock import waiting_lock
from tickertune.core.noun import Noun
from tickertune.core.progress import console
from tickertune.core.table import check_table, schema_of

FORMAT = 1
"""Of the store's files; a store of another one is refused."""
STORE_FILE = "store.json"
SETTING_FILE = "setting.json"
DAMAGED = "damaged"
TRIALS = "trials"
KEY = ("sample_id", "prompt_hash")


class RawResult(Noun):
    """What an engine answered for one sample, before any parser read it."""

    sample_id: str
    prompt_hash: str
    """``hash_of`` the token ids that were read."""
    logprobs: list[float]
    """Natural logarithms over the whole vocabulary, in the order of the setting's labels; empty for replies."""
    replies: list[str]
    finished: list[bool]
    """Whether the model ended each reply by itself."""
    tokens: list[int]
    """Tokens of each reply."""


def hash_of(prompt: Tokens) -> str:
    """Hex SHA-256 of token ids."""
    return hashlib.sha256(np.asarray(prompt, dtype="<i8").tobytes()).hexdigest()


def raw_results(sample_ids: Sequence[str], hashes: Sequence[str], answers: Sequence[Answer]) -> pl.DataFrame:
    """Return ``RawResult`` rows of answers, in their order."""
    columns = {
        "sample_id": list(sample_ids),
        "prompt_hash": list(hashes),
        "logprobs": [answer.logprobs for answer in answers],
        "replies": [answer.replies for answer in answers],
        "finished": [answer.finished for answer in answers],
        "tokens": [answer.tokens for answer in answers],
    }
    return pl.DataFrame(columns, schema=schema_of(RawResult))


@dataclass(frozen=True)
class Setting:
    """All that determines an answer besides the sample: what stands in a setting's folder was made alike."""

    fingerprint: str
    """Of model and adapter (``eval.checkpoint.fingerprint``)."""
    backend: str
    dtype: str
    ask: Stored

    @property
    def key(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "fingerprint": self.fingerprint,
            "backend": self.backend,
            "dtype": self.dtype,
            "ask": described(self.ask),
        }

    @property
    def id(self) -> str:
        """Name of the setting's folder."""
        return sha256_value(self.key)[:32]

    @classmethod
    def of_key(cls, key: dict[str, Any]) -> "Setting":
        """Return the setting whose ``key`` this is."""
        return cls(key["fingerprint"], key["backend"], key["dtype"], asked(key["ask"]))


class ResultStore:
    """A folder of answers that several evaluations may share, one after the other or side by side.

    Args:
        folder: Where it lies; made where it is absent.
        create: Whether to make it.

    Raises:
        TickerTuneError: It is absent and not to be made, holds something else, or is of another version.
    """

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.folder = folder
        marker = folder / STORE_FILE
        if not marker.is_file():
            if not create:
                raise TickerTuneError(
                    f"Folder {folder} holds no store of scores (no {STORE_FILE})", "Give <evaluation>/store"
                )
            if folder.is_dir() and any(not entry.name.startswith(".") for entry in folder.iterdir()):
                raise TickerTuneError(f"Folder {folder} holds something else than scores", "Name another store")
            write_json(marker, {"format": FORMAT})
            sync_folder(folder)
        found = read_json(marker).get("format")
        if found != FORMAT:
            raise TickerTuneError(
                f"The scores in {folder} were stored by another version of TickerTune (format {found}; this one reads "
                f"{FORMAT})",
                "Use that version, or name another store: everything is then scored again",
            )

    def ledger(self, setting: Setting) -> "Ledger":
        """Return a setting's answers; its folder is made where it is absent."""
        folder = self.folder / setting.id
        if not (folder / SETTING_FILE).is_file():
            write_json(folder / SETTING_FILE, setting.key)
            sync_folder(folder)
            sync_folder(self.folder)
        return Ledger(folder)

    def ledgers(self) -> list["Ledger"]:
        """Return the answers of all settings, by the name of their folders."""
        return [Ledger(path.parent) for path in sorted(self.folder.glob(f"*/{SETTING_FILE}"))]


class Ledger:
    """The answers of one setting. Files are added and never changed; several processes may read and add at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def setting(self) -> Setting:
        """What the answers were made with."""
        return Setting.of_key(read_json(self.folder / SETTING_FILE))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the setting for the block, so that two evaluations at the same time do not score the same samples."""
        note = f"Waiting: another process scores with the same setting ({self.folder})"
        with waiting_lock(self.folder / "writing", lambda: console.print(note)):
            remove_leftovers(self.folder)
            yield

    def append(self, rows: pl.DataFrame) -> None:
        """Add ``RawResult`` rows as one file; when this returns they survive a kill and a power cut."""
        content = io.BytesIO()
        rows.rechunk().write_parquet(content, compression="zstd", statistics=False)
        data = content.getvalue()
        with atomic_file(self.folder / f"{_name_of(data)}.parquet") as temporary:
            temporary.write_bytes(data)
        sync_folder(self.folder)

    def parts(self) -> Iterator[pl.DataFrame]:
        """Yield the rows of each whole file; others are passed over."""
        for path in self._files():
            if (rows := _read(path)) is not None:
                yield rows

    def damaged(self) -> list[Path]:
        """Return the files whose content is not what was written: cut short or changed."""
        return [path for path in self._files() if _read(path) is None]

    def set_damaged_aside(self) -> None:
        """Move damaged files out of the way and tell it: their rows are scored again."""
        for path in self.damaged():
            target = self.folder.parent / DAMAGED / f"{self.folder.name}-{path.name}"
            target.parent.mkdir(exist_ok=True)
            size = path.stat().st_size
            os.replace(path, target)
            console.print(
                f"[bold red]WARNING: a file of stored scores was damaged ({size:,} bytes are left); it was moved to "
                f"{target}, and its samples are scored again."
            )

    def rows(self) -> pl.DataFrame:
        """Read all ``RawResult`` rows, each once.

        Raises:
            TickerTuneError: A sample has two different answers.
        """
        rows = pl.concat([pl.DataFrame(schema=schema_of(RawResult)), *self.parts()]).unique(maintain_order=True)
        twice = rows.height - rows.n_unique(KEY)
        if twice:
            raise TickerTuneError(
                f"{twice} samples in {self.folder} have two different answers of the same setting",
                "Delete that folder: its samples are scored again",
            )
        return rows

    def _files(self) -> list[Path]:
        return sorted(self.folder.glob("*.parquet"))


def _name_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]


def _read(path: Path) -> pl.DataFrame | None:
    """Rows of one file, None where it does not hold the bytes that its name was made from."""
    content = path.read_bytes()
    if _name_of(content) != path.stem:
        return None
    return check_table(pl.read_parquet(io.BytesIO(content)), RawResult, f"File {path}")
