"""Score checkpoints and baselines on one world's held-out split, and write what the report needs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

import polars as pl

from data_pipeline.dataset import DatasetInfo, read_info, read_split
from eval.backends import choose_backend, open_backend
from eval.baselines import Evidence, predict_baseline
from eval.checkpoint import Checkpoint, Weights, fingerprint, materialise
from eval.comparison import metric_rows
from eval.metrics import MetricRow
from eval.portfolio import portfolio_rows
from eval.scoring import PARSER_VERSION, encode, score_samples
from eval.store import PredictionStore
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file, write_json
from tickertune.core.progress import console, progress_bar
from tickertune.core.recipe import EvalConfig
from tickertune.core.recipe.evaluation import BaselineName
from tickertune.core.table import read_parquet
from tickertune.core.tasks import LabelTask, MovementTask, label_task

UNPARSED_ALARM = 0.05
RESERVED = ("ceiling", "buy_and_hold")


@dataclass(frozen=True)
class World:
    """One world's data, as every step of an evaluation needs it."""

    name: str
    folder: Path
    info: DatasetInfo
    task: LabelTask
    samples: pl.DataFrame
    """``Sample`` rows of the split that is scored."""

    @property
    def key(self) -> dict[str, Any]:
        """Hashes of the data that every prediction is stored with."""
        return {
            "split_hash": self.info.split_hash,
            "prompt_hash": self.info.prompt_hash,
            "label_hash": self.info.label_hash,
            "outcome_hash": self.info.outcome_hash,
        }


def evaluate(
    data: Path, checkpoints: Sequence[Checkpoint], config: EvalConfig, folder: Path, world: str
) -> dict[str, Any]:
    """Score everything that is not scored yet, and write metrics.json, meta.json and equity.parquet.

    Args:
        data: Data stage folder, or the data set folder in it.
        checkpoints: In order of training, the base first.
        config: How to score.
        folder: Folder of the results.
        world: Name that the rows carry.

    Returns:
        Facts for the stage marker: names of the predictors, number of samples, seconds.

    Raises:
        TickerTuneError: The data or a checkpoint cannot be used, or a checkpoint's name is taken.
    """
    started = time.monotonic()
    _check_names(checkpoints)
    place = _read_world(data, world, config)
    store = PredictionStore(folder)
    _score_checkpoints(place, checkpoints, config, store)
    baselines = _score_baselines(place, config, store)
    names = [checkpoint.name for checkpoint in checkpoints] + baselines
    predictions = {name: store.load(name) for name in names}
    _warn_of_unparsed(predictions)
    store.drop_results()
    rows = _measure(place, predictions, checkpoints, config, folder)
    write_json(folder / "metrics.json", [row.model_dump(mode="json") for row in rows])
    seconds = round(time.monotonic() - started, 1)
    meta = {
        **place.key,
        "world": world,
        "task": place.task.name,
        "labels": list(place.task.labels),
        "split": config.split,
        "samples": place.samples.height,
        "class_priors": place.info.class_priors,
        "leak_share": place.info.leak_share,
        "horizon": place.info.horizon,
        "exchange": place.info.exchange,
        "cost_bps": config.cost_bps,
        "resamples": config.resamples,
        "block_sessions": config.block_sessions,
        "seed": config.seed,
        "parser_version": PARSER_VERSION,
        "predictors": {name: store.facts(name) for name in names},
        "seconds": seconds,
    }
    write_json(folder / "meta.json", meta)
    return {"predictors": names, "samples": place.samples.height, "seconds": seconds}


def _check_names(checkpoints: Sequence[Checkpoint]) -> None:
    taken = [*get_args(BaselineName), *RESERVED]
    for checkpoint in checkpoints:
        if checkpoint.name in taken or not checkpoint.name.replace("-", "_").replace("_", "a").isalnum():
            raise TickerTuneError(
                f"Checkpoint name '{checkpoint.name}' is taken or no plain word (or used twice)",
                "Rename it: letters, digits, - and _, and none of " + ", ".join(get_args(BaselineName)),
            )
        taken.append(checkpoint.name)


def _read_world(data: Path, name: str, config: EvalConfig) -> World:
    info = read_info(data)
    samples = read_split(data, config.split)
    if samples.is_empty():
        raise TickerTuneError(
            f"Data set {data} has no samples in split {config.split}", "Choose another split or dates"
        )
    return World(name, data, info, label_task(info.task), samples)


