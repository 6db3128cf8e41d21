"""``tickertune data build``: from a data recipe to a data set."""

from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from tickertune.cli.checks import check_output, check_source_path, source_paths
from tickertune.cli.data.show import show
from tickertune.core.lock import folder_lock
from tickertune.core.recipe import DataConfig
from tickertune.core.recipe.loading import parse_overrides, read_yaml, set_key, validate


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
