"""One world of a made-up run: its data, training logs and scores."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from data_pipeline.dataset import CheckResult, DatasetInfo, write_dataset
from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.sessions import load_sessions
from eval.comparison import metric_rows
from eval.metrics import MetricRow
from eval.portfolio import portfolio_rows
from tests.eval.made_predictions import COMPANIES, movement_samples, predicted, sentiment_samples
from tickertune.core.files import sha256_text, write_json, write_text
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.recipe import EvalConfig, ExcessLabelConfig
from tickertune.core.table import frame_of, write_table
from tickertune.core.tasks import get_task


def _log(path: Path, stage: str, steps: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    lines = []
    for step in range(1, steps + 1):
        gain = 1 - np.exp(-3 * step / steps)
        terms = {"format": 0.98, "accuracy": 0.1 + 0.2 * gain, "pnl": 0.35 * gain}
        noisy = {f"rewards/{name}/mean": value + rng.normal(0, 0.05) for name, value in terms.items()}
        grpo = {"reward": sum(noisy.values()), **noisy, "entropy": 0.7 - 0.4 * gain}
        sft = {"loss": 0.72 - 0.2 * gain + rng.normal(0, 0.02), "mean_token_accuracy": 0.5 + 0.2 * gain}
        lines.append(json.dumps({"step": step, **(grpo if stage == "grpo" else sft)}))
    write_text(path, "\n".join(lines) + "\n")


def _write_bars(data: Path, seed: int) -> None:
    """Closes that wander, for every session from three months before the train split on."""
    rng = np.random.default_rng([seed, 7])
    calendar = load_sessions("XNYS", date(2014, 7, 1), date(2015, 6, 1))
    bars = []
    for symbol in COMPANIES:
        prices = 50 * np.exp(np.cumsum(rng.normal(0, 0.01, len(calendar))))
        bars += [
            Bar(
                instrument_id=f"SIM:{symbol}", session=day, open=price, high=price, low=price, close=price, volume=1000,
                basis="total_return",
            )
            for day, price in zip(calendar.dates.tolist(), prices.tolist(), strict=True)
        ]  # fmt: skip
    write_table(frame_of(Bar, bars), data / "bars.parquet", ["instrument_id", "session"])
    write_table(frame_of(CorporateAction, []), data / "actions.parquet", ["instrument_id", "ex_date"])


def make_world(
    folder: Path,
    world: str,
    task: str,
    signal: float,
    stages: Sequence[str],
    seed: int = 0,
    redistributable: bool = True,
    history: bool = False,
) -> None:
    """Write one world's data, training and eval stages; with its history, also a train split and bars."""
    movement = task == "movement"
    samples, tones = movement_samples(signal, 80, seed) if movement else sentiment_samples(500, seed)
    labels = list(get_task(task).labels)
    shares = dict(samples["label"].value_counts(normalize=True).iter_rows())
    ceiling = {"accuracy": 0.5 + 0.5 * float(np.tanh(signal)), "mcc": float(np.tanh(signal))} if movement else {}
    info = DatasetInfo(
        task=task,
        labels=labels,
        horizon=1 if movement else None,
        market_adjusted=movement,
        split_hash=sha256_text(world),
        prompt_hash=sha256_text("prompt"),
        outcome_hash=sha256_text(f"outcome {world}"),
        label_spec=label_spec(ExcessLabelConfig()).model_dump(mode="json") if movement else {"name": "annotated"},
        label_hash=sha256_text("label"),
        fitted={"cut_points": [0.013]} if movement else {},
        class_priors=dict.fromkeys(("train", "validation", "test"), shares),
        counts={
            "documents": 5210,
            "documents_dropped_spam": 139,
            "documents_kept": 4630,
            **{f"samples_{split}": count for split, count in (("train", 1804), ("validation", 211))},
            "samples_test": samples.height,
        },
        leak_share=0.0,
        dead_band_share=0.0,
        ceiling=ceiling,
        source_kind="simulated" if movement else "phrasebank",
        exchange="XNYS" if movement else None,
        zone="America/New_York" if movement else None,
        latency_minutes=0 if movement else None,
        decision_minutes=30 if movement else None,
        price_basis=["traded"] if movement else [],
        licences=["CC0 <made>"],
        redistributable=redistributable,
        first_session=None,
        last_session=None,
        notes=["All companies, prices and news are fictional & made from a seed."],
        checks=[CheckResult(check="no text is later than its decision", result="pass")],
    )
    data = folder / world / "data"
    earlier = [movement_samples(signal, 40, seed + 100, date(2014, 10, 1), "train")[0]] if history and movement else []
    write_dataset(pl.concat([*earlier, samples]), info, data / "dataset")
    if earlier:
        _write_bars(data, seed)
    write_json(
        data / "done.json", {"key": "k", "pid": 1, "stage_seconds": 21.5, "samples": {"train": 1804, "test": 473}}
    )
    reasons = ["exact_duplicate"] * 140 + ["near_duplicate"] * 181 + ["foreign_language"] * 120 + ["spam"] * 139
    drops = pl.DataFrame({"doc_id": [f"d{place}" for place in range(len(reasons))], "reason": reasons})
    write_table(drops, data / "drops.parquet", ["doc_id"])
    for stage in stages:
        write_json(
            folder / world / stage / "tickertune.json",
            {"method": "lora", "model": "smollm2-135m", "dtype": "bfloat16", "quantization": None, "tokens": 61234,
             "samples": 512, "steps": 64, "dropped": {"too_long": 3}, "seconds": 188.4},
        )  # fmt: skip
        _log(folder / world / stage / "log.jsonl", stage, 64 if stage == "sft" else 8, seed)
        write_json(folder / world / stage / "done.json", {"key": "k", "pid": 1, "stage_seconds": 190.0})
    _score(folder / world / "eval", world, samples, tones if signal else np.zeros(len(tones)), task, stages, ceiling)


