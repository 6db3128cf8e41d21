"""Cut points and scalers that were fitted on all rows instead of the training split."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from data_pipeline.audit.leakage.checks.priors import counts_by_split
from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "fitted_on_everything"
FEWEST = 60
RARE, LIKELY = 1e-3, 2e-2
"""Chance below which exact quantiles are an error, and from which they are nothing."""
QUANTILES: tuple[tuple[float, ...], ...] = (
    (0.5,), (1 / 3, 2 / 3), (0.25, 0.5, 0.75), (0.2, 0.4, 0.6, 0.8), (0.1, 0.3, 0.7, 0.9), (0.03, 0.15, 0.53, 0.85),
    (0.3, 0.7), (0.2, 0.8), (0.1, 0.9), tuple(k / 10 for k in range(1, 10)),
)  # fmt: skip
"""Cut lists in use: equal classes, and those of the registry of labels."""
REMEDY = "Fit cut points and scalers on the training split, store them, and apply them to the others"


def check(view: View) -> list[Finding]:
    """Look for class shares and scaled features that are exact over all rows and not in train."""
    return [*_quantiles(view), *_scalers(view)]


def _quantiles(view: View) -> list[Finding]:
    if not view.has("label"):
        return []
    counts = counts_by_split(view)
    if "train" not in counts or len(counts) < 2:
        return []
    classes = _ordered(view)
    train = [counts["train"].get(label, 0) for label in classes]
    every = [sum(split.get(label, 0) for split in counts.values()) for label in classes]
    if sum(every) < FEWEST or not 2 <= len(classes) <= 10:
        return []
    for cuts in QUANTILES:
        if len(cuts) + 1 != len(classes):
            continue
        for order in _orders(classes, every, train):
            whole, part = order
            # A cut fitted on train is exact in train, so that exactness over all rows is chance: it must be a rare one.
            chance = _chance(whole, cuts)
            if chance < LIKELY and _off(part, cuts) > 3:
                told = ", ".join(f"{cut:.3g}" for cut in cuts)
                return [
                    view.finding(
                        NAME, "error" if chance < RARE else "warning", sum(whole), sum(whole),
                        f"the classes cut all {sum(whole):,} rows exactly at the quantiles {told}, and train "
                        f"{_off(part, cuts):.0f} rows off: the cut points have seen the test (chance {chance:.1g})",
                        REMEDY,
                    )
                ]  # fmt: skip
    return []


def _ordered(view: View) -> list[str]:
    """Classes from the lowest returns to the highest; by name where there is no return."""
    rows = view.frame.drop_nulls("label")
    if "target" in rows.columns:
        means = rows.group_by("label").agg(pl.col("target").mean()).sort("target", "label")
        return means["label"].to_list()
    return sorted(rows["label"].unique())


def _orders(classes: list[str], every: list[int], train: list[int]) -> list[tuple[list[int], list[int]]]:
    """The classes as they stand, and for equal classes that is enough; else the other way round too."""
    return [(every, train), (every[::-1], train[::-1])]


def _chance(counts: Sequence[int], cuts: Sequence[float]) -> float:
    """How likely honest classes cut all rows where quantiles would; 1 where they do not.

    Below a quantile q of n rows lie ``floor((n - 1) q) + 1`` (interpolated) or ``round(n q)`` of them.
    """
    total, below = sum(counts), 0
    chance = 1.0
    for cut, count in zip(cuts, counts[:-1], strict=True):
        below += count
        exact = {int((total - 1) * cut) + 1, round(total * cut)}
        if below not in exact:
            return 1.0
        share = max(count, 1) / total
        chance *= min(len(exact) / np.sqrt(2 * np.pi * total * share * (1 - share)), 1.0)
    return float(chance)


def _off(counts: Sequence[int], cuts: Sequence[float]) -> float:
    """Rows by which the cumulative counts miss the cuts at most."""
    total = sum(counts)
    below = np.cumsum(counts)[:-1]
    return float(np.abs(below - np.array(cuts) * total).max())


def _scalers(view: View) -> list[Finding]:
    if not view.has("splits") or not view.has("features"):
        return []
    train = (view.frame["split"] == "train").fill_null(False)
    if not train.any() or train.all():
        return []
    found: list[str] = []
    for name in view.features.columns:
        values = view.features[name]
        every, part = _finite(values), _finite(values.filter(train))
        if min(len(every), len(part)) < FEWEST or len(np.unique(every)) < 10:
            continue
        standard = abs(every.mean()) < 1e-6 and min(abs(every.std() - 1), abs(every.std(ddof=1) - 1)) < 1e-6
        own = abs(part.mean()) > 1e-4 or abs(part.std() - 1) > 1e-3
        ranged = every.min() in (0, -1) and every.max() == 1 and (part.min() > every.min() or part.max() < 1)
        if (standard and own) or ranged:
            found.append(name)
    if not found:
        return []
    return [
        view.finding(
            NAME, "error", len(found), view.features.width,
            f"features {', '.join(found[:5])} are scaled exactly over all rows, not over train: the scaler has seen the test",
            REMEDY, unit="features",
        )
    ]  # fmt: skip


def _finite(values: pl.Series) -> np.ndarray:
    array = values.drop_nulls().to_numpy().astype(np.float64)
    finite: np.ndarray = array[np.isfinite(array)]
    return finite
