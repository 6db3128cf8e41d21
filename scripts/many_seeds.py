"""Run a recipe for several seeds and say how often its findings hold.

    python scripts/many_seeds.py recipes/demo/run.yaml --seeds 10 --output runs/seeds

Each seed is a run of its own in OUTPUT/SEED, finished ones are not repeated. The table (also OUTPUT/seeds.json) has, for
each world, checkpoint and metric: the mean over seeds, the range, and in how many seeds the 95% interval lies above 0
or below 0, or a p-value below 5%. A placebo world with ten seeds and three checkpoints should show an interval above 0 in about one of forty.
Where there is a Bayes policy: what GRPO gains of the P&L reward between SFT and it, as a share where that gap is clearly above 0.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from math import sqrt
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table
from scipy.stats import t as student

from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json, write_json

METRICS = (
    "mcc",
    "accuracy",
    "pnl_reward",
    "sharpe_gross",
    "sharpe_net",
    "mcc_p_above_zero_holm",
    "sharpe_gross_p_above_zero_holm",
)
KEYS = ["world", "checkpoint", "metric"]
RIVALS = ("sft", "grpo", "bayes")
LEVEL = 0.95
"""Of the interval over seeds that tells whether there is a gap."""


def run_seed(recipe: Path, seed: int, output: Path, sets: Sequence[str] = ()) -> list[dict[str, object]]:
    """Run one seed in a process of its own, with ``KEY=VALUE`` overrides, and return its metric rows."""
    command = [
        sys.executable,
        "-m",
        "tickertune",
        "run",
        str(recipe),
        "--seed",
        str(seed),
        "--output",
        str(output),
        *(word for item in sets for word in ("--set", item)),
    ]
    log = output.with_suffix(".log")
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as stream:
        status = subprocess.run(command, stdout=stream, stderr=stream, check=False).returncode
    if status != 0:
        raise TickerTuneError(f"Seed {seed} ended with status {status}", f"Read {log}, and run again to resume")
    rows: list[dict[str, object]] = read_json(output / "metrics.json")
    return [{"seed": seed, **row} for row in rows]


def summarise(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Summary over seeds, a row for each world, checkpoint and metric.

    How many intervals lie above or below 0 is null for p-values and for what has no interval; how many p-values lie below 5% is
    null for all else.
    """
    schema = {"seed": pl.Int64, **dict.fromkeys(KEYS, pl.String), **dict.fromkeys(("value", "low", "high"), pl.Float64)}
    table = pl.DataFrame([{key: row[key] for key in schema} for row in rows], schema=schema)
    chance = pl.col("metric").str.contains("_p_")
    bounded = pl.col("bounded") & ~chance
    return (
        table.filter(pl.col("metric").is_in(METRICS))
        .group_by(KEYS, maintain_order=True)
        .agg(
            seeds=pl.len(),
            mean=pl.col("value").mean(),
            smallest=pl.col("value").min(),
            largest=pl.col("value").max(),
            above_zero=(pl.col("low") > 0).sum(),
            below_zero=(pl.col("high") < 0).sum(),
            p_below_5_percent=(pl.col("value") < 0.05).sum(),
            bounded=pl.col("low").is_not_null().any(),
        )
        .with_columns(
            pl.when(bounded).then(pl.col("above_zero", "below_zero")),
            pl.when(chance).then(pl.col("p_below_5_percent")),
        )
        .drop("bounded")
    )


