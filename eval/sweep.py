"""A sweep: every checkpoint that training kept, scored in one go, one engine for all that share a base."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.checkpoint import Checkpoint
from eval.checkpoint_scores import note_trials, score_checkpoints
from eval.comparison import metric_rows
from eval.metrics import MetricRow
from eval.results import ResultStore, count_trials
from eval.scoring import PARSER_VERSION
from eval.store import PredictionStore
from eval.world import read_world
from tickertune.core.files import write_json
from tickertune.core.recipe import EvalConfig

SWEEP_FILE = "sweep.json"
"""Written last into a sweep's folder: which checkpoint is of which stage and step, and what it was a sweep of."""


@dataclass(frozen=True)
class Step:
    """A checkpoint of a stage."""

    checkpoint: Checkpoint
    stage: str
    step: int


def sweep(
    data: Path,
    base: Checkpoint,
    steps: Sequence[Step],
    config: EvalConfig,
    folder: Path,
    world: str,
    keys: Mapping[str, str | None],
) -> list[MetricRow]:
    """Score the checkpoints and the base, and write metrics.json, meta.json and sweep.json.

    Baselines, paired differences and p-values are left out: a sweep shows the way of training, and choosing among its
    checkpoints is a use of the split that they are scored on.

    Args:
        data: Data stage folder.
        base: The model before training.
        steps: What training kept.
        config: How to score, and on which split.
        folder: Folder of the result.
        world: Name that the rows carry.
        keys: Keys of the stages that this is about, by name; a report shows the sweep as long as they are the same.

    Returns:
        Metric rows of the base and of every checkpoint.

    Raises:
        TickerTuneError: The data or a checkpoint cannot be used.
    """
    started = time.monotonic()
    place = read_world(data, world, config)
    store, results = PredictionStore(folder), ResultStore(config.store or folder / "store")
    (folder / SWEEP_FILE).unlink(missing_ok=True)
    checkpoints = [base, *(step.checkpoint for step in steps)]
    score_checkpoints(place, checkpoints, config, store, results)
    note_trials(place, checkpoints, config, store, results)
    predictions = {checkpoint.name: store.load(checkpoint.name) for checkpoint in checkpoints}
    rows = metric_rows(predictions, place.task, config, world, place.info.horizon or 1, [], [])
    store.drop_results()
    write_json(folder / "metrics.json", [row.model_dump(mode="json") for row in rows])
    meta = {
        **place.key,
        "world": world,
        "task": place.task.name,
        "split": config.split,
        "samples": place.samples.height,
        "resamples": config.resamples,
        "block_sessions": config.block_sessions,
        "cost_bps": config.cost_bps,
        "seed": config.seed,
        "parser_version": PARSER_VERSION,
        "shots": None if place.shots is None else place.shots.facts,
        "predictors": {name: store.facts(name) for name in predictions},
        "trials": count_trials(results.folder, place.info.split_hash, config.split),
        "seconds": round(time.monotonic() - started, 1),
    }
    write_json(folder / "meta.json", meta)
    about = {
        "steps": {step.checkpoint.name: {"stage": step.stage, "step": step.step} for step in steps},
        "keys": dict(keys),
        "split": config.split,
        "headline": "mcc" if place.info.horizon is not None else "weighted_f1",
    }
    write_json(folder / SWEEP_FILE, about)
    return rows
