"""Cut points that were fitted on all rows instead of the training split."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.audit.leakage.checks.priors import counts_by_split
from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "fitted_on_everything"
FEWEST = 60
RARE, LIKELY = 5e-3, 2e-2
"""Chance below which exact quantiles are an error, and from which they are nothing."""
MISSED = 3
"""Rows by which the classes of train must miss the cuts."""
QUANTILES: tuple[tuple[float, ...], ...] = (
    (0.5,), (1 / 3, 2 / 3), (0.25, 0.5, 0.75), (0.2, 0.4, 0.6, 0.8), (0.1, 0.3, 0.7, 0.9), (0.03, 0.15, 0.53, 0.85),
    (0.3, 0.7), (0.2, 0.8), (0.1, 0.9), tuple(k / 10 for k in range(1, 10)),
)  # fmt: skip
"""Cut lists in use: equal classes, and those of the registry of labels."""
REMEDY = "Fit cut points on the training split, store them, and apply them to the others"


def check(view: View) -> list[Finding]:
    """Look for classes that are cut exactly at quantiles of all rows, and not at those of train."""
    if not view.has("label") or view.frame.drop_nulls("label").height < FEWEST:
        return []
    train = ((view.frame["split"] == "train") & view.frame["label"].is_not_null()).fill_null(False)
    if not train.any():
        return []
    for cuts in QUANTILES:
        chance = _by_values(view, train, cuts)
        chance = _by_counts(view, cuts) if chance is None else chance
        if chance < LIKELY:
            told = ", ".join(f"{cut:.3g}" for cut in cuts)
            rows = view.frame.drop_nulls("label").height
            return [
                view.finding(
                    NAME, "error" if chance < RARE else "warning", rows, rows,
                    f"the classes cut all rows exactly at the quantiles {told}, and those of train elsewhere: the cut points "
                    f"have seen the test (by chance {chance:.1g})", REMEDY,
                )
            ]  # fmt: skip
    return []


def _by_values(view: View, train: pl.Series, cuts: Sequence[float]) -> float | None:
    """Chance that honest cuts lie at the quantiles of all returns; 1 where they do not, None where no return is cut."""
    for name in view.targets.columns:
        rows = pl.DataFrame({"label": view.frame["label"], "value": view.targets[name], "train": train})
        rows = rows.drop_nulls().filter(pl.col("value").is_finite())
        bounds = rows.group_by("label").agg(low=pl.col("value").min(), high=pl.col("value").max()).sort("low")
        if len(bounds) != len(cuts) + 1 or (bounds["high"][:-1] > bounds["low"][1:]).any():
            continue
        below, above = bounds["high"][:-1].to_numpy(), bounds["low"][1:].to_numpy()
        every, part = rows["value"].to_numpy(), rows.filter("train")["value"].to_numpy()
        if not len(part) or not _between(np.quantile(every, cuts), below, above):
            return 1.0
        if _between(np.quantile(part, cuts), below, above):
            return 1.0
        # Equal returns (texts of one stock and day) count once: between two of them no cut can lie.
        return _chance(len(np.unique(every)), np.diff([0.0, *cuts, 1.0])[:-1], 1)
    return None


def _between(values: NDArray[np.float64], below: NDArray[np.float64], above: NDArray[np.float64]) -> bool:
    return bool(((values >= below) & (values <= above)).all())


def _by_counts(view: View, cuts: Sequence[float]) -> float:
    """The same where no return is known: from the numbers of rows alone, classes in the order of their names or against it."""
    counts = counts_by_split(view)
    classes = sorted({label for own in counts.values() for label in own})
    if len(classes) != len(cuts) + 1 or "train" not in counts:
        return 1.0
    for order in (classes, classes[::-1]):
        every = np.cumsum([sum(own.get(label, 0) for own in counts.values()) for label in order])
        part = np.cumsum([counts["train"].get(label, 0) for label in order])
        # Below a quantile q of n rows lie floor((n - 1) q) + 1 (interpolated) or round(n q) of them.
        exact = [{int((every[-1] - 1) * cut) + 1, round(every[-1] * cut)} for cut in cuts]
        off = float(np.abs(part[:-1] - np.array(cuts) * part[-1]).max())
        if off > MISSED and all(below in allowed for below, allowed in zip(every[:-1], exact, strict=True)):
            return _chance(int(every[-1]), np.diff([0.0, *cuts, 1.0])[:-1], max(map(len, exact)))
    return 1.0


def _chance(rows: int, shares: NDArray[np.float64], ways: int) -> float:
    """How likely honest classes have exact sizes: for each but the last, the density of a binomial count at its mean."""
    each = np.minimum(ways / np.sqrt(2 * np.pi * rows * shares * (1 - shares)), 1)
    return float(np.prod(each))
