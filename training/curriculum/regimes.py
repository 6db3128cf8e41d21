"""Training samples by the state of the market that was known at their decision."""

from pathlib import Path

import numpy as np
import polars as pl

from data_pipeline.dataset import DatasetInfo
from data_pipeline.dataset.reading import dataset_folder
from data_pipeline.labels.regimes import NAMES, Floats, Regimes, decision_trend, in_thirds
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.recipe.curriculum import RegimesConfig
from tickertune.core.table import read_table


def regimes_of(samples: pl.DataFrame, config: RegimesConfig, dataset: Path, info: DatasetInfo) -> Regimes:
    """Part training samples into thirds.

    Args:
        samples: ``Sample`` rows of the train split; the bounds are fitted on these.
        config: The recipe's block.
        dataset: Folder of the data stage, which holds ``bars.parquet`` and ``actions.parquet``.
        info: Of the data set.

    Raises:
        TickerTuneError: The samples have no decision time or no volatility, or the bars are not there.
    """
    if config.by == "volatility":
        values = samples["volatility"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    else:
        values = _trend(samples, config.sessions, dataset, info)
    if not np.isfinite(values).any():
        raise TickerTuneError(
            f"No training sample has a known {config.by} for curriculum.regimes",
            "Choose the other one for by, fewer sessions, or remove the block",
        )
    return in_thirds(values, NAMES[config.by])


def _trend(samples: pl.DataFrame, window: int, dataset: Path, info: DatasetInfo) -> Floats:
    if info.exchange is None or samples["as_of"].null_count():
        raise TickerTuneError(
            f"curriculum.regimes by trend needs decisions on a market, and task {info.task} has none",
            "Remove the block, or train on a movement data set",
        )
    stage = dataset_folder(dataset).parent
    folder = next((place for place in (stage, stage.parent.parent) if (place / "bars.parquet").is_file()), None)
    if folder is None:
        raise TickerTuneError(
            f"curriculum.regimes by trend needs the bars, and {stage} has no bars.parquet",
            "Give --dataset the folder of the data stage, or set by to volatility",
        )
    bars, actions = (
        read_table(folder / f"{name}.parquet", noun) for name, noun in (("bars", Bar), ("actions", CorporateAction))
    )
    return decision_trend(samples, bars, actions, info.exchange, window)
