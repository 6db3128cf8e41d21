"""Does a market with costs ask when to hold, and does it take training to trade more?

    python scripts/never_hold.py runs/costs/3 runs/costs/4 --cost-bps 40 --cost-bps 100

For runs of a market that can be answered "flat", without a model at work. Each predictor with label log-probabilities is also
read so that it never holds: up or down, whichever is likelier. Where that earns what GRPO earns, GRPO has learnt to hold less, and
nothing that the checkpoint before it did not know. For each cost the Bayes policy stands beside the oracle, which always trades
where the news has a tone: where both earn the same, holding is worth nothing in that market. P&L rewards, 95% intervals by days.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from data_pipeline.dataset import read_split
from eval.baselines import FLAT, Evidence, predict_baseline
from eval.comparison import metric_rows
from eval.metrics import MetricRow
from eval.prediction import predictions_of
from tickertune.cli.stored import StoredEvaluation
from tickertune.core.decision import Decision
from tickertune.core.errors import TickerTuneError
from tickertune.core.table import read_parquet
from tickertune.core.tasks import LabelTask

METRIC = "pnl_reward"
COMPARED = "grpo"


def never_holding(samples: pl.DataFrame, predictions: pl.DataFrame, task: LabelTask) -> pl.DataFrame | None:
    """Return ``Prediction`` rows that say up or down, whichever was likelier (up of equals); None without log-probabilities.

    Args:
        samples: ``Sample`` rows.
        predictions: ``Prediction`` rows of one predictor on them.
        task: Theirs, with labels up and down.
    """
    logprobs = samples.select("sample_id").join(predictions, on="sample_id", how="left", maintain_order="left")
    if (logprobs["logprobs"].list.len().fill_null(0) == 0).any():
        return None
    values = np.array(logprobs["logprobs"].to_list())
    up, down = (values[:, task.labels.index(label)] for label in ("up", "down"))
    said = np.where(up >= down, "up", "down").tolist()
    return predictions_of(samples, task, [Decision(outcome="label", label=label) for label in said])


def study(run: Path, world: str, costs: Sequence[float]) -> list[str]:
    """Return the lines about one run.

    Raises:
        TickerTuneError: The world is not scored, its task has no label flat, or its source knows no truth.
    """
    stored = StoredEvaluation.open(run / world / "eval")
    task, data = stored.task, run / world / "data"
    truth = data / "truth_tones.parquet"
    if FLAT not in task.labels or not truth.is_file():
        raise TickerTuneError(
            f"{run / world} cannot be held or has no truth", "Give runs of a simulated market with label flat"
        )
    samples, found = read_split(data, "test"), stored.predictions()
    read = {name: never_holding(samples, frame, task) for name, frame in found.items()}
    shown = {f"{name}, never holding": frame for name, frame in read.items() if frame is not None}
    if COMPARED in found:
        shown = {COMPARED: found[COMPARED], **shown}
    rows = _rows(shown, stored, world)
    lines = [
        f"| {run} | {row.checkpoint} | {_told(row)} | {_against(rows, row.checkpoint)} |"
        for row in rows
        if " minus " not in row.checkpoint
    ]
    for cost in costs:
        evidence = Evidence(task, read_split(data, "train"), samples, read_parquet(truth), 0, cost)
        best = {name: predict_baseline(name, evidence) for name in ("bayes", "oracle")}
        known = {name: frame for name, frame in best.items() if frame is not None}
        values = {row.checkpoint: row for row in _rows(known, stored, world, cost_bps=cost)}
        held = (known["bayes"]["position"] == 0).mean()
        lines.append(
            f"| {run} | at {cost:g} basis points: Bayes policy, holding {held:.0%} | {_told(values['bayes'])} "
            f"| oracle {values['oracle'].value:.3f} |"
        )
    return lines


def _rows(shown: Mapping[str, pl.DataFrame], stored: StoredEvaluation, world: str, **changes: float) -> list[MetricRow]:
    """P&L rewards of each, and of each minus each before it."""
    config = stored.config(**changes)
    rows = metric_rows(shown, stored.task, config, world, stored.horizon, list(shown), [])
    return [row for row in rows if row.metric == METRIC]


def _against(rows: Sequence[MetricRow], name: str) -> str:
    return next((_told(row) for row in rows if row.checkpoint == f"{name} minus {COMPARED}"), "")


def _told(row: MetricRow) -> str:
    return f"{row.value:.3f}" + ("" if row.low is None else f" [{row.low:.3f}, {row.high:.3f}]")


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+", help="run folders")
    parser.add_argument("--world", default="planted")
    parser.add_argument("--cost-bps", type=float, action="append", default=[], help="cost of a side; can be repeated")
    options = parser.parse_args(arguments)
    lines = [f"| run | read as | P&L reward | minus {COMPARED} |", "|---|---|---|---|"]
    try:
        for run in options.runs:
            lines += study(run, options.world, options.cost_bps)
    except TickerTuneError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