def _score_checkpoints(
    world: World, checkpoints: Sequence[Checkpoint], config: EvalConfig, store: PredictionStore
) -> None:
    """Score what is missing, with one engine for all checkpoints that share its weights."""
    backend_name = choose_backend(config.backend)
    pending: list[tuple[Checkpoint, dict[str, Any]]] = []
    for checkpoint in checkpoints:
        key = {
            **world.key,
            "split": config.split,
            "fingerprint": fingerprint(checkpoint),
            "backend": backend_name,
            "dtype": config.dtype,
            "parser_version": PARSER_VERSION,
        }
        if not store.has(checkpoint.name, key):
            pending.append((checkpoint, key))
    loads = [(materialise(checkpoint), checkpoint, key) for checkpoint, key in pending]
    loads.sort(key=lambda load: load[0].model)
    for _, group in groupby(loads, key=lambda load: load[0].model):
        _score_with_one_engine(world, list(group), config, store)


def _score_with_one_engine(
    world: World, loads: list[tuple[Weights, Checkpoint, dict[str, Any]]], config: EvalConfig, store: PredictionStore
) -> None:
    weights, first, _ = loads[0]
    encoded = encode(first.base, first.revision, world.task, world.samples)
    adapters = list(dict.fromkeys(load.adapter for load, _, _ in loads if load.adapter is not None))
    with open_backend(
        config.backend,
        weights.model,
        first.base,
        dtype=config.dtype,
        batch_size=config.batch_size,
        max_length=encoded.longest + 1,
        adapters=adapters,
        revision=weights.revision,
    ) as backend:
        for load, checkpoint, key in loads:
            started = time.monotonic()
            label = f"{world.name}: scoring {checkpoint.name} ({backend.name})"
            with progress_bar(label, world.samples.height) as bar:
                frame = score_samples(world.samples, world.task, encoded, backend, load.adapter, bar.advance)
            facts = {"prompt_tokens": encoded.tokens, "seconds": round(time.monotonic() - started, 1)}
            store.save(checkpoint.name, key, frame, facts)


def _score_baselines(world: World, config: EvalConfig, store: PredictionStore) -> list[str]:
    """Score what is missing; returns the names of the baselines that the task and source support."""
    truth = world.folder / "truth_tones.parquet"
    evidence = Evidence(
        task=world.task,
        train=read_split(world.folder, "train"),
        test=world.samples,
        tones=read_parquet(truth) if truth.is_file() else None,
        seed=config.seed,
        cost_bps=config.cost_bps,
    )
    names: list[str] = []
    for name in dict.fromkeys(config.baselines):
        key = {**world.key, "split": config.split, "baseline": name, "seed": config.seed}
        if name == "bayes":
            key["cost_bps"] = config.cost_bps
        if not store.has(name, key):
            frame = predict_baseline(name, evidence)
            if frame is None:
                continue
            store.save(name, key, frame, {})
        names.append(name)
    return names


def _warn_of_unparsed(predictions: dict[str, pl.DataFrame]) -> None:
    for name, frame in predictions.items():
        share = (frame["outcome"] != "label").mean()
        if isinstance(share, float) and share > UNPARSED_ALARM:
            console.print(f"[bold red]WARNING: {share:.1%} of {name}'s answers could not be read; they count as wrong.")


def _measure(
    world: World,
    predictions: dict[str, pl.DataFrame],
    checkpoints: Sequence[Checkpoint],
    config: EvalConfig,
    folder: Path,
) -> list[MetricRow]:
    names = [checkpoint.name for checkpoint in checkpoints]
    trained = [checkpoint.name for checkpoint in checkpoints if checkpoint.trained]
    horizon = world.info.horizon or 1
    rows = metric_rows(predictions, world.task, config, world.name, horizon, names, trained)
    if isinstance(world.task, MovementTask):
        traded, equity = portfolio_rows(predictions, config, world.name, horizon, trained, world.info.exchange)
        rows += traded
        with atomic_file(folder / "equity.parquet") as temporary:
            equity.write_parquet(temporary, compression="zstd")
    days = rows[0].days
    return rows + [
        MetricRow(
            world=world.name, checkpoint="ceiling", metric=metric, value=value, low=value, high=value,
            n=world.samples.height, days=days,
        )
        for metric, value in sorted(world.info.ceiling.items())
    ]  # fmt: skip
