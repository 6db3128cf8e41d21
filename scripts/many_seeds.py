"""Run a recipe for several seeds and say how often its findings hold.

    python scripts/many_seeds.py recipes/demo/run.yaml --seeds 10 --output runs/seeds

Each seed is a run of its own in OUTPUT/SEED, finished ones are not repeated. The table (also OUTPUT/seeds.json) has, for
each world, checkpoint and metric: the mean over seeds, the range, and in how many seeds the 95% interval lies above 0
or below 0. A placebo world with ten seeds and three checkpoints should show an interval above 0 in about one of forty.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from rich.console import Console
from rich.table import Table

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
    """Summary over seeds, a row for each world, checkpoint and metric."""
    schema = {"seed": pl.Int64, **dict.fromkeys(KEYS, pl.String), **dict.fromkeys(("value", "low", "high"), pl.Float64)}
    table = pl.DataFrame([{key: row[key] for key in schema} for row in rows], schema=schema)
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
            p_below_5_percent=(pl.col("metric").str.contains("_p_") & (pl.col("value") < 0.05)).sum(),
        )
    )


def gap_closed(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """How much of the P&L reward between SFT and the Bayes policy GRPO gains, for each world that has all three.

    Seeds in which SFT earns as much as the Bayes policy, as on a placebo where both stay flat, have no gap and are left out.

    Returns:
        Rows of world, ``gap`` and ``gained`` (means over seeds), ``share`` (their quotient) and ``shares`` (that of each seed).
    """
    table = pl.DataFrame([{key: row[key] for key in ("seed", "value", *KEYS)} for row in rows])
    wide = table.filter(metric="pnl_reward").pivot("checkpoint", index=["world", "seed"], values="value")
    if not {"sft", "grpo", "bayes"} <= set(wide.columns):
        return []
    each = (
        wide.drop_nulls(["sft", "grpo", "bayes"])
        .select("world", gap=pl.col("bayes") - pl.col("sft"), gained=pl.col("grpo") - pl.col("sft"))
        .filter(pl.col("gap") > 0)
    )
    return (
        each.group_by("world", maintain_order=True)
        .agg(pl.mean("gap"), pl.mean("gained"), shares=pl.col("gained") / pl.col("gap"))
        .with_columns(share=pl.col("gained") / pl.col("gap"))
        .to_dicts()
    )


def main() -> None:
    """Read the command line, run the seeds, print and store the summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--seeds", type=int, default=10, help="how many seeds (default 10)")
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
        table.add_row(*(f"{value:.3f}" if isinstance(value, float) else str(value) for value in row))
    Console(width=170).print(table)
    for gap in gaps:
        print(
            f"{gap['world']}: GRPO gains {gap['gained']:.3f} of the {gap['gap']:.3f} in P&L reward between SFT and the Bayes policy"
        )
    print(f"Summary: {arguments.output / 'seeds.json'}")


if __name__ == "__main__":
    try:
        main()
    except TickerTuneError as error:
        sys.exit(f"Error: {error}")
