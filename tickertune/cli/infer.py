"""``tickertune infer``: score texts or prompts with a checkpoint."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from tickertune.cli.output import print_json
from tickertune.core.errors import TickerTuneError
from tickertune.core.hardware import DtypeName, settle_dtype
from tickertune.core.recipe import ModelConfig, ServerConfig, ShotsConfig, parse_config
from tickertune.core.tasks import Task, get_task

app = typer.Typer(add_completion=False)


@app.command()
def infer(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="JSONL, Parquet or Arrow file, folder of a data set, or hub:owner/name; rows with `messages` or `text`.",
        ),
    ],
    output: Annotated[Path, typer.Argument(metavar="OUTPUT", help="JSONL, Parquet or Arrow file to write.")],
    model: Annotated[str, typer.Option(help="Base model: folder, Hub id or built-in.")],
    task: Annotated[str | None, typer.Option(help="Any task, such as sentiment or movement.")] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Instead of --task: the task and prompt of a protocol, by name or YAML file.")
    ] = None,
    adapter: Annotated[Path | None, typer.Option(help="Folder of an adapter or of a training stage.")] = None,
    revision: Annotated[str | None, typer.Option(help="Hub commit of the base model.")] = None,
    backend: Annotated[
        Literal["auto", "vllm", "server", "transformers", "fake"], typer.Option(help="Engine.")
    ] = "auto",
    endpoint: Annotated[
        str | None, typer.Option(help="With --backend server: its address, such as http://127.0.0.1:8000/v1.")
    ] = None,
    served_model: Annotated[
        str | None, typer.Option(help="With --backend server: the base model's name there.")
    ] = None,
    server_key_env: Annotated[
        str | None, typer.Option(help="With --backend server: environment variable that holds the key.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Engines side by side, each in a process of its own.")] = 1,
    dtype: Annotated[DtypeName, typer.Option(help="Type to compute in; auto: the machine's fast one.")] = "auto",
    batch_size: Annotated[int, typer.Option(min=1, help="Prompts at a time.")] = 16,
    max_length: Annotated[
        int, typer.Option(min=16, help="Longest prompt with its reply; longer ones are quarantined.")
    ] = 2048,
    max_tokens: Annotated[int, typer.Option(min=1, help="Longest reply, where answers are generated.")] = 256,
    part_rows: Annotated[int, typer.Option(min=1, help="Rows between two durable points.")] = 512,
    template: Annotated[str | None, typer.Option(help="Prompt template for `text`: name@version or path.")] = None,
    calibration: Annotated[
        Path | None,
        typer.Option(help="predictions/CHECKPOINT.parquet of an evaluation on the validation split: calibrates."),
    ] = None,
    shots: Annotated[
        int | None, typer.Option(min=1, help="Solved samples of --shots-from before each prompt, the same for all.")
    ] = None,
    shots_from: Annotated[
        Path | None, typer.Option(help="With --shots: data stage or data set whose train split they come from.")
    ] = None,
    shots_seed: Annotated[int, typer.Option(help="With --shots: which samples are taken.")] = 0,
    split: Annotated[str | None, typer.Option(help="Of an input that is a data set.")] = None,
    input_revision: Annotated[str | None, typer.Option(help="Commit of an input that is on the Hub.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="The input still grows: score its lines as they come.")
    ] = False,
    idle_seconds: Annotated[
        float | None, typer.Option(min=0, help="With --follow: end after so long without a new line.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Score a file or data set with a checkpoint, a row for a row; the same command goes on where a killed one stopped."""
    named, wording = _question(task, protocol, template)
    server = _server(backend, endpoint, served_model, server_key_env)
    if idle_seconds is not None and not follow:
        raise TickerTuneError("--idle-seconds is for --follow", "Leave it out, or give --follow")
    if (shots is None) != (shots_from is None):
        raise TickerTuneError("--shots and --shots-from go together", "Give both, or none")
    from eval.checkpoint import base_checkpoint, checkpoint_of
    from eval.inference import Options
    from eval.inference import follow as run_on
    from eval.inference import infer as run
    from eval.shots import shots_of

    config = ModelConfig(name=model, revision=revision)
    checkpoint = base_checkpoint(config) if adapter is None else checkpoint_of("tuned", adapter, config)
    options = Options(
        backend=backend,
        dtype=settle_dtype(dtype),
        batch_size=batch_size,
        max_length=max_length,
        part_rows=part_rows,
        max_tokens=max_tokens,
        workers=workers,
        server=server,
        template=wording,
        split=split,
        revision=input_revision,
        calibration=calibration,
        shots=None
        if shots is None or shots_from is None
        else shots_of(shots_from, ShotsConfig(count=shots, seed=shots_seed), None, named.name),
    )
    if follow:
        done = run_on(Path(source), output, checkpoint, named, options, idle_seconds)
    else:
        done = run(source, output, checkpoint, named, options)
    if as_json:
        print_json({name: str(value) if isinstance(value, Path) else value for name, value in asdict(done).items()})
        return
    rate = "" if done.rows_per_second is None else f", {done.rows_per_second:.1f} a second"
    print(f"{done.rows} rows{rate}: {done.output}")
    if done.quarantine is not None:
        print(f"{done.rejected} of them could not be scored, with the reasons: {done.quarantine}")


def _question(task: str | None, protocol: str | None, template: str | None) -> tuple[Task, str | None]:
    """The task, and the template for rows of texts; None: the task's own."""
    if (task is None) == (protocol is None):
        raise TickerTuneError("Just one of --task and --protocol says what is asked", "Give one of them")
    if protocol is None:
        return get_task(str(task)), template
    from eval.protocols import load_protocol

    found = load_protocol(protocol)
    return get_task(found.task), template or found.template


def _server(backend: str, endpoint: str | None, served_model: str | None, key_env: str | None) -> ServerConfig | None:
    given = {"endpoint": endpoint, "model": served_model, "key_env": key_env}
    values = {name: value for name, value in given.items() if value is not None}
    if backend != "server":
        if values:
            raise TickerTuneError("A server is named, and the backend is another", "Give --backend server")
        return None
    return parse_config(ServerConfig, values, "The command line (--endpoint, --served-model)")
