"""How often the evaluator says "better than chance" of predictors that know nothing, and of one that knows too much.

    python scripts/judge_worlds.py [--worlds 1000] [--first-seed 0] [--signal 0] [--json] [--check]

Each world is a simulated market of its own: prices, news days and tones of the simulated source, judged by the evaluator's own
tables (``metric_rows``, ``portfolio_rows``). On a placebo (signal 0) nothing may be found but by chance: the share of
worlds with a one-sided p-value below 5% must lie around 5%, for the MCC and for the gross Sharpe ratio. The predictors:
a coin a sample; one coin a day for all stocks, whose hits hang together; the sign of the last five sessions; the sign of the tone. With
``--signal`` above 0 the tone tells. A look-ahead model, which knows the outcome and is wrong once in fifty times, must be flagged in each world:
the lower bound of its MCC lies above the closed-form ceiling. ``--check`` exits with 1 where a 99% binomial interval of a placebo's
share leaves 5% out, or a look-ahead model goes unnoticed.
"""

import argparse
import json
import sys
from collections import defaultdict
from datetime import date, timedelta

import exchange_calendars
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import binomtest

from data_pipeline.sources.simulated.ceiling import ceiling_of, probability_up
from data_pipeline.sources.simulated.market import make_companies, simulate_prices
from data_pipeline.sources.simulated.newswire import TONE_VARIANCE, draw_tones
from eval.comparison import P_VALUE, metric_rows
from eval.portfolio import portfolio_rows
from eval.prediction import Prediction
from tickertune.core.progress import progress_bar
from tickertune.core.recipe import EvalConfig
from tickertune.core.table import schema_of
from tickertune.core.tasks import label_task

Floats = NDArray[np.float64]
START = date(2023, 1, 3)
COMPANIES, NEWS = 16, 0.3
MOMENTUM = 5
WRONG = 0.02
"""Share of wrong answers of the look-ahead model."""
LEVEL, SURE = 0.05, 0.99
LOOK_AHEAD = "look-ahead"
TESTS = {"mcc": P_VALUE, "sharpe_gross": "sharpe_gross_p_above_zero"}
TASK = label_task("movement")


def calls_of(generator: np.random.Generator, tones: Floats, returns: Floats, excess: Floats) -> dict[str, Floats]:
    """What each predictor says of each session and company, +1 or -1, [sessions, companies]."""
    past = np.cumsum(np.vstack([np.zeros((1, returns.shape[1])), returns]), axis=0)
    momentum = np.zeros_like(returns)
    momentum[MOMENTUM:] = past[MOMENTUM:-1] - past[: -MOMENTUM - 1]
    coin = generator.choice([-1.0, 1.0], size=returns.shape)
    wrong = generator.random(returns.shape) < WRONG
    return {
        "coin": coin,
        "one coin a day": np.repeat(generator.choice([-1.0, 1.0], size=(len(returns), 1)), returns.shape[1], axis=1),
        "momentum": np.where(momentum == 0, coin, np.sign(momentum)),
        "tone": np.where(tones == 0, coin, np.sign(tones)),
        LOOK_AHEAD: np.where(wrong, -1.0, 1.0) * np.where(excess > 0, 1.0, -1.0),
    }


