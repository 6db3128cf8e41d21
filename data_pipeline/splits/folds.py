"""Walk-forward folds: the same split again and again, each time moved on by one part of the test period."""

from datetime import date

import numpy as np

from data_pipeline.labels.sessions import Sessions
from tickertune.core.errors import TickerTuneError
from tickertune.core.recipe import SplitConfig


def fold_splits(config: SplitConfig, sessions: Sessions) -> list[SplitConfig]:
    """Dates of each fold, in time.

    The test period's sessions are cut into ``folds.count`` consecutive parts as equal as can be. Fold k is tested on the
    k-th; its training end and validation lie as many sessions before it as the recipe's do before the whole. An
    expanding train part begins where the recipe's does, a sliding one moves on and so keeps its length in sessions.

    Raises:
        TickerTuneError: There are fewer test sessions than folds.
    """
    if config.folds is None:
        return []
    first, end = sessions.at_or_after(config.test_start), sessions.at_or_after(config.test_end)
    if end - first < config.folds.count:
        raise TickerTuneError(
            f"split.folds.count is {config.folds.count}, but the test period has {end - first} sessions",
            "Ask for fewer folds or a longer test period",
        )
    parts = np.array_split(np.arange(first, end), config.folds.count)
    folds = []
    for part in parts:
        start, ahead = int(part[0]), int(part[0]) - first

        def moved(day: date, ahead: int = ahead) -> date:
            """``day`` so many sessions later; unmoved for the first fold, so that it is the recipe's own."""
            return day if ahead == 0 else _day(sessions, sessions.at_or_after(day) + ahead)

        last = int(part[-1]) + 1
        dates = {
            "train_start": moved(config.train_start) if config.folds.train == "sliding" else config.train_start,
            "train_end": moved(config.train_end),
            "validation_end": moved(config.validation_end),
            "test_start": config.test_start if start == first else _day(sessions, start),
            "test_end": config.test_end if last == end else _day(sessions, last),
        }
        folds.append(SplitConfig.model_validate(config.model_dump() | dates | {"folds": None}))
    return folds


def _day(sessions: Sessions, at: int) -> date:
    day: date = sessions.dates[at].item()
    return day
