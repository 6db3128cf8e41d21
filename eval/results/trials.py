"""Trials: what has been scored on a split. The best of many tries looks good by chance; their number says how good."""

from dataclasses import asdict, dataclass
from pathlib import Path

from eval.results.store import TRIALS, ResultStore
from tickertune.core.files import read_json, sha256_value, sync_folder, write_json


@dataclass(frozen=True)
class Trial:
    """One policy that was tried on a split: another engine, type or parser for it makes no second trial."""

    split_hash: str
    split: str
    prompt_hash: str
    """Of all prompts of the data set: the same model asked in other words is another policy."""
    fingerprint: str
    decoding: str
    """How its answer was had: ``labels``, or what was drawn and how often."""


def note_trial(store: ResultStore, trial: Trial) -> None:
    """Write a trial down, once."""
    values = asdict(trial)
    path = store.folder / TRIALS / f"{sha256_value(values)[:32]}.json"
    if not path.is_file():
        write_json(path, values)
        sync_folder(path.parent)


def trials_of(store: Path, split_hash: str, split: str = "test") -> list[Trial]:
    """Return what was tried on a split, in the order of the trials' hashes.

    Args:
        store: Folder of a store of scores.
        split_hash: The data set's, as meta.json has it.
        split: Which of its splits.

    Raises:
        TickerTuneError: The folder holds no store, or one of another version.
    """
    folder = ResultStore(store, create=False).folder / TRIALS
    found = [Trial(**read_json(path)) for path in sorted(folder.glob("*.json"))]
    return [trial for trial in found if (trial.split_hash, trial.split) == (split_hash, split)]


def count_trials(store: Path, split_hash: str, split: str = "test") -> int:
    """Return how many policies were tried on a split, as a deflated Sharpe ratio needs it; errors as ``trials_of``."""
    return len(trials_of(store, split_hash, split))
