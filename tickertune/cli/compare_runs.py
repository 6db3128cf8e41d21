"""Runs side by side: what differs in their recipes, and whether their checkpoints do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tickertune.cli.output import print_table
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import read_yaml
from tickertune.core.run import RUN_FILE

OWN_TO_A_RUN = ("output", "name", "started_at", "tracking")
"""Keys that differ between any two runs and say nothing."""
SHOWN = ("mcc", "weighted_f1", "pnl_reward", "log_score", "sharpe_net")
TRADED = "sharpe_gross"
"""A world with this metric has a market, and is judged by its MCC."""
LEVEL = 0.05
Key = tuple[str, str, str]
"""World, checkpoint and metric."""


def is_run(folder: Path) -> bool:
    """Whether a path is a run folder rather than a file of predictions."""
    return (folder / RUN_FILE).is_file()


def compare_runs(runs: Sequence[Path], **changes: Any) -> dict[str, Any]:
    """Compare what runs were made by and what came out, the first minus each other one.

    Args:
        runs: Two or more run folders.
        **changes: Settings that replace those of the first run's evaluation, as for two files of predictions.

    Returns:
        ``runs``; ``differences`` (key, and values by run); ``metrics`` (world, checkpoint, metric, for each run its own
        value and interval in ``scores``, and in ``first_minus`` the paired difference with interval, days and reading, None for
        the first run and where there is none); ``unpaired`` (why a checkpoint has no difference). In the metric that
        decides, a reading also holds after Holm's correction over all its comparisons (``p``, ``p_holm``).

    Raises:
        TickerTuneError: A folder holds no finished run, or the first run has no scores in common with another.
    """
    scores = [_scores(folder) for folder in runs]
    for folder, other in zip(runs[1:], scores[1:], strict=True):
        if not any(key in other for key in scores[0]):
            raise TickerTuneError(
                f"{runs[0]} and {folder} have no world and checkpoint in common", "Compare runs of the same worlds"
            )
    shared = [key for key in scores[0] if any(key in other for other in scores[1:])]
    paired: dict[tuple[Key, int], dict[str, Any]] = {}
    unpaired = []
    for world, checkpoint in dict.fromkeys(key[:2] for key in shared):
        for place, folder in enumerate(runs[1:], start=1):
            rows, reason = _paired(runs[0], folder, world, checkpoint, changes)
            paired |= {((world, checkpoint, row["metric"]), place): row for row in rows}
            if reason is not None:
                about = {"world": world, "checkpoint": checkpoint, "run": str(folder), "reason": reason}
                unpaired.append(about)
    _read(paired, runs[0], scores[0])
    metrics = [
        {
            **dict(zip(("world", "checkpoint", "metric"), key, strict=True)),
            "scores": [found.get(key) for found in scores],
            "first_minus": [paired.get((key, place)) for place in range(len(runs))],
        }
        for key in shared
    ]
    made = [_made(folder) for folder in runs]
    keys = sorted(dict.fromkeys(key for facts in made for key in facts))
    differences = [
        {"key": key, "values": values} for key in keys if len(set(values := [facts.get(key) for facts in made])) > 1
    ]
    return {
        "runs": [str(folder) for folder in runs],
        "differences": differences,
        "metrics": metrics,
        "unpaired": unpaired,
    }


def _scores(folder: Path) -> dict[Key, dict[str, Any]]:
    if not is_run(folder):
        raise TickerTuneError(f"{folder} is no run folder", "Give run folders, or two files of predictions")
    path = folder / "metrics.json"
    if not path.is_file():
        raise TickerTuneError(f"Run {folder} has no metrics.json yet", f"Run: tickertune run {folder / 'recipe.yaml'}")
    rows = read_json(path)
    try:
        found = {
            (row["world"], row["checkpoint"], row["metric"]): {
                name: row[name] for name in ("value", "low", "high", "n", "days")
            }
            for row in rows
            if " minus " not in row["checkpoint"]
        }
    except (TypeError, KeyError):
        found = {}
    if not found:
        raise TickerTuneError(f"{path} holds no rows of metrics", f"Write it again: tickertune report {folder}")
    return found


def _paired(
    first: Path, second: Path, world: str, checkpoint: str, changes: dict[str, Any]
) -> tuple[list[dict[str, Any]], str | None]:
    """Paired rows, or why there are none."""
    from tickertune.cli.compare import paired_rows

    files = [folder / world / "eval" / "predictions" / f"{checkpoint}.parquet" for folder in (first, second)]
    if not all(file.is_file() for file in files):
        return [], None  # the ceiling, and what is traded without a decision
    try:
        return paired_rows(*files, **changes), None
    except TickerTuneError as error:
        return [], error.cause.replace(f"{files[0]} and {files[1]}", "They")


def _read(paired: Mapping[tuple[Key, int], dict[str, Any]], first: Path, scores: Mapping[Key, Any]) -> None:
    """Put every difference into words, those of the headline metric after Holm's correction."""
    from eval.report.layout import group_of
    from eval.statistics import block_length, holm, p_of_interval

    alone = {}
    for (key, place), row in paired.items():
        world, checkpoint, metric = key
        row["reading"] = reading(row["low"], row["high"])
        if metric == headline(world, scores) and group_of(checkpoint) == "Checkpoints" and row["low"] is not None:
            meta = read_json(first / world / "eval" / "meta.json")
            block = block_length(meta["block_sessions"], meta["horizon"] or 1)
            p = p_of_interval(row["value"], row["low"], row["high"], row["days"] / block)
            alone[f"{place} {key}"] = p
            row["p"] = p
    corrected = holm(alone)
    for (key, place), row in paired.items():
        if (name := f"{place} {key}") in corrected:
            row["p_holm"] = corrected[name]
            if corrected[name] >= LEVEL:
                row["reading"] = "not distinguishable"


