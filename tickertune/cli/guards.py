"""``tickertune guards``: does a score mean what it seems to mean?"""

from pathlib import Path
from typing import Annotated

import typer

from tickertune.cli.checks import check_output
from tickertune.cli.eval import settings_of, world_of
from tickertune.cli.output import print_json
from tickertune.cli.stage import EXTRA_ARGUMENTS
from tickertune.core.errors import TickerTuneError
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import GuardsConfig, ModelConfig

app = typer.Typer(add_completion=False)


@app.command(context_settings=EXTRA_ARGUMENTS)
def guards(
    context: typer.Context,
    data: Annotated[Path, typer.Option(help="Folder of the data stage.")],
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")],
    output: Annotated[Path, typer.Option(help="Folder of the evaluation; what was scored there before is kept.")],
    revision: Annotated[str | None, typer.Option(help="Hub commit of the base model.")] = None,
    adapters: Annotated[
        list[Path] | None,
        typer.Option("--adapter", help="Folder of an adapter or a training stage; may be repeated."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Evaluation recipe, such as recipes/demo/eval.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score checkpoints and run the guards over them; further --key value pairs override the evaluation recipe."""
    settings = settings_of(config, context.args)
    if settings.guards is None:
        settings = settings.model_copy(update={"guards": GuardsConfig()})
    check_output(output)
    from eval.checkpoint import base_checkpoint, checkpoint_of
    from eval.evaluate import evaluate
    from eval.guards import read_guards
    from eval.report.guards import guard_lines

    base = ModelConfig(name=model, revision=revision)
    names = ["base", *(folder.resolve().name for folder in adapters or [])]
    if len(set(names)) < len(names):
        raise TickerTuneError(f"Two checkpoints have the same name ({', '.join(names)})", "Rename one of the folders")
    tuned = [checkpoint_of(name, folder, base) for name, folder in zip(names[1:], adapters or [], strict=True)]
    with folder_lock(output):
        evaluate(data, [base_checkpoint(base), *tuned], settings, output, world_of(data))
    found = read_guards(output)
    if as_json:
        print_json([result.model_dump(mode="json") for result in found])
        return
    for line in guard_lines(found):
        print(f"{line.verdict}: {line.title}{f' ({line.checkpoint})' if line.checkpoint else ''}: {line.said}")
