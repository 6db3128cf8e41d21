"""``tickertune compare``: is one predictor, or one run, better than another on the same samples?"""

from pathlib import Path
from typing import Annotated, Any

import typer

from tickertune.cli.compare_runs import compare_runs, is_run, print_comparison, reading
from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError

OWN = "that of FIRST"
app = typer.Typer(add_completion=False)


@app.command()
def compare(
    first: Annotated[
        Path,
        typer.Argument(help="A run folder, or predictions such as runs/demo/planted/eval/predictions/sft.parquet."),
    ],
    second: Annotated[Path, typer.Argument(help="Another run, or predictions of another on the same samples.")],
    more: Annotated[list[Path] | None, typer.Argument(metavar="[RUN]...", help="Further runs.")] = None,
    cost_bps: Annotated[
        float | None,
        typer.Option(min=0, help="Cost of each side in the pnl reward, in basis points.", show_default=OWN),
    ] = None,
    resamples: Annotated[int | None, typer.Option(min=200, help="Bootstrap draws.", show_default=OWN)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.", show_default=OWN)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show FIRST minus SECOND in every metric, with 95% intervals that are paired and clustered by day.

    Of two or more run folders also what differs in their recipes, versions and code, and each run's own scores and intervals.
    """
    runs = [first, second, *(more or [])]
    if len(runs) > 2 or any(map(is_run, runs)):
        found = compare_runs(runs, cost_bps=cost_bps, resamples=resamples, seed=seed)
        if as_json:
            print_json(found)
        else:
            print_comparison(found)
        return
    rows = paired_rows(first, second, cost_bps=cost_bps, resamples=resamples, seed=seed)
    if as_json:
        print_json(rows)
        return
    shown = [{name: row[name] for name in ("metric", "value", "low", "high", "days", "n")} for row in rows]
    print_table(rows[0]["checkpoint"], [row | {"reading": reading(row["low"], row["high"])} for row in shown])


def paired_rows(first: Path, second: Path, **changes: float | None) -> list[dict[str, Any]]:
    """Metric rows of one predictor minus another, by the settings of FIRST's evaluation but for ``changes``.

    Raises:
        TickerTuneError: A file is unusable, or the two are not about the same samples.
    """
    from eval.comparison import metric_rows
    from tickertune.cli.stored import read_predictions

    (mine, evaluation), (other, its_evaluation) = read_predictions(first), read_predictions(second)
    for fact in ("split_hash", "prompt_hash", "label_hash", "outcome_hash", "split"):
        if evaluation.meta[fact] != its_evaluation.meta[fact]:
            raise TickerTuneError(
                f"{first} and {second} were not scored on the same samples (their {fact} differs)",
                "Score both on one data set",
            )
    config = evaluation.config(**changes)
    scored = {"second": other, "first": mine}
    world = str(evaluation.meta["world"])
    rows = metric_rows(scored, evaluation.task, config, world, evaluation.horizon, list(scored), [])
    names = (first.stem, second.stem) if first.stem != second.stem else (str(first), str(second))
    pair = " minus ".join(names)
    paired = [row for row in rows if row.checkpoint == "first minus second"]
    return [row.model_copy(update={"checkpoint": pair}).model_dump(mode="json") for row in paired]