def headline(world: str, scores: Mapping[Key, Any]) -> str:
    """The metric that decides in a world: MCC where there is a market, weighted F1 for texts."""
    traded = any(name == world and metric == TRADED for name, _, metric in scores)
    return "mcc" if traded else "weighted_f1"


def _made(folder: Path) -> dict[str, str]:
    """What a run was made by, as dotted keys."""
    recipe, facts = read_yaml(folder / "recipe.yaml"), read_json(folder / RUN_FILE)
    found = _dotted(recipe) | {f"run.{key}": value for key, value in _dotted(facts).items()}
    return {key: value for key, value in found.items() if key.rpartition(".")[2] not in OWN_TO_A_RUN}


def _dotted(values: Mapping[str, Any], before: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in values.items():
        name = f"{before}{key}"
        found |= _dotted(value, f"{name}.") if isinstance(value, Mapping) and value else {name: str(value)}
    return found


def print_comparison(found: Mapping[str, Any]) -> None:
    """Say in words whether the checkpoints differ, then show their metrics run by run; ``--json`` has all."""
    from eval.report.layout import group_of, metric_title, title_of
    from eval.report.verdicts import p_text

    names = run_names(len(found["runs"]))
    for name, folder in zip(names, found["runs"], strict=True):
        print(f"{name}: {folder}")
    rows = []
    for row in found["metrics"]:
        metric = row["metric"]
        if metric not in SHOWN or group_of(row["checkpoint"]) != "Checkpoints":
            continue
        about = f"{row['world']} {title_of(row['checkpoint'])}"
        for name, score, apart in zip(names, row["scores"], row["first_minus"], strict=True):
            difference = _with_interval(metric, apart, signed=True) if apart else ""
            if apart and "p_holm" in apart:
                p = f"p {p_text(apart['p_holm'])}"
                print(f"{about}: {metric_title(metric)} of FIRST minus {name} {difference}, {apart['reading']} ({p})")
            own = _with_interval(metric, score) if score else ""
            cells = {
                "run": name,
                "score": own,
                "FIRST minus it": difference,
                "reading": apart["reading"] if apart else "",
            }
            rows.append({"": about, "metric": metric_title(metric), **cells})
    tests = sum("p_holm" in apart for row in found["metrics"] for apart in row["first_minus"] if apart)
    if tests > 1:
        print(f"p-values are corrected for these {tests} comparisons (Holm); readings of other metrics are not.")
    lacking: dict[tuple[str, str, str], list[str]] = {}
    for row in found["unpaired"]:
        lacking.setdefault((row["world"], row["run"], row["reason"]), []).append(title_of(row["checkpoint"]))
    for (world, run, reason), titles in lacking.items():
        print(f"{world} {', '.join(titles)}: no paired difference with {run}. {reason}.")
    if found["differences"]:
        made = [{"key": row["key"], **dict(zip(names, row["values"], strict=True))} for row in found["differences"]]
        print_table("What the runs were made by, where it differs", made)
    else:
        print("Recipes, seeds, versions and code are the same.")
    print_table("Headline metrics with 95% intervals, and FIRST minus each other run on the same days", rows)


def _with_interval(metric: str, row: Mapping[str, Any], *, signed: bool = False) -> str:
    from eval.report.layout import number

    value = number(metric, row["value"], signed=signed)
    if row["low"] is None or row["low"] == row["high"]:
        return value
    ends = ", ".join(number(metric, row[end], signed=signed) for end in ("low", "high"))
    return f"{value} [{ends}]"


def run_names(count: int) -> list[str]:
    """What runs are called in words: FIRST and SECOND, and RUN 3 on."""
    return ["FIRST", "SECOND", *(f"RUN {place}" for place in range(3, count + 1))][:count]


def reading(low: float | None, high: float | None) -> str:
    """A paired difference in words."""
    if low is None or high is None:
        return "too few days"
    if low > 0 or high < 0:
        return "higher" if low > 0 else "lower"
    return "not distinguishable"
