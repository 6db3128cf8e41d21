"""``tickertune data``: build a data set, or show what one holds."""

from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import TypeAdapter

from tickertune.cli.output import print_json, print_table
from tickertune.cli.preflight import check_output, check_source_path, source_paths
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import DataConfig
from tickertune.core.recipe.loading import parse_overrides, read_yaml, set_key, validate

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Build a data set, or show what one holds.")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def build(
    context: typer.Context,
    config: Annotated[Path, typer.Option(help="Data recipe, such as recipes/demo/data.yaml.")],
    output: Annotated[Path, typer.Option(help="Folder of the data stage.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Build a data set; further --KEY VALUE pairs override the recipe (dotted for nested blocks)."""
    values = read_yaml(config)
    for key, text in parse_overrides(context.args).items():
        set_key(values, key, text)
    recipe: DataConfig = validate(TypeAdapter(DataConfig), values, str(config))
    check_output(output)
    for path in source_paths(recipe):
        check_source_path(path)
    from data_pipeline.build import build as build_data

    with folder_lock(output):
        build_data(recipe, output)
    show(output, as_json)


@app.command()
def show(
    folder: Annotated[Path, typer.Argument(help="Folder of a data stage, or its dataset folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show a data set's samples, days and class shares by split."""
    from data_pipeline.dataset import read_info, read_split

    info = read_info(folder)
    rows: list[dict[str, Any]] = []
    for split in ("train", "validation", "test"):
        samples = read_split(folder, split)
        days = samples["session"].drop_nulls()
        row: dict[str, Any] = {"split": split, "samples": samples.height, "days": days.n_unique()}
        row |= {"first": _day(days.min()), "last": _day(days.max())}
        row |= {f"share {label}": info.class_priors.get(split, {}).get(label) for label in info.labels}
        rows.append(row)
    if as_json:
        print_json({"info": info.model_dump(mode="json"), "splits": rows})
        return
    print_table(f"{folder}: task {info.task}, split {info.split_hash[:12]}", rows)
    print_table("Counts", [{"what": name, "count": count} for name, count in info.counts.items()])
    for note in info.notes:
        print(f"- {note}")


def _day(value: Any) -> str | None:
    return None if value is None else str(value)
