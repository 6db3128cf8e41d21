"""What the training subcommands share: configuration with overrides, and the closing words."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tickertune.cli.checks import check_output
from tickertune.cli.output import print_json, print_table
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import RationalesConfig, StageConfig, load_config
from tickertune.core.recipe.loading import parse_overrides

EXTRA_ARGUMENTS = {"allow_extra_args": True, "ignore_unknown_options": True}
C = TypeVar("C", bound=StageConfig | RationalesConfig)


def load_stage(
    kind: type[C], config: Path, paths: Mapping[str, Path | None], model: str | None, extra: Sequence[str]
) -> tuple[C, Path]:
    """Read a stage's recipe, apply paths, model and ``--key value`` words, and check it.

    Returns:
        The configuration and its output folder.

    Raises:
        TickerTuneError: A key or value is wrong, or no data set or output folder is named.
    """
    overrides = parse_overrides(extra)
    overrides |= {key: json.dumps(str(path)) for key, path in paths.items() if path is not None}
    if model is not None:
        overrides["model.name"] = json.dumps(model)
    stage = load_config(kind, config, overrides)
    if stage.dataset is None or stage.output is None:
        missing = "dataset" if stage.dataset is None else "output"
        raise TickerTuneError(f"The stage has no {missing} folder", f"Give --{missing} FOLDER")
    check_output(stage.output)
    return stage, stage.output


def finish(stage: str, folder: Path, facts: Mapping[str, Any], as_json: bool) -> None:
    """Print what a stage did and where the result lies."""
    if as_json:
        print_json({"output": str(folder), **facts})
        return
    print_table(f"{stage}: {folder}", [{"fact": name, "value": str(value)} for name, value in facts.items()])
