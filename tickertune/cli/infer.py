"""``tickertune infer``: score a file of texts or prompts with a checkpoint."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from tickertune.cli.output import print_json
from tickertune.core.hardware import DtypeName, settle_dtype
from tickertune.core.recipe import ModelConfig
from tickertune.core.tasks import label_task

app = typer.Typer(add_completion=False)


@app.command()
def infer(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="JSONL or Parquet with `messages` or `text`.")],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="JSONL or Parquet to write.")],
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")],
    task: Annotated[str, typer.Option(help="sentiment, movement, movement3 or movement5.")],
    adapter: Annotated[Path | None, typer.Option(help="Folder of an adapter or of a training stage.")] = None,
    revision: Annotated[str | None, typer.Option(help="Hub commit of the base model.")] = None,
    backend: Annotated[Literal["auto", "vllm", "transformers", "fake"], typer.Option(help="Engine.")] = "auto",
    dtype: Annotated[DtypeName, typer.Option(help="Type to compute in; auto: the machine's fast one.")] = "auto",
    batch_size: Annotated[int, typer.Option(min=1, help="Prompts at a time.")] = 16,
    max_length: Annotated[int, typer.Option(min=16, help="Longest prompt; longer ones are quarantined.")] = 2048,
    part_rows: Annotated[int, typer.Option(min=1, help="Rows between two durable points.")] = 512,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score a JSONL or Parquet file with a checkpoint; the same command goes on where a killed one stopped."""
    named = label_task(task)
    from eval.checkpoint import base_checkpoint, checkpoint_of
    from eval.inference import Options
    from eval.inference import infer as run

    config = ModelConfig(name=model, revision=revision)
    checkpoint = base_checkpoint(config) if adapter is None else checkpoint_of("tuned", adapter, config)
    options = Options(backend, settle_dtype(dtype), batch_size, max_length, part_rows)
    done = run(source, output, checkpoint, named, options)
    if as_json:
        print_json({name: str(value) if isinstance(value, Path) else value for name, value in asdict(done).items()})
        return
    print(f"{done.scored} rows scored: {done.output}")
    if done.quarantine is not None:
        print(f"{done.rejected} rows could not be scored, with the reasons: {done.quarantine}")
