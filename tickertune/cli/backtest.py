"""``tickertune backtest``: trade the predictions of an evaluation again at another cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig
from tickertune.core.tasks import MovementTask

if TYPE_CHECKING:
    from tickertune.cli.stored import StoredEvaluation

OWN = "the evaluation's"
app = typer.Typer(add_completion=False)
SHOWN = ("sharpe_gross", "sharpe_net", "mean_return_net", "max_drawdown", "turnover", "break_even_cost_bps")


@app.command()
def backtest(
    folder: Annotated[Path, typer.Argument(help="Evaluation folder, such as runs/demo/planted/eval.")],
    cost_bps: Annotated[
        float | None, typer.Option(min=0, help="Cost and slippage of each side, in basis points.", show_default=OWN)
    ] = None,
    resamples: Annotated[int | None, typer.Option(min=200, help="Bootstrap draws.", show_default=OWN)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.", show_default=OWN)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Trade every predictor's decisions with next-open fills; nothing in the folder changes."""
    from tickertune.cli.stored import StoredEvaluation

    stored = StoredEvaluation.open(folder)
    config = stored.config(cost_bps=cost_bps, resamples=resamples, seed=seed)
    rows = traded_rows(stored, config)
    if as_json:
        print_json(rows)
        return
    cells = {(row["checkpoint"], row["metric"]): _cell(row) for row in rows}
    names = dict.fromkeys(row["checkpoint"] for row in rows)
    table = [{"": name} | {metric: cells.get((name, metric), "") for metric in SHOWN} for name in names]
    print_table(f"{folder}: {config.cost_bps:g} bps a side, 95% intervals", table)


def traded_rows(stored: "StoredEvaluation", config: EvalConfig) -> list[dict[str, Any]]:
    """Portfolio rows of a stored evaluation.

    Raises:
        TickerTuneError: It is none of a movement task.
    """
    from eval.portfolio import portfolio_rows

    if not isinstance(stored.task, MovementTask):
        raise TickerTuneError(
            f"{stored.folder} is an evaluation of {stored.task.name}, which is not traded", "Give another"
        )
    world = str(stored.meta["world"])
    rows, _ = portfolio_rows(stored.predictions(), config, world, stored.horizon, stored.trained, stored.exchange)
    return [row.model_dump(mode="json") for row in rows]


def _cell(row: dict[str, Any]) -> str:
    value = f"{row['value']:.4g}"
    return value if row["low"] is None else f"{value}\n[{row['low']:.3g}, {row['high']:.3g}]"
