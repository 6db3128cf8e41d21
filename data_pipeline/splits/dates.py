"""Time-ordered splits, purged on the real interval of each sample. Nothing here looks at an outcome."""

from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Indices, Sessions, Times
from tickertune.core.recipe import SplitConfig
from tickertune.core.sample import Split

NAMES: tuple[str, ...] = get_args(Split)
ORDER = ("train", "validation", "test")
"""The splits that follow each other in time."""
OUTSIDE, PURGED, EMBARGOED = "outside_split", "purged", "embargoed"


@dataclass(frozen=True)
class Splits:
    """Split of each sample, or why it has none."""

    name: NDArray[np.str_]
    """A name of ``NAMES``, or the reason for none, such as ``OUTSIDE``, ``PURGED`` or ``EMBARGOED``."""
    boundary: dict[str, np.datetime64]
    """By split: the time by which every exit of an earlier split must have happened."""


def assign_splits(
    config: SplitConfig, sessions: Sessions, entry: Indices, exits: Times, window_starts: Times
) -> Splits:
    """Assign samples by the date of their entry's session, then purge.

    A training sample whose exit falls after the text of a later split begins is purged, and so is a validation
    sample against the test split: so neither an outcome nor a document is shared across splits. The embargo
    moves that boundary back by further sessions. Evaluation samples never move.

    Args:
        config: Dates of the splits and the embargo.
        sessions: The exchange's sessions.
        entry: Index of each sample's entry session, inside ``sessions``.
        exits: Exit time of each sample, UTC.
        window_starts: For every session, when the text of a sample that enters there begins, UTC.
    """
    dates = sessions.dates[entry]
    spans = {
        "train": (config.train_start, config.train_end),
        "validation": (config.train_end, config.validation_end),
        "test": (config.test_start, config.test_end),
    }
    name = np.full(len(entry), OUTSIDE, dtype="U16")
    for split, (start, end) in spans.items():
        name[(dates >= np.datetime64(start)) & (dates < np.datetime64(end))] = split
    boundary: dict[str, np.datetime64] = {}
    for later in ("validation", "test"):
        start, end = spans[later]
        first = sessions.at_or_after(start)
        if start == end or first == len(sessions):
            continue
        boundary[later] = window_starts[first]
        embargo = window_starts[max(first - config.embargo_sessions, 0)]
        earlier = np.isin(name, ORDER[: ORDER.index(later)])
        name[earlier & (exits > boundary[later])] = PURGED
        name[earlier & (exits <= boundary[later]) & (exits > embargo)] = EMBARGOED
    return Splits(name, boundary)