def world(seed: int, sessions: list[date], signal: float) -> tuple[dict[str, pl.DataFrame], float]:
    """``Prediction`` rows of each predictor in one world, and the closed-form ceiling of the MCC."""
    companies = make_companies(seed, COMPANIES)
    tones = draw_tones(seed, sessions, COMPANIES, NEWS)
    returns = simulate_prices(seed, companies, sessions, tones, signal, 0.0).open_returns
    tones = tones[:-1]
    excess = returns - (returns.sum(axis=1, keepdims=True) - returns) / (COMPANIES - 1)
    volatility = np.array([company.volatility for company in companies])
    day, stock = np.nonzero(tones)
    late = day > MOMENTUM
    day, stock = day[late], stock[late]
    ids = [companies[place].instrument_id for place in stock]
    when = [sessions[place] for place in day]
    shared = pl.DataFrame(
        {
            "sample_id": [f"{at}-{name}" for at, name in zip(when, ids, strict=True)],
            "cluster": [str(at) for at in when],
            "session": when,
            "instrument_id": ids,
            "symbol": ids,
            "gold": np.where(excess[day, stock] > 0, "up", "down"),
            "ret_raw": returns[day, stock],
            "ret_excess": excess[day, stock],
            "ret_scaled": excess[day, stock] / volatility[stock],
            "volatility": volatility[stock],
        }
    )
    frames = {}
    for name, calls in calls_of(np.random.default_rng([seed, 7]), tones, returns, excess).items():
        frames[name] = shared.with_columns(
            pl.lit("label").alias("outcome"),
            pl.Series("label", np.where(calls[day, stock] > 0, "up", "down")),
            pl.lit(None, dtype=pl.Float64).alias("confidence"),
            pl.Series("logprobs", [[]] * len(day), dtype=pl.List(pl.Float64)),
            pl.Series("position", calls[day, stock]),
        ).select(schema_of(Prediction).names())
    chances = probability_up(tones, volatility, signal, NEWS * TONE_VARIANCE)
    return frames, ceiling_of(chances[day, stock])["mcc"]


def main() -> int:
    """Print the tables; returns 1 where ``--check`` finds a false alarm too many or a leak unseen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--signal", type=float, default=0.0)
    parser.add_argument("--sessions", type=int, default=80)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    calendar = exchange_calendars.get_calendar("XNYS", start=START, end=START + timedelta(days=2 * options.sessions))
    sessions = [stamp.date() for stamp in calendar.sessions[: options.sessions]]
    config = EvalConfig(resamples=options.draws)
    claimed: dict[tuple[str, str], int] = defaultdict(int)
    sums: dict[tuple[str, str], list[float]] = defaultdict(list)
    flagged = 0
    with progress_bar("worlds", options.worlds) as bar:
        for seed in range(options.first_seed, options.first_seed + options.worlds):
            frames, ceiling = world(seed, sessions, options.signal)
            names = list(frames)
            rows = metric_rows(frames, TASK, config, "world", 1, names, names)
            rows += portfolio_rows(frames, config, "world", 1, names, "XNYS")[0]
            found = {(row.checkpoint, row.metric): row for row in rows}
            for name in names:
                for test, p_value in TESTS.items():
                    claimed[name, test] += found[name, p_value].value < LEVEL
                for metric in ("mcc", "sharpe_gross", "sharpe_net", "sharpe_costs_only"):
                    sums[name, metric].append(found[name, metric].value)
            flagged += (found[LOOK_AHEAD, "mcc"].low or 0.0) > ceiling
            bar.advance(1)
    table = {
        f"{name}: {test}": (count / options.worlds, *binomtest(count, options.worlds).proportion_ci(SURE))
        for (name, test), count in claimed.items()
    }
    means = {
        f"{name}: {metric}": [float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))]
        for (name, metric), values in sums.items()
    }
    noticed = flagged / options.worlds
    if options.json:
        print(json.dumps({"claimed": table, "means and standard errors": means, "look-ahead flagged": noticed}))
    else:
        print_tables(table, means, noticed)
    placebo = options.signal == 0
    wrong = [
        key
        for key, (_, low, high) in table.items()
        if placebo and not key.startswith(LOOK_AHEAD) and not low <= LEVEL <= high
    ]
    return int(options.check and bool(wrong or noticed < 1))


def print_tables(table: dict[str, tuple[float, float, float]], means: dict[str, list[float]], noticed: float) -> None:
    """Say how often something was claimed, and the means of the measures."""
    print(f"{'predictor: test':<36}{'claimed at 5%':>14}  99% interval")
    for key, (share, low, high) in table.items():
        print(f"{key:<36}{share:>14.1%}  [{low:.1%}, {high:.1%}]")
    print(f"\n{'predictor: measure':<36}{'mean':>10}{'std. error':>12}")
    for key, (mean, error) in means.items():
        print(f"{key:<36}{mean:>10.3f}{error:>12.3f}")
    print(f"\nlook-ahead model flagged in {noticed:.1%} of the worlds")


if __name__ == "__main__":
    sys.exit(main())
