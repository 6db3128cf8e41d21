"""``tickertune backtest``: trade the predictions of an evaluation again, at another cost, by another policy, or with cash."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tickertune.cli.output import print_json, print_table
from tickertune.cli.stage import EXTRA_ARGUMENTS
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import EvalConfig
from tickertune.core.recipe.loading import parse_overrides
from tickertune.core.tasks import MovementTask

if TYPE_CHECKING:
    from tickertune.cli.stored import StoredEvaluation

OWN = "the evaluation's"
app = typer.Typer(add_completion=False)
SHOWN = ("sharpe_gross", "sharpe_net", "mean_return_net", "max_drawdown", "turnover", "break_even_cost_bps")
ACCOUNT = (
    "sharpe_gross",
    "sharpe_net",
    "total_return",
    "max_drawdown",
    "sortino",
    "alpha",
    "turnover",
    "deflated_sharpe",
)


@app.command(context_settings=EXTRA_ARGUMENTS)
def backtest(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Evaluation folder, such as runs/demo/planted/eval.")],
    cost_bps: Annotated[
        float | None, typer.Option(min=0, help="Cost and slippage of each side, in basis points.", show_default=OWN)
    ] = None,
    resamples: Annotated[int | None, typer.Option(min=200, help="Bootstrap draws.", show_default=OWN)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the draws.", show_default=OWN)] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the data stage, on whose bars the account trades; default: data beside the folder."
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Strategies tried on this split, for the deflated Sharpe ratio.", show_default=OWN),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Trade every predictor's decisions with next-open fills; nothing in the folder changes.

    Further --KEY VALUE pairs set the policy and the account: --policy.top_k 5 --account.stop_loss 0.05.
    """
    from tickertune.cli.stored import StoredEvaluation

    words = parse_overrides(context.args)
    if wrong := [key for key in words if not key.startswith(("policy.", "account."))]:
        raise TickerTuneError(f"Unknown option --{wrong[0]}", "Write --policy.KEY or --account.KEY, or see --help")
    stored = StoredEvaluation.open(folder)
    config = stored.config(words, cost_bps=cost_bps, resamples=resamples, seed=seed)
    rows = traded_rows(stored, config)
    account = [] if config.account is None else account_rows(stored, config, data or folder.parent / "data", trials)
    if as_json:
        print_json(rows if config.account is None else {"book": rows, "account": account})
        return
    _print(f"{folder}: {config.cost_bps:g} bps a side, 95% intervals", rows, SHOWN)
    if config.account is not None:
        fees = config.account.commission_bps + config.account.slippage_bps
        _print(f"{folder}: cash account, {fees:g} bps a side", account, ACCOUNT)


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


def account_rows(
    stored: "StoredEvaluation", config: EvalConfig, data: Path, trials: int | None
) -> list[dict[str, Any]]:
    """Rows of the cash account, on the bars of a data stage.

    Raises:
        TickerTuneError: The folder holds another data set than the one that was scored, no bars, or a label that the account
            cannot trade.
    """
    from data_pipeline.dataset import read_info, read_split
    from eval.portfolio.study import study

    info = read_info(data)
    if info.outcome_hash != stored.meta["outcome_hash"]:
        raise TickerTuneError(
            f"Data set {data} has other outcomes than the one that {stored.folder} scored", "Give --data of that one"
        )
    told = stored.meta.get("trials")
    tried = trials or max(int(told or 0), len(stored.trained), 1)
    found = study(
        stored.predictions(), read_split(data, stored.meta["split"]), info, data, config, str(stored.meta["world"]),
        stored.trained, tried,
    )  # fmt: skip
    return [row.model_dump(mode="json") for row in found.account]


def _print(title: str, rows: list[dict[str, Any]], shown: tuple[str, ...]) -> None:
    cells = {(row["checkpoint"], row["metric"]): _cell(row) for row in rows}
    names = dict.fromkeys(row["checkpoint"] for row in rows)
    table = [{"": name} | {metric: cells.get((name, metric), "") for metric in shown} for name in names]
    print_table(title, table)


def _cell(row: dict[str, Any]) -> str:
    value = f"{row['value']:.4g}"
    return value if row["low"] is None else f"{value}\n[{row['low']:.3g}, {row['high']:.3g}]"
