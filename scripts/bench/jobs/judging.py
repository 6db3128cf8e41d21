"""The evaluator's own arithmetic: intervals of 100,000 decisions, and a backtest of 500 stocks over 20 years.

``bootstrap``: all metrics of two predictors with 10,000 resamples of 250 days and their paired differences, from the table of
predictions on. ``backtest``: daily decisions on 500 stocks in 5,040 sessions, to gross and net returns by session.
"""

import time
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

PROGRAMS = ("bootstrap", "backtest")
LIMITS = {"bootstrap": 1.0, "backtest": 5.0}
DAYS, STOCKS_A_DAY, RESAMPLES = 250, 400, 10_000
SESSIONS, STOCKS = 5040, 500


def run(program: str) -> dict[str, Any]:
    """Do the work once; ``rate`` is how often it could be done in a second."""
    frames = {name: _predictions(program, seed) for seed, name in enumerate(("base", "sft"))}
    work = _bootstrap if program == "bootstrap" else _backtest
    work({name: frame[:2000] for name, frame in frames.items()})
    started = time.process_time()
    work(frames)
    spent = time.process_time() - started
    return {"rate": 1 / spent, "unit": "jobs", "cpu": spent, "decisions": len(frames["base"])}


def _predictions(program: str, seed: int) -> pl.DataFrame:
    days, stocks = (DAYS, STOCKS_A_DAY) if program == "bootstrap" else (SESSIONS, STOCKS)
    market = np.random.default_rng(0)
    scaled = market.normal(size=(days, 1)) * 0.5 + market.normal(size=(days, stocks))
    call = np.where(np.random.default_rng(seed + 1).normal(size=scaled.shape) + 0.1 * scaled > 0, 1.0, -1.0).ravel()
    start = date(2000, 1, 3)
    when = np.repeat(np.array([start + timedelta(days=day) for day in range(days)], dtype="datetime64[D]"), stocks)
    ids = [f"S{number:03d}" for number in range(stocks)] * days
    flat = scaled.ravel()
    sure = np.random.default_rng(seed).uniform(0.5, 1, flat.size)
    up = np.where(call > 0, sure, 1 - sure)
    return pl.DataFrame({"session": when, "instrument_id": ids}).select(
        sample_id=pl.int_range(pl.len()).cast(pl.String),
        cluster=pl.col("session").dt.to_string("iso"),
        session="session",
        instrument_id="instrument_id",
        symbol="instrument_id",
        gold=pl.Series(np.where(flat > 0, "up", "down")),
        outcome=pl.lit("label"),
        label=pl.Series(np.where(call > 0, "up", "down")),
        confidence=pl.Series(sure),
        logprobs=pl.Series(np.log(np.stack([up, 1 - up], axis=1)), dtype=pl.Array(pl.Float64, 2)).arr.to_list(),
        position=pl.Series(call),
        ret_raw=pl.Series(0.02 * flat + 0.001),
        ret_excess=pl.Series(0.02 * flat),
        ret_scaled=pl.Series(flat),
        volatility=pl.lit(0.02),
    )


def _bootstrap(frames: dict[str, pl.DataFrame]) -> None:
    from eval.comparison import metric_rows
    from tickertune.core.recipe import EvalConfig
    from tickertune.core.tasks import label_task

    metric_rows(frames, label_task("movement"), EvalConfig(resamples=RESAMPLES), "w", 1, list(frames), ["sft"])


def _backtest(frames: dict[str, pl.DataFrame]) -> None:
    from eval.portfolio.accounting import backtest

    backtest(frames["sft"]).equity(5.0)


def misses(medians: dict[str, float], raw: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Work that takes longer than it may."""
    return [
        f"{name} takes {1 / rate:.2f} s, limit {LIMITS[name]:.0f} s"
        for name, rate in medians.items()
        if 1 / rate > LIMITS[name]
    ]
