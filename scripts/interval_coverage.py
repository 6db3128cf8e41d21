"""How often 95% intervals hold the truth, on simulated decisions whose truth is known in closed form.

    python scripts/interval_coverage.py [--experiments 2000] [--sessions 250] [--horizons 1 5 15] [--json] [--check]

Each experiment draws a market of ``--stocks`` stocks: the returns of one session share a factor, those of overlapping
windows share sessions, and so do the scores of two predictors, whose correlation with the return is set. Accuracy and
MCC of the sign then follow from the correlation r of two normal variables: MCC is 2/pi arcsin r. Counted is how often the truth lies in
the interval of the evaluator (blocks of sessions, ``eval.statistics``) and in that of a bootstrap over single decisions,
as if they were independent. ``--check`` exits with 1 where the evaluator's coverage is outside of 93 to 97%.
"""

import argparse
import json
import sys
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from eval.metrics import accuracy, mcc
from eval.statistics import Floats, block_length, bootstrap_sums, interval, widened, widening
from tickertune.core.progress import progress_bar

SKILLS = (0.3, 0.1)
"""Correlation of each predictor's score with the return."""
SHARED = 0.3
"""Share of the variance that stocks of one session have in common."""
LOWEST, HIGHEST = 0.93, 0.97
TRUE_MCC = tuple(2 / np.pi * np.arcsin(skill) for skill in SKILLS)
TRUTHS = {
    "accuracy": (1 + TRUE_MCC[0]) / 2,
    "mcc": TRUE_MCC[0],
    "mcc, first minus second": TRUE_MCC[0] - TRUE_MCC[1],
}


def field(generator: np.random.Generator, sessions: int, stocks: int, horizon: int) -> Floats:
    """Standard normal sums over windows of ``horizon`` sessions, correlated across stocks, [sessions, stocks]."""
    length = sessions + horizon - 1
    common = generator.standard_normal((length, 1)) * np.sqrt(SHARED)
    daily = common + generator.standard_normal((length, stocks)) * np.sqrt(1 - SHARED)
    total = np.cumsum(np.vstack([np.zeros((1, stocks)), daily]), axis=0)
    return np.asarray((total[horizon:] - total[:-horizon]) / np.sqrt(horizon))


def cells(generator: np.random.Generator, sessions: int, stocks: int, horizon: int) -> Floats:
    """How often each case (up or not, first predictor's and second's call) comes up, [sessions, 8]."""
    returns = field(generator, sessions, stocks, horizon)
    case = (returns > 0).astype(np.int64)
    for skill in SKILLS:
        score = skill * returns + np.sqrt(1 - skill**2) * field(generator, sessions, stocks, horizon)
        case = 2 * case + (score > 0)
    return np.asarray((case[:, :, None] == np.arange(8)).sum(axis=1).astype(np.float64))


def estimates(counts: Floats) -> dict[str, Floats]:
    """The metrics of ``TRUTHS``, of counts [..., 8]."""
    table = counts.reshape(*counts.shape[:-1], 2, 2, 2)
    none = np.zeros((*counts.shape[:-1], 2, 1))
    first, second = (np.concatenate([table.sum(axis=axis), none], axis=-1) for axis in (-1, -2))
    return {"accuracy": accuracy(first), "mcc": mcc(first), "mcc, first minus second": mcc(first) - mcc(second)}


def inside(draws: Floats, truth: float) -> bool:
    """Whether the interval of some draws holds the truth."""
    low, high = interval(draws)
    return low <= truth <= high


def covered(options: argparse.Namespace, horizon: int) -> dict[str, dict[str, float]]:
    """Share of experiments whose interval held the truth, by metric and kind of bootstrap."""
    generator = np.random.default_rng(options.seed + horizon)
    block = block_length(1, horizon)
    factor = widening(options.sessions, block, horizon)
    hits: Counter[tuple[str, str]] = Counter()
    with progress_bar(f"horizon {horizon}", options.experiments) as bar:
        for number in range(options.experiments):
            days = cells(generator, options.sessions, options.stocks, horizon)
            total: NDArray[np.float64] = days.sum(axis=0)
            drawn = bootstrap_sums(days, block, options.draws, number)
            if drawn is None:
                raise SystemExit(f"{options.sessions} sessions are too few for blocks of {block}: give more --sessions")
            alone = generator.multinomial(int(total.sum()), total / total.sum(), size=options.draws).astype(np.float64)
            point, clustered, naive = estimates(total), estimates(drawn), estimates(alone)
            for metric, truth in TRUTHS.items():
                hits[metric, "sessions"] += inside(widened(clustered[metric], float(point[metric]), factor), truth)
                hits[metric, "blocks, not widened"] += inside(clustered[metric], truth)
                hits[metric, "single decisions"] += inside(naive[metric], truth)
            bar.advance(1)
    kinds = ("sessions", "blocks, not widened", "single decisions")
    return {metric: {kind: hits[metric, kind] / options.experiments for kind in kinds} for metric in TRUTHS}


def main() -> int:
    """Print the table; returns 1 where ``--check`` finds a coverage outside of the bounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=2000)
    parser.add_argument("--sessions", type=int, default=250)
    parser.add_argument("--stocks", type=int, default=20)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--horizons", type=int, nargs="+", default=[1, 5, 15])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    table = {horizon: covered(options, horizon) for horizon in options.horizons}
    if options.json:
        print(json.dumps(table))
    else:
        print(f"{'horizon':<9}{'metric':<26}{'the evaluator':>15}{'not widened':>13}{'single decisions':>18}")
        for horizon, rows in table.items():
            for metric, row in rows.items():
                print(
                    f"{horizon:<9}{metric:<26}"
                    + "".join(f"{share:>{size}.1%}" for share, size in zip(row.values(), (15, 13, 18), strict=True))
                )
    outside = [
        (horizon, metric)
        for horizon, rows in table.items()
        for metric, row in rows.items()
        if not LOWEST <= row["sessions"] <= HIGHEST
    ]
    return int(bool(outside) and options.check)


if __name__ == "__main__":
    sys.exit(main())
