"""Pairs held out by time, and how often a reward model gives the better reply of such a pair the higher number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
import polars as pl

from eval.statistics import Floats, block_length, bootstrap_sums, interval, widened, widening
from tickertune.core.answers import read_reply
from tickertune.core.errors import TickerTuneError
from tickertune.core.tasks import Task
from training.rationales.output import PAIR_TIMES

CHANCE = 0.5
DRAWS = 2000


@dataclass(frozen=True)
class TimeSplit:
    """Pairs to train on and pairs to be judged on, all of which were decided later."""

    train: pl.DataFrame
    held_out: pl.DataFrame
    since: datetime
    """The first held-out decision."""
    overlapping: int
    """Earlier pairs whose outcome was not known by then: they are in neither."""


def split_by_time(pairs: pl.DataFrame, share: float) -> TimeSplit:
    """Hold out the last decision days.

    Args:
        pairs: As ``read_pairs`` gives them.
        share: Of the decision days (UTC), rounded, at least one.

    Raises:
        TickerTuneError: A pair has no dates; all are of one day; or no earlier pair's outcome was known in time.
    """
    dated = set(PAIR_TIMES) <= set(pairs.columns)
    undated = pairs.select(pl.any_horizontal(pl.col(PAIR_TIMES).is_null()).sum()).item() if dated else pairs.height
    if undated:
        raise TickerTuneError(
            f"{undated} of {pairs.height} pairs are not dated, and held_out is by time",
            "Make the pairs again with python -m training.rationales (its replies stay), or set held_out to null where texts have no dates",
        )
    day = pl.col("as_of").dt.date()
    days = pairs.select(day.unique().sort())["as_of"].to_list()
    if len(days) < 2:
        raise TickerTuneError(
            f"All {pairs.height} pairs are of {days[0]}: no later day can be held out",
            "Make pairs of more days, or set held_out to null",
        )
    first = days[-min(max(round(share * len(days)), 1), len(days) - 1)]
    held_out, earlier = pairs.filter(day >= first), pairs.filter(day < first)
    since = held_out["as_of"].min()
    assert isinstance(since, datetime)
    train = earlier.filter(pl.col("exit") <= since)
    if train.is_empty():
        raise TickerTuneError(
            f"No outcome of the {earlier.height} pairs before {since} was known by then",
            "Lower held_out, or make pairs of more days",
        )
    return TimeSplit(train, held_out, since, earlier.height - train.height)


def accuracy_of(better: Floats, worse: Floats, days: Sequence[date], horizon: int, seed: int) -> dict[str, Any]:
    """Return the share of pairs whose better reply has the higher number, beside chance; an equal number counts half.

    Args:
        better: Numbers of the better replies [n].
        worse: Numbers of the worse ones [n].
        days: Decision day of each pair [n].
        horizon: Sessions from entry to exit; overlapping windows are drawn together.
        seed: Of the bootstrap over days.

    Returns:
        ``accuracy``, ``low`` and ``high`` of its 95% interval (None where there are too few days), ``chance``, ``days``, ``pairs``, and
        the comparison in words.
    """
    right = np.where(better == worse, 0.5, (better > worse).astype(np.float64))
    names = sorted(set(days))
    sums = np.zeros((len(names), 2))
    np.add.at(sums, [names.index(day) for day in days], np.stack([right, np.ones(len(right))], axis=1))
    value, block = float(right.mean()), block_length(1, horizon)
    draws = bootstrap_sums(sums, block, DRAWS, seed)
    found: dict[str, Any] = {
        "accuracy": value,
        "low": None,
        "high": None,
        "chance": CHANCE,
        "days": len(names),
        "pairs": len(right),
    }
    if draws is None:
        return {**found, "verdict": "too few days for an interval"}
    spread = widened(draws[:, 0] / draws[:, 1], value, widening(len(names), block, horizon))
    low, high = (min(max(end, 0.0), 1.0) for end in interval(spread))
    words = "above chance" if low > CHANCE else "below chance" if high < CHANCE else "not distinguishable from chance"
    return {**found, "low": low, "high": high, "verdict": words}


def simple_rules(train: pl.DataFrame, held_out: pl.DataFrame, task: Task) -> dict[str, float]:
    """Accuracy on held-out pairs of two rules that read nothing: the longer reply, and the label that was right most often in training.

    A reward model that does no better has learnt no more than that.
    """
    length = held_out.select(better=pl.col("chosen").str.len_chars(), worse=pl.col("rejected").str.len_chars())
    commonest = train["label"].mode().sort()[0]
    said = [
        read_reply(task, reply, tagged="<answer>" in reply).decision.label for reply in held_out["rejected"].to_list()
    ]
    labels = pl.DataFrame({"better": held_out["label"] == commonest, "worse": [label == commonest for label in said]})
    return {name: _share(table) for name, table in (("longer_reply", length), ("commonest_label", labels))}


def _share(table: pl.DataFrame) -> float:
    better, worse = table["better"].to_numpy(), table["worse"].to_numpy()
    return float(np.where(better == worse, 0.5, better > worse).mean())
