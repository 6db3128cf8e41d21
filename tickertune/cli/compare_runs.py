"""Two runs side by side: what differs in their recipes, and whether their checkpoints do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tickertune.cli.output import print_table
from tickertune.core.errors import TickerTuneError
from tickertune.core.files import read_json
from tickertune.core.recipe import read_yaml
from tickertune.core.run import RUN_FILE

OWN_TO_A_RUN = ("output", "name", "started_at", "tracking")
"""Keys that differ between any two runs and say nothing."""
HEADLINE = "mcc"
SHOWN = (HEADLINE, "weighted_f1", "pnl_reward", "log_score", "sharpe_net")


def is_run(folder: Path) -> bool:
    """Whether a path is a run folder rather than a file of predictions."""
    return (folder / RUN_FILE).is_file()


def compare_runs(first: Path, second: Path, **changes: Any) -> dict[str, Any]:
    """Compare what two runs were made by and what came out, FIRST minus SECOND.

    Args:
        first: A run folder.
        second: Another one.
        **changes: Settings that replace those of the first run's evaluation, as for two files of predictions.

    Returns:
        ``differences`` (key, first, second), ``metrics`` (world, checkpoint, metric, first, second, and where both were
        scored on the same samples difference, low, high, days), and ``unpaired`` (why a checkpoint has no difference).

    Raises:
        TickerTuneError: A folder holds no finished run, or the runs have no scores in common.
    """
    scores = [_scores(folder) for folder in (first, second)]
    shared = [key for key in scores[0] if key in scores[1] and " minus " not in key[1]]
    if not shared:
        raise TickerTuneError(
            f"{first} and {second} have no world and checkpoint in common", "Compare runs of the same worlds"
        )
    paired: dict[tuple[str, str, str], dict[str, Any]] = {}
    unpaired = []
    for world, checkpoint in dict.fromkeys(key[:2] for key in shared):
        rows, reason = _paired(first, second, world, checkpoint, changes)
        paired |= {(world, checkpoint, row["metric"]): row for row in rows}
        if reason is not None:
            unpaired.append({"world": world, "checkpoint": checkpoint, "reason": reason})
    metrics = []
    for key in shared:
        row = paired.get(key, {})
        metrics.append(
            {
                **dict(zip(("world", "checkpoint", "metric"), key, strict=True)),
                "first": scores[0][key],
                "second": scores[1][key],
                "difference": row.get("value"),
                **{name: row.get(name) for name in ("low", "high", "days")},
            }
        )
    made = [_made(folder) for folder in (first, second)]
    differences = [
        {"key": key, "first": made[0].get(key), "second": made[1].get(key)}
        for key in sorted(made[0] | made[1])
        if made[0].get(key) != made[1].get(key)
    ]
    return {"differences": differences, "metrics": metrics, "unpaired": unpaired}


def _scores(folder: Path) -> dict[tuple[str, str, str], float]:
    if not is_run(folder):
        raise TickerTuneError(f"{folder} is no run folder", "Give two run folders, or two files of predictions")
    path = folder / "metrics.json"
    if not path.is_file():
        raise TickerTuneError(f"Run {folder} has no metrics.json yet", f"Run: tickertune run {folder / 'recipe.yaml'}")
    rows = read_json(path)
    try:
        found = {(row["world"], row["checkpoint"], row["metric"]): row["value"] for row in rows}
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
        return [], error.cause


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
    """Say in words whether the checkpoints differ, then show their headline metrics; ``--json`` has all."""
    from eval.report.layout import group_of, metric_title, number, title_of

    rows = []
    for row in found["metrics"]:
        metric = row["metric"]
        if metric not in SHOWN or group_of(row["checkpoint"]) != "Checkpoints":
            continue
        name, apart, words = f"{row['world']} {title_of(row['checkpoint'])}", "", ""
        if row["low"] is not None:
            ends = ", ".join(number(metric, end, signed=True) for end in (row["low"], row["high"]))
            apart = f"{number(metric, row['difference'], signed=True)} [{ends}]"
            words = reading(row["low"], row["high"])
            if metric == HEADLINE:
                print(f"{name}: {metric_title(metric)} of FIRST minus SECOND {apart}, {words}")
        values = {side: number(metric, row[side]) for side in ("first", "second")}
        rows.append({"": name, "metric": metric_title(metric), **values, "difference": apart, "reading": words})
    for row in found["unpaired"]:
        print(f"{row['world']} {title_of(row['checkpoint'])}: no paired difference. {row['reason']}.")
    if found["differences"]:
        print_table("What the runs were made by, where it differs", found["differences"])
    else:
        print("Recipes, seeds, versions and code are the same.")
    print_table("Headline metrics, FIRST minus SECOND on the same days", rows)


def reading(low: float | None, high: float | None) -> str:
    """A paired difference in words."""
    if low is None or high is None:
        return "too few days"
    if low > 0 or high < 0:
        return "higher" if low > 0 else "lower"
    return "not distinguishable"
