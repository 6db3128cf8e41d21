"""Does a market with costs ask when to hold, and does it take training to trade more?

    python scripts/never_hold.py runs/costs/3 runs/costs/4 --cost-bps 40 --cost-bps 100

For runs of a market that can be answered "flat", without a model at work. Each predictor with label log-probabilities is also
read so that it never holds: up or down, whichever is likelier. Where that earns what GRPO earns, GRPO has learnt to hold less, and
nothing that the checkpoint before it did not know. For each cost the Bayes policy stands beside the oracle, which always trades
where the news has a tone: where both earn the same, holding is worth nothing in that market. P&L rewards, 95% intervals by days, on the
split that was scored. Predictors without label log-probabilities are named below the table.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from data_pipeline.dataset import read_info, read_split
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


def never_holding(samples: pl.DataFrame, predictions: pl.DataFrame, task: LabelTask) -> pl.DataFrame | int:
    """Return ``Prediction`` rows that say up or down, whichever was likelier (up of equals).

    Args:
        samples: ``Sample`` rows.
        predictions: ``Prediction`` rows of one predictor on them.
        task: Theirs, with labels up and down.

    Returns:
        The rows; or how many samples have no log-probabilities, where there are such.
    """
    logprobs = samples.select("sample_id").join(predictions, on="sample_id", how="left", maintain_order="left")
    if missing := int((logprobs["logprobs"].list.len().fill_null(0) == 0).sum()):
        return missing
    values = np.array(logprobs["logprobs"].to_list())
    up, down = (values[:, task.labels.index(label)] for label in ("up", "down"))
    said = np.where(up >= down, "up", "down").tolist()
    return predictions_of(samples, task, [Decision(outcome="label", label=label) for label in said])


def study(run: Path, world: str, costs: Sequence[float]) -> tuple[list[str], list[str]]:
    """Return the lines of the table about one run, and a line about each predictor that is left out.

    Raises:
        TickerTuneError: The world is not scored, or its data is not what was scored; its task has no label flat, its source knows
            no truth; or no predictor has log-probabilities.
    """
    stored = StoredEvaluation.open(run / world / "eval")
    task, data = stored.task, run / world / "data"
    truth = data / "truth_tones.parquet"
    if not {"up", "down", FLAT} <= set(task.labels) or not truth.is_file():
        raise TickerTuneError(
            f"{run / world} cannot be held or has no truth", "Give runs of a simulated market with label flat"
        )
    if read_info(data).outcome_hash != stored.meta["outcome_hash"]:
        raise TickerTuneError(
            f"Evaluation {stored.folder} is not of {data}: their outcome_hash differs",
            "Score the data as it is, with tickertune run",
        )
    samples = read_split(data, stored.meta["split"])
    found = stored.predictions()
    shown, left_out = {COMPARED: found[COMPARED]} if COMPARED in found else {}, []
    for name, frame in found.items():
        read = never_holding(samples, frame, task)
        if isinstance(read, int):
            left_out.append(
                f"{run}: {name} is left out, {read} of {samples.height} samples have no label log-probabilities"
            )
        else:
            shown[f"{name}, never holding"] = read
    if not shown.keys() - {COMPARED}:
        raise TickerTuneError(
            f"None of {', '.join(found)} in {stored.folder} has log-probabilities of its labels for all samples",
            "Score a checkpoint by its labels (without votes.alone), or the baseline tfidf",
        )
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
        held = (known["bayes"]["position"] == 0).sum() / samples.height
        lines.append(
            f"| {run} | at {cost:g} basis points: Bayes policy, holding {held:.0%} | {_told(values['bayes'])} "
            f"| oracle {values['oracle'].value:.3f} |"
        )
    return lines, left_out


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
    left_out: list[str] = []
    try:
        for run in options.runs:
            table, others = study(run, options.world, options.cost_bps)
            lines += table
            left_out += others
    except TickerTuneError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2
    print("\n".join([*lines, *(["", *left_out] if left_out else [])]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
