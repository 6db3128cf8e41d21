"""What runs of a folder scored, and on what: the group that an entry may be ranked in."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from eval.metrics import MetricRow
from eval.protocols.result import read_result
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, sha256_value
from tickertune.core.run import RUN_FILE

HASHES = ("split_hash", "prompt_hash", "label_hash", "outcome_hash")
_ROWS = TypeAdapter(list[MetricRow])


@dataclass(frozen=True)
class Like:
    """What has to be the same of two scores before one is set above the other."""

    world: str
    task: str
    split: str
    protocol: str
    """Name and version; empty without one."""
    hashes: tuple[str, ...]
    """Of split, prompts, labels and outcomes: as ``HASHES``."""
    trading: str
    """Hash of costs and policy, for metrics that depend on them; empty for others."""

    @property
    def digest(self) -> str:
        """A short name of all of it."""
        return sha256_value([self.world, self.task, self.split, self.protocol, *self.hashes, self.trading])[:8]


@dataclass(frozen=True)
class Entry:
    """All scores of one checkpoint or baseline of one run in one world."""

    run: str
    """The run folder, from the folder that was searched."""
    folder: Path
    """Of the evaluation."""
    like: Like
    trading: str
    checkpoint: str
    identity: str
    """Equal for two that are the same model or the same baseline."""
    placebo: bool
    settings: dict[str, Any]
    """How days were drawn, and the horizon."""
    labels: list[str]
    rows: dict[str, MetricRow]


@dataclass(frozen=True)
class Unread:
    """A run, or a world of one, without a place on the board, and why."""

    run: str
    reason: str


@dataclass(frozen=True)
class Found:
    """Everything in a folder."""

    runs: list[str]
    entries: list[Entry]
    unread: list[Unread]


def find_entries(folder: Path) -> Found:
    """Read every run in a folder and below it, without following links.

    Raises:
        TickerTuneError: The folder is not there, or holds no run.
    """
    if not folder.is_dir():
        raise TickerTuneError(f"{folder} is no folder", "Give a folder of runs, such as runs")
    entries, unread = [], []
    runs = sorted(_runs(folder))
    if not runs:
        raise TickerTuneError(
            f"Folder {folder} holds no run (no {RUN_FILE} in it or below)", "Give a folder of runs, such as runs"
        )
    names = [str(run.relative_to(folder)) if run != folder else run.name for run in runs]
    for run, name in zip(runs, names, strict=True):
        worlds = sorted(path.parent for path in run.glob("*/eval") if path.is_dir())
        if not worlds:
            unread.append(Unread(name, "It has no evaluation"))
        for world in worlds:
            try:
                entries += _world(run, name, world)
            except TickerTuneError as error:
                unread.append(Unread(f"{name}, {world.name}", error.cause.replace(f"{folder}/", "")))
    return Found(names, entries, unread)


def _runs(folder: Path) -> Iterator[Path]:
    """Run folders; what is inside of a run is not searched."""
    for place, folders, files in os.walk(folder):
        if RUN_FILE in files:
            yield Path(place)
            folders.clear()


def _world(run: Path, name: str, world: Path) -> list[Entry]:
    folder = world / "eval"
    if not (folder / "meta.json").is_file() or not (folder / "metrics.json").is_file():
        raise TickerTuneError("its evaluation has not finished", "Run it to its end")
    read_json(run / RUN_FILE)
    meta = read_json(folder / "meta.json")
    wanted = (
        "world",
        "task",
        "split",
        "horizon",
        "labels",
        "predictors",
        "resamples",
        "seed",
        "block_sessions",
        *HASHES,
    )
    if missing := [key for key in wanted if key not in meta]:
        raise TickerTuneError(
            f"its evaluation is of an earlier version (meta.json lacks {', '.join(missing)})", "Score again"
        )
    try:
        rows = _ROWS.validate_python(read_json(folder / "metrics.json"))
    except ValidationError as error:
        raise TickerTuneError(
            f"{folder / 'metrics.json'} does not hold metric rows ({error.errors()[0]['msg']})", "Score again"
        ) from error
    protocol = read_result(folder)
    like = Like(
        world=str(meta["world"]),
        task=str(meta["task"]),
        split=str(meta["split"]),
        protocol=f"{protocol.protocol} v{protocol.version}" if protocol else "",
        hashes=tuple(str(meta[key]) for key in HASHES),
        trading="",
    )
    trading = sha256_value([meta.get("cost_bps"), meta.get("policy"), meta.get("account")])
    found: dict[str, dict[str, MetricRow]] = {}
    for row in rows:
        if " minus " not in row.checkpoint and row.checkpoint != "ceiling":
            found.setdefault(row.checkpoint, {})[row.metric] = row
    placebo = _placebo(run, world.name)
    settings = {key: meta[key] for key in ("resamples", "seed", "block_sessions")} | {"horizon": meta["horizon"] or 1}
    return [
        Entry(
            run=name, folder=folder, like=like, trading=trading, checkpoint=checkpoint,
            identity=_identity(checkpoint, meta["predictors"].get(checkpoint, {})), placebo=placebo, settings=settings,
            labels=[str(label) for label in meta["labels"]], rows=scores,
        )
        for checkpoint, scores in found.items()
    ]  # fmt: skip


def _identity(checkpoint: str, facts: dict[str, Any]) -> str:
    """A model is what its fingerprint and engine are; a baseline, what its name is."""
    told = [facts.get(key) for key in ("fingerprint", "backend", "dtype", "parser_version", "seed")]
    return sha256_value([checkpoint, *told])


def _placebo(run: Path, world: str) -> bool:
    path = run / "recipe.yaml"
    if not path.is_file():
        return False
    try:
        recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
        return bool(recipe.get("worlds", {}).get(world, {}).get("placebo", False))
    except (yaml.YAMLError, AttributeError) as error:
        raise TickerTuneError(f"{path} is no recipe", "Restore it") from error
