"""The recipe that travels with a data set."""

from pathlib import Path

import yaml

from tickertune.core.files import write_text
from tickertune.core.hub import without_paths
from tickertune.core.recipe import DataConfig


def write_recipe(config: DataConfig, folder: Path) -> None:
    """Write ``recipe.yaml``: every key as it was resolved, paths cut to their last part, so that no machine shows."""
    values = without_paths(config.model_dump(mode="json"))
    write_text(folder / "recipe.yaml", yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
