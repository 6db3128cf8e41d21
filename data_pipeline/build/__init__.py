"""The data stage: from a recipe's data block to a folder with documents, prices and a data set."""

from pathlib import Path
from typing import Any

from data_pipeline.build.mixture import build_mixture
from data_pipeline.build.movement import build_movement
from data_pipeline.build.recipe import write_recipe
from data_pipeline.build.sentiment import build_sentiment
from tickertune.core.files import write_json
from tickertune.core.recipe import DataConfig, MixtureDataConfig, SentimentDataConfig


def build(config: DataConfig, folder: Path) -> dict[str, Any]:
    """Build the data stage's files in ``folder``, with the same bytes for the same inputs.

    Args:
        config: The data block of a recipe.
        folder: The stage's folder; files of an earlier build in it are replaced.

    Returns:
        Facts for the stage's marker: samples by split, and the data set's hashes.

    Raises:
        TickerTuneError: The source is unusable, a split gets no samples, or a leakage check fails.
    """
    if isinstance(config, SentimentDataConfig):
        info = build_sentiment(config, folder)
        write_recipe(config, folder)
    elif isinstance(config, MixtureDataConfig):
        info = build_mixture(config, folder)
        write_recipe(config, folder)
    else:
        info = build_movement(config, folder)
    write_json(folder / "build.json", info.model_dump(mode="json"))
    samples = {
        name.removeprefix("samples_"): count for name, count in info.counts.items() if name.startswith("samples_")
    }
    hashes = {name: getattr(info, name) for name in ("split_hash", "prompt_hash", "outcome_hash")}
    return {"samples": samples, **hashes}


__all__ = ["build"]
