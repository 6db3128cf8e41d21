"""Score checkpoints and baselines on one world's held-out split, and write what the report needs."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

import polars as pl

from data_pipeline.dataset import read_split
from eval.baselines import Evidence, predict_baseline
from eval.checkpoint import Checkpoint
from eval.checkpoint_scores import note_trials, score_checkpoints
from eval.comparison import metric_rows
from eval.guards.evaluation import guard_evaluation
from eval.metrics import MetricRow
from eval.portfolio import portfolio_rows
from eval.portfolio.study import study
from eval.prediction import UNPARSED_ALARM
from eval.protocols.result import label_rows, open_protocol, write_result
from eval.results import ResultStore, count_trials
from eval.scoring import PARSER_VERSION
from eval.store import VOTES, PredictionStore
from eval.voting import Voted, vote_checkpoints
from eval.world import World, check_labels, read_world
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import atomic_file, write_json
from tickertune.core.progress import console
from tickertune.core.recipe import EvalConfig
from tickertune.core.recipe.evaluation import BaselineName
from tickertune.core.table import read_parquet
from tickertune.core.tasks import MovementTask

RESERVED = ("ceiling", "buy_and_hold")


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
    _check_served(checkpoints, config)
    place = read_world(data, world, config)
    train = read_split(data, "train").filter(pl.col("task") == place.task.name)  # a mixture trains on other tasks too
    check_labels(data, "train", train, place.task)
    opened = open_protocol(config.protocol, place.info, place.samples, config.split) if config.protocol else None
    store, results = PredictionStore(folder), ResultStore(config.store or folder / "store")
    scored = [] if config.votes is not None and config.votes.alone else list(checkpoints)
    score_checkpoints(place, scored, config, store, results)
    note_trials(place, scored, config, store, results)
    voted = Voted([], [], [])
    if config.votes is not None:
        voted = vote_checkpoints(place, checkpoints, config, config.votes, store, results)
    baselines = _score_baselines(place, train, config, store)
    judged = [checkpoint.name for checkpoint in scored] + voted.names
    trained = [checkpoint.name for checkpoint in scored if checkpoint.trained] + voted.trained
    names = judged + baselines
    predictions = {name: store.load(name) for name in names}
    _warn_of_unparsed(predictions)
    store.drop_results()
    rows = _measure(place, predictions, judged, trained, config, folder)
    write_json(folder / "metrics.json", [row.model_dump(mode="json") for row in rows])
    trials = count_trials(results.folder, place.info.split_hash, config.split)
    if isinstance(place.task, MovementTask):
        further = study(predictions, place.samples, place.info, data, config, world, trained, max(trials, len(trained)))
        further.write(folder, config)
    if voted.points:
        write_json(folder / VOTES, [point.model_dump(mode="json") for point in voted.points])
    if opened is not None:
        found = label_rows(opened, predictions, place.task, config, place.info.horizon or 1)
        write_result(opened.result(found), folder)
    if config.guards is not None and scored:
        guard_evaluation(place, scored, predictions, config, config.guards, folder, results)
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
        "shots": None if place.shots is None else place.shots.facts,
        "predictors": {name: store.facts(name) for name in names},
        "policy": config.policy.model_dump(mode="json"),
        "account": None if config.account is None else config.account.model_dump(mode="json"),
        "trials": trials,
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


def _check_served(checkpoints: Sequence[Checkpoint], config: EvalConfig) -> None:
    """Refuse checkpoints that a server of the base model, with adapters, cannot serve."""
    for checkpoint in checkpoints if config.server is not None else ():
        if checkpoint.model is not None or checkpoint.quantization is not None:
            own = "has weights of its own" if checkpoint.model is not None else "was trained on a base in 4 bits"
            raise TickerTuneError(
                f"Checkpoint '{checkpoint.name}' {own}, and the server serves the base model with adapters",
                "Serve its merged weights (scripts/merge_adapter.py), and evaluate them as --model",
            )


def _score_baselines(world: World, train: pl.DataFrame, config: EvalConfig, store: PredictionStore) -> list[str]:
    """Score what is missing; returns the names of the baselines that the task and source support."""
    truth = world.folder / "truth_tones.parquet"
    evidence = Evidence(
        task=world.task,
        train=train,
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
    names: Sequence[str],
    trained: Sequence[str],
    config: EvalConfig,
    folder: Path,
) -> list[MetricRow]:
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
