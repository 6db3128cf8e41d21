"""``tickertune agents``: let a model trade day by day on the prices and news of a data stage."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tickertune.cli.checks import check_output
from tickertune.cli.output import print_json, print_table
from tickertune.cli.stage import EXTRA_ARGUMENTS
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import ModelConfig, parse_config, read_yaml
from tickertune.core.recipe.agents import AgentsConfig
from tickertune.core.recipe.loading import parse_overrides, set_key

app = typer.Typer(add_completion=False)
SHOWN = ("total_return", "sharpe_net", "max_drawdown", "sortino", "turnover", "exposure", "alpha")


@app.command(context_settings=EXTRA_ARGUMENTS)
def agents(
    context: typer.Context,
    data: Annotated[Path, typer.Option(help="Folder of the data stage, with bars and documents.")],
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")],
    output: Annotated[Path, typer.Option(help="Folder of the result.")],
    adapter: Annotated[Path | None, typer.Option(help="Folder of an adapter or of a training stage.")] = None,
    revision: Annotated[str | None, typer.Option(help="Hub commit of the base model.")] = None,
    config: Annotated[Path | None, typer.Option(help="Recipe, such as recipes/agents/agents.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Let a model see each day's news, its holdings and history, and order weights before the open.

    Further --KEY VALUE pairs set keys of the recipe: --first 2015-10-01 --last 2015-12-31 --account.commission_bps 2.
    """
    values: dict[str, Any] = {} if config is None else read_yaml(config)
    for key, text in parse_overrides(context.args).items():
        set_key(values, key, text)
    settings = parse_config(AgentsConfig, values, str(config or "The command line"))
    check_output(output)
    from eval.checkpoint import base_checkpoint, checkpoint_of
    from eval.portfolio.agent_study import study_agent

    base = ModelConfig(name=model, revision=revision)
    checkpoint = base_checkpoint(base) if adapter is None else checkpoint_of("tuned", adapter, base)
    with folder_lock(output):
        facts = study_agent(data, checkpoint, settings, output)
    if as_json:
        print_json(facts)
        return
    cells = {(row["checkpoint"], row["metric"]): row for row in facts["rows"]}
    names = dict.fromkeys(row["checkpoint"] for row in facts["rows"])
    table = [{"": name} | {metric: _cell(cells.get((name, metric))) for metric in SHOWN} for name in names]
    print_table(f"{output}: {facts['sessions']} sessions", table)
    print(f"{facts['days_refused']} of {facts['sessions']} days' orders were refused: {facts['refused'] or 'none'}")


def _cell(row: dict[str, Any] | None) -> str:
    if row is None:
        return ""
    value = f"{row['value']:.4g}"
    return value if row["low"] is None else f"{value}\n[{row['low']:.3g}, {row['high']:.3g}]"
