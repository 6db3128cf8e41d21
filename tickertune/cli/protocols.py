"""``tickertune protocols``: evaluations with a frozen split, and what others published on them."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError, did_you_mean

app = typer.Typer(add_completion=False, help="Evaluations with a frozen split and published numbers.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Name = Annotated[str, typer.Argument(help="Name of a protocol, or the path of your own YAML file.")]
PartName = Annotated[str | None, typer.Option("--part", help="One of its parts.")]


@app.callback(invoke_without_command=True)
def protocols(context: typer.Context, as_json: AsJson = False) -> None:
    """List the protocols: tasks, parts, whether their split is frozen, and how many numbers were published."""
    if context.invoked_subcommand is not None:
        return
    from eval.protocols import load_protocol, protocol_names

    found = [load_protocol(name) for name in protocol_names()]
    if as_json:
        print_json([protocol.model_dump(mode="json") for protocol in found])
        return
    rows = [
        {
            "protocol": protocol.name,
            "task": protocol.task,
            "parts": ", ".join(part.name for part in protocol.parts),
            "frozen": ", ".join(part.name for part in protocol.parts if part.hash) or "none",
            "headline": protocol.metrics[0],
            "published": len(protocol.published),
        }
        for protocol in found
    ]
    print_table("Protocols (tickertune protocols show NAME)", rows)


@app.command()
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a protocol: its parts with their frozen hashes, its metrics, and published numbers with source and caveat."""
    from eval.protocols import load_protocol

    protocol = load_protocol(name)
    if as_json:
        print_json(protocol.model_dump(mode="json"))
        return
    facts = {
        "title": protocol.title, "source": protocol.source, "task": protocol.task,
        "labels": ", ".join(protocol.labels) or "open", "label": protocol.label, "prompt": protocol.template,
        "metrics": ", ".join(protocol.metrics), "never in one table with": ", ".join(protocol.apart_from) or "none",
    }  # fmt: skip
    print_table(
        f"Protocol {protocol.name}, version {protocol.version}", [{"what": k, "is": v} for k, v in facts.items()]
    )
    print(protocol.comparability)
    print_table("Parts", [_part_row(part.model_dump()) for part in protocol.parts])
    for part in protocol.parts:
        print(_note(part.model_dump()))
    numbers = [number.model_dump() for number in protocol.published]
    if numbers:
        print_table("Published, for reference only", numbers)
    else:
        print("No published number on it was checked, so none is shown.")


@app.command()
def recipe(name: Name, part: PartName = None) -> None:
    """Print the data recipe that builds a protocol's split: ``tickertune protocols recipe NAME > data.yaml``."""
    from eval.protocols import load_protocol

    protocol = load_protocol(name)
    chosen = None if part is None else protocol.part(part)
    names = [entry.name for entry in protocol.parts]
    if part is not None and chosen is None:
        raise TickerTuneError(
            f"Protocol {protocol.name} has no part '{part}'{did_you_mean(part, names)}",
            f"Use one of {', '.join(names)}",
        )
    print(f"# Protocol {protocol.name}{f', part {part}' if part else ''}, version {protocol.version}")
    print(yaml.safe_dump(protocol.recipe(chosen), sort_keys=False, allow_unicode=True), end="")


@app.command()
def replies(
    name: Name,
    data: Annotated[Path, typer.Option(help="Folder of the data stage.")],
    output: Annotated[Path, typer.Option(help="Folder of the result.")],
    model: Annotated[str | None, typer.Option(help="Base model that replies: folder, Hub id or built-in.")] = None,
    adapter: Annotated[Path | None, typer.Option(help="Folder of an adapter or a training stage.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--replies", help="Replies made elsewhere: JSONL or parquet with sample_id and reply."),
    ] = None,
    backend: Annotated[str, typer.Option(help="auto, vllm, transformers or fake.")] = "auto",
    resamples: Annotated[int, typer.Option(min=200, help="Bootstrap draws.")] = 5000,
    shots: Annotated[
        int | None, typer.Option(min=1, help="Solved samples of the train split before each prompt.")
    ] = None,
    shots_seed: Annotated[int, typer.Option(help="With --shots: which samples are taken.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Score generated replies (entities, relations, forecasts): by a model, or from a file of replies."""
    if (model is None) == (file is None):
        raise TickerTuneError("Give either --model or --replies", "Name who replies")
    if shots is not None and file is not None:
        raise TickerTuneError("--shots is for --model: the file's replies are there already", "Leave it out")
    from tickertune.cli.protocol_replies import score_replies

    result = score_replies(name, data, output, model, adapter, file, backend, resamples, shots, shots_seed)
    if as_json:
        print_json(result.model_dump(mode="json"))
        return
    shown = ("world", "checkpoint", "metric", "value", "low", "high", "n")
    rows = [{key: row[key] for key in shown} for row in (entry.model_dump() for entry in result.rows)]
    print_table(f"Protocol {result.protocol}", [{"part": row.pop("world"), **row} for row in rows])
    for number in result.published:
        print(f"published, for reference only: {number.part} {number.model} {number.metric} {number.value:g}")
    print(result.comparability)


def _part_row(part: dict[str, Any]) -> dict[str, Any]:
    return {
        "part": part["name"],
        "split": part["split"],
        "samples": part["samples"],
        "frozen hash": part["hash"][:12] if part["hash"] else "unverified",
    }


def _note(part: dict[str, Any]) -> str:
    frozen = f"Frozen from {part['frozen_from']}." if part["frozen_from"] else "No frozen hash: unverified."
    return " ".join(filter(None, (f"- {part['name']}: {part['title']}.", part["note"], frozen)))
