"""Read a run folder: what each stage of each world left behind. Stages that are missing are left out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from pydantic import TypeAdapter, ValidationError

from data_pipeline.dataset import DatasetInfo, read_info, read_split
from eval.guards.cutoffs import METRICS_AFTER
from eval.guards.result import GuardResult, read_guards
from eval.metrics import MetricRow
from eval.protocols.result import ProtocolResult, read_result
from eval.report.layout import Rows
from eval.report.sweep import FOLDER as SWEEP
from eval.report.sweep import Sweep, is_current, read_sweep
from eval.store import VOTES
from eval.voting.curve import VotePoint
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.run import MARKER
from tickertune.core.table import read_parquet

STAGES = ("data", "rationales", "sft", "dpo", "reward_model", "grpo", "eval")
_BOOKKEEPING = {"key", "pid", "finished_at"}


@dataclass(frozen=True)
class Stage:
    """One stage of one world: what it reported, and its training log (a dictionary a logged step)."""

    name: str
    facts: dict[str, Any]
    log: list[dict[str, Any]]
    finished: bool


@dataclass(frozen=True)
class PortfolioView:
    """What ``eval.portfolio.study`` found; empty where it has not run."""

    book: Rows
    account: Rows
    trials: int
    counts: dict[str, dict[str, int]]
    """By portfolio, what the account could not do as ordered, and its fills."""
    series: pl.DataFrame
    capital: float
    """Cash of each account at its start."""


@dataclass(frozen=True)
class World:
    """All that the report shows of one data set; where a stage is missing, its tables are empty and its info is None."""

    name: str
    placebo: bool
    recipe: dict[str, Any]
    """The world's resolved data configuration."""
    info: DatasetInfo | None
    drops: dict[str, int]
    """Dropped documents by reason."""
    stages: list[Stage]
    rows: Rows
    meta: dict[str, Any]
    equity: pl.DataFrame
    portfolio: PortfolioView
    """The book's further measures, and the account."""
    predictions: dict[str, pl.DataFrame] = field(repr=False)
    samples: pl.DataFrame = field(repr=False)
    """Samples of the scored split."""
    withheld: frozenset[str] = field(repr=False)
    """Documents whose licence does not let their text be shown."""
    protocol: ProtocolResult | None = None
    """What a protocol said of the split, and its rows."""
    guards: list[GuardResult] = field(default_factory=list)
    """What the guards found."""
    votes: list[VotePoint] = field(default_factory=list)
    """Scores by the number of replies that vote."""
    sweep: Sweep | None = None
    """Scores of the checkpoints that training kept; None where they were not scored, or the stages were trained again since."""
    folder: Path | None = None
    """The world's folder in the run."""
    after: Rows | None = None
    """Metric rows of the samples after the base model's cutoff, where the guards found some and others before it."""

    @property
    def labels(self) -> list[str]:
        """The task's label space, in its order."""
        return self.info.labels if self.info else []

    @property
    def horizon(self) -> int:
        """Sessions from entry to exit; 1 for texts without dates."""
        return (self.info.horizon if self.info else None) or 1

    @property
    def dated(self) -> bool:
        """Whether samples have sessions and returns, and so a portfolio."""
        return self.info is not None and self.info.horizon is not None


@dataclass(frozen=True)
class RunView:
    """A run folder as the report sees it."""

    folder: Path
    facts: dict[str, Any]
    recipe: dict[str, Any]
    worlds: list[World]

    @property
    def rows(self) -> list[MetricRow]:
        """Metric rows of all worlds, in the order of the recipe."""
        return [row for world in self.worlds for row in world.rows.all]


def collect(run_folder: Path) -> RunView:
    """Read a run folder.

    Raises:
        TickerTuneError: The folder holds no run, or a file in it is damaged.
    """
    if not (run_folder / "run.json").is_file():
        raise TickerTuneError(f"Folder {run_folder} holds no run (no run.json)", "Give a folder made by tickertune run")
    path = run_folder / "recipe.yaml"
    recipe = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else {}
    named = list(recipe.get("worlds", {}))
    found = sorted(path.parent.name for path in run_folder.glob("*/data") if path.parent.name not in named)
    worlds = [_world(run_folder, name, recipe) for name in [*named, *found]]
    return RunView(run_folder, read_json(run_folder / "run.json"), recipe, worlds)


