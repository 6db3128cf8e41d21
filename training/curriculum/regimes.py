"""In which state the market was when a sample was decided: thirds of a number that was known then."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.dataset import DatasetInfo
from data_pipeline.dataset.reading import dataset_folder
from data_pipeline.labels.prices import price_panel
from data_pipeline.labels.sessions import Sessions, Times, load_sessions
from tickertune.core.errors import TickerTuneError
from tickertune.core.market import Bar, CorporateAction
from tickertune.core.recipe.curriculum import RegimesConfig
from tickertune.core.table import read_table

Floats = NDArray[np.float64]
NAMES = {"trend": ("down", "flat", "up"), "volatility": ("low", "middle", "high")}
UNKNOWN = "unknown"
"""Regime of a sample whose number is not known."""


@dataclass(frozen=True)
class Regimes:
    """The regime of each sample [n], and the two numbers that part the thirds."""

    names: list[str]
    bounds: tuple[float, float]


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


def in_thirds(values: Floats, names: Sequence[str]) -> Regimes:
    """Name the third that each number [n] falls into; one on a bound belongs to the lower third."""
    low, high = (float(bound) for bound in np.quantile(values[np.isfinite(values)], [1 / 3, 2 / 3]))
    place = np.searchsorted([low, high], values, side="left")
    known = np.isfinite(values)
    return Regimes([names[at] if good else UNKNOWN for at, good in zip(place, known, strict=True)], (low, high))


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
    as_of = samples["as_of"].dt.convert_time_zone("UTC").dt.replace_time_zone(None).dt.cast_time_unit("us").to_numpy()
    start, end = as_of.min().item().date(), as_of.max().item().date()
    sessions = load_sessions(info.exchange, start - timedelta(days=2 * window + 30), end)
    bars, actions = (
        read_table(folder / f"{name}.parquet", noun) for name, noun in (("bars", Bar), ("actions", CorporateAction))
    )
    return market_trend(bars, actions, sessions, as_of, window)


def market_trend(bars: pl.DataFrame, actions: pl.DataFrame, sessions: Sessions, as_of: Times, window: int) -> Floats:
    """Return of the equal-weight market over the last ``window`` sessions that had closed by each decision, as a fraction [n].

    The market's return of a session is the mean total return, close to close, of the instruments that have both. NaN where a
    session of the window has none.

    Args:
        bars: ``Bar`` rows.
        actions: ``CorporateAction`` rows.
        sessions: Of the exchange; bars outside of them are not looked at.
        as_of: Decision times, UTC.
        window: Sessions.
    """
    close = price_panel(bars, actions, sessions).close
    moves = close[:, 1:] / close[:, :-1] - 1
    known = np.isfinite(moves)
    with np.errstate(invalid="ignore", divide="ignore"):
        market = np.where(known, moves, 0.0).sum(axis=0) / known.sum(axis=0)
    values = np.full(len(as_of), np.nan)
    for row, last in enumerate(sessions.last_known("close", as_of)):
        if last >= window:
            values[row] = np.prod(1 + market[last - window : last]) - 1
    return values
