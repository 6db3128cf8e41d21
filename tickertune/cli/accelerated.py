"""The accelerate configuration that a run names, read by accelerate itself."""

import dataclasses
import os
from pathlib import Path
from typing import Any

import yaml

from tickertune.core.errors import TickerTuneError, did_you_mean
from tickertune.core.recipe import Recipe

REMEDY = "Correct it, or use one of recipes/accelerate/*.yaml"


def load_accelerate(path: Path) -> Any:
    """Return accelerate's own reading of a configuration.

    Raises:
        TickerTuneError: It is not there, is no YAML or JSON of keys and values, or has a key or a value that accelerate does not know.
    """
    if not path.is_file():
        raise TickerTuneError(f"Accelerate configuration {path} does not exist", "Use one of recipes/accelerate/*.yaml")
    from accelerate.commands.config.config_args import ClusterConfig, load_config_from_file

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TickerTuneError(f"Accelerate configuration {path} is no YAML ({_first(error)})", REMEDY) from error
    if not isinstance(values, dict):
        raise TickerTuneError(f"Accelerate configuration {path} has no keys", REMEDY)
    known = [*(field.name for field in dataclasses.fields(ClusterConfig)), "fp16", "dynamo_backend"]  # two former names
    unknown = [f"'{key}'{did_you_mean(str(key), known)}" for key in values if key not in known]
    try:
        config = load_config_from_file(str(path))
    except (ValueError, TypeError, KeyError) as error:
        cause = f"unknown key {', '.join(unknown)}" if unknown else _first(error)
        raise TickerTuneError(f"accelerate refuses {path} ({cause})", REMEDY) from error
    if not isinstance(config.num_processes, int):
        raise TickerTuneError(f"{path}: num_processes is {config.num_processes!r}, not a number", REMEDY)
    return config


def processes_of(recipe: Recipe) -> int:
    """Processes that the recipe's accelerate configuration starts; errors as those of ``load_accelerate``."""
    if recipe.accelerate is None:
        return int(os.environ.get("WORLD_SIZE", "1"))
    return max(int(load_accelerate(recipe.accelerate).num_processes), 1)  # -1: as many as accelerate finds


def _first(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0] if lines else type(error).__name__