def gap_closed(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """How much of the P&L reward between SFT and the Bayes policy GRPO gains, for each world that has all three.

    Every seed counts, also one in which SFT earns what the Bayes policy earns or more: leaving those out would choose seeds by
    their outcome, and find a gap in noise.

    Returns:
        Rows of ``world``; ``seeds``, and ``seeds_without`` all three; ``gap`` and ``gained``, means over the seeds; ``gap_low`` and
        ``gap_high``, the gap's 95% t interval over seeds (None for one seed); ``share``, gained over gap, None unless
        ``gap_low`` is above 0; and ``each``, the seed, gap and gained of every one.
    """
    table = pl.DataFrame([{key: row[key] for key in ("seed", "value", *KEYS)} for row in rows])
    wide = table.filter(metric="pnl_reward").pivot("checkpoint", index=["world", "seed"], values="value")
    if not set(RIVALS) <= set(wide.columns):
        return []
    found = []
    for (world,), own in wide.group_by("world", maintain_order=True):
        whole = own.drop_nulls(RIVALS)
        if whole.is_empty():
            continue
        each = whole.select("seed", gap=pl.col("bayes") - pl.col("sft"), gained=pl.col("grpo") - pl.col("sft"))
        gap, gained = fmean(each["gap"]), fmean(each["gained"])
        margin = None if each.height == 1 else _margin(each["gap"].to_list())
        clear = margin is not None and gap > margin
        found.append(
            {
                "world": world,
                "seeds": each.height,
                "seeds_without": own.height - each.height,
                "gap": gap,
                "gap_low": None if margin is None else gap - margin,
                "gap_high": None if margin is None else gap + margin,
                "gained": gained,
                "share": gained / gap if clear else None,
                "each": each.to_dicts(),
            }
        )
    return found


def _margin(values: list[float]) -> float:
    """Half of a mean's t interval."""
    quantile: float = student.ppf((1 + LEVEL) / 2, len(values) - 1)
    return quantile * stdev(values) / sqrt(len(values))


def gap_line(found: Mapping[str, Any]) -> str:
    """One of ``gap_closed`` in words."""
    seeds = "one seed" if found["seeds"] == 1 else f"{found['seeds']} seeds"
    if found["seeds_without"]:
        seeds += f" (and {found['seeds_without']} without all three)"
    bounds = "" if found["gap_low"] is None else f" [{found['gap_low']:.3f}, {found['gap_high']:.3f}]"
    told = f"{found['gap']:.3f}{bounds} in P&L reward between SFT and the Bayes policy"
    if found["share"] is not None:
        return f"{found['world']}, {seeds}: GRPO gains {found['gained']:.3f} of the {told}, {found['share']:.0%}"
    why = "one seed does not tell its spread" if found["gap_low"] is None else "not clearly above 0"
    return f"{found['world']}, {seeds}: GRPO gains {found['gained']:.3f}; a share is not told, since the gap is {told}: {why}"


def at_least_one(text: str) -> int:
    """Read a count from the command line.

    Raises:
        argparse.ArgumentTypeError: It is no whole number from 1 on.
    """
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def main() -> None:
    """Read the command line, run the seeds, print and store the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--seeds", type=at_least_one, default=10, help="how many seeds (default 10)")
    parser.add_argument("--first-seed", type=int, default=0, metavar="SEED", help="the first of them (default 0)")
    parser.add_argument("--output", type=Path, default=Path("runs/seeds"))
    parser.add_argument(
        "--set", dest="sets", metavar="KEY=VALUE", action="append", default=[], help="override a key of the recipe"
    )
    arguments = parser.parse_args()
    rows: list[dict[str, object]] = []
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    for seed in seeds:
        print(f"seed {seed}, {seeds.index(seed) + 1} of {arguments.seeds}", file=sys.stderr)
        rows += run_seed(arguments.recipe, seed, arguments.output / str(seed), arguments.sets)
    summary = summarise(rows)
    gaps = gap_closed(rows)
    write_json(arguments.output / "seeds.json", {"rows": summary.to_dicts(), "gap_closed": gaps})
    table = Table(title=f"{arguments.recipe}, seeds {seeds[0]} to {seeds[-1]}")
    for column in summary.columns:
        table.add_column(column, justify="left" if column in KEYS else "right")
    for row in summary.iter_rows():
        table.add_row(*(_cell(value) for value in row))
    Console(width=170).print(table)
    for gap in gaps:
        print(gap_line(gap))
    print(f"Summary: {arguments.output / 'seeds.json'}")


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.3f}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    try:
        main()
    except TickerTuneError as error:
        sys.exit(f"Error: {error}")