def _world(run_folder: Path, name: str, recipe: dict[str, Any]) -> World:
    folder = run_folder / name
    settings = recipe.get("worlds", {}).get(name, {})
    split = str(recipe.get("eval", {}).get("split", "test"))
    built = (folder / "data" / "dataset" / "info.json").is_file()
    info = read_info(folder / "data") if built else None
    return World(
        name=name,
        placebo=bool(settings.get("placebo", False)),
        recipe=settings.get("data", {}),
        info=info,
        drops=_drops(folder / "data" / "drops.parquet"),
        stages=[_stage(folder / stage) for stage in STAGES if (folder / stage).is_dir()],
        rows=Rows(_metric_rows(folder / "eval" / "metrics.json"), name),
        meta=_json(folder / "eval" / "meta.json"),
        equity=_table(folder / "eval" / "equity.parquet"),
        portfolio=_portfolio(folder / "eval", name),
        predictions={
            path.stem: read_parquet(path) for path in sorted((folder / "eval" / "predictions").glob("*.parquet"))
        },
        samples=read_split(folder / "data", split) if built else pl.DataFrame(),
        withheld=_withheld(folder / "data" / "documents.parquet"),
        protocol=read_result(folder / "eval"),
        guards=read_guards(folder / "eval"),
        votes=_vote_points(folder / "eval" / VOTES),
        sweep=_sweep(folder),
        folder=folder,
        after=_after(folder / "eval" / METRICS_AFTER, name),
    )


def _after(path: Path, world: str) -> Rows | None:
    return Rows(_metric_rows(path), world) if path.is_file() else None


def _sweep(folder: Path) -> Sweep | None:
    if not is_current(folder):
        return None
    return read_sweep(folder / SWEEP, Rows(_metric_rows(folder / SWEEP / "metrics.json"), folder.name))


def _stage(folder: Path) -> Stage:
    marker = _json(folder / MARKER)
    facts = {**_json(folder / "tickertune.json"), **marker, **_tokens_scored(folder / "meta.json")}
    kept = {key: value for key, value in facts.items() if key not in _BOOKKEEPING}
    return Stage(folder.name, kept, _log(folder / "log.jsonl"), finished=bool(marker))


def _log(path: Path) -> list[dict[str, Any]]:
    """Lines of a training log; a last line that a kill cut short is left out."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    log = []
    for number, line in enumerate(lines, 1):
        try:
            log.append(json.loads(line))
        except json.JSONDecodeError as error:
            if number < len(lines):
                raise TickerTuneError(
                    f"Training log {path} is damaged in line {number} ({error})", "Delete that line or train again"
                ) from error
    return log


def _tokens_scored(meta: Path) -> dict[str, int]:
    """Prompt tokens over all checkpoints of the eval stage."""
    told = [predictor.get("prompt_tokens") for predictor in _json(meta).get("predictors", {}).values()]
    counts = [count for count in told if isinstance(count, int)]
    return {"prompt_tokens": sum(counts)} if counts else {}


def _metric_rows(path: Path) -> Sequence[MetricRow]:
    return _checked(read_json(path), path) if path.is_file() else []


def _checked(values: Any, path: Path) -> Sequence[MetricRow]:
    try:
        return TypeAdapter(list[MetricRow]).validate_python(values)
    except ValidationError as error:
        raise TickerTuneError(
            f"File {path} does not hold metric rows ({error.errors()[0]['msg']})", "Run the eval stage again"
        ) from error


def _vote_points(path: Path) -> list[VotePoint]:
    try:
        return TypeAdapter(list[VotePoint]).validate_python(read_json(path)) if path.is_file() else []
    except ValidationError as error:
        raise TickerTuneError(
            f"File {path} does not hold the curves of votes ({error.errors()[0]['msg']})", "Run the eval stage again"
        ) from error


def _portfolio(folder: Path, name: str) -> PortfolioView:
    found = _json(folder / "portfolio.json")
    book, account = (
        Rows(_checked(found.get(part, []), folder / "portfolio.json"), name) for part in ("book", "account")
    )
    series = _table(folder / "accounts.parquet")
    return PortfolioView(book, account, int(found.get("trials", 0)), found.get("counts", {}), series, _capital(found))


def _capital(found: dict[str, Any]) -> float:
    return float((found.get("account_settings") or {}).get("capital", 0.0))


def _drops(path: Path) -> dict[str, int]:
    table = _table(path)
    if table.is_empty():
        return {}
    counted = table.group_by("reason").len().sort(["len", "reason"], descending=[True, False])
    return {reason.replace("_", " "): count for reason, count in counted.iter_rows()}


def _withheld(path: Path) -> frozenset[str]:
    table = _table(path)
    return frozenset() if table.is_empty() else frozenset(table.filter(~pl.col("redistributable"))["doc_id"])


def _json(path: Path) -> dict[str, Any]:
    return dict(read_json(path)) if path.is_file() else {}


def _table(path: Path) -> pl.DataFrame:
    return read_parquet(path) if path.is_file() else pl.DataFrame()