def _score(
    folder: Path, world: str, samples: pl.DataFrame, tones: np.ndarray[Any, Any], task: str, stages: Sequence[str],
    ceiling: dict[str, float],
) -> None:  # fmt: skip
    config = EvalConfig(resamples=400)
    names = ["base", *stages, "majority", "tfidf", "random"]
    names += ["always_up", "momentum", "oracle"] if task == "movement" else []
    predictions = {name: predicted(samples, tones, task, name, 0) for name in names}
    for name, frame in predictions.items():
        write_table(frame, folder / "predictions" / f"{name}.parquet", ["sample_id"])
    rows = metric_rows(predictions, get_task(task), config, world, 1, ["base", *stages], stages)
    traded, equity = portfolio_rows(predictions, config, world, 1, stages, None)
    days = samples["session"].n_unique()
    best = [
        MetricRow(world=world, checkpoint="ceiling", metric=metric, value=value, low=value, high=value, n=0, days=days)
        for metric, value in ceiling.items()
    ]
    write_json(folder / "metrics.json", [row.model_dump(mode="json") for row in [*rows, *traded, *best]])
    if not equity.is_empty():
        write_table(equity, folder / "equity.parquet", ["checkpoint", "session"])
    told = {"backend": "vllm", "dtype": "bfloat16", "parser_version": "1", "prompt_tokens": 98123}
    predictors = {name: {**told, "fingerprint": sha256_text(name)} for name in ["base", *stages]}
    predictors |= {name: {"baseline": name, "seed": 0} for name in names if name not in predictors}
    settings = {name: getattr(config, name) for name in ("cost_bps", "resamples", "block_sessions", "seed")}
    hashes = {"split_hash": sha256_text(world), "outcome_hash": sha256_text(f"outcome {world}")}
    hashes |= {"prompt_hash": sha256_text("prompt"), "label_hash": sha256_text("label")}
    about = {"world": world, "task": task, "labels": list(get_task(task).labels), "split": "test", "exchange": None}
    horizon = 1 if task == "movement" else None
    write_json(
        folder / "meta.json",
        {**settings, **hashes, **about, "horizon": horizon, "predictors": predictors, "seconds": 74.0},
    )
    write_json(folder / "done.json", {"key": "k", "pid": 1, "stage_seconds": 74.0})
