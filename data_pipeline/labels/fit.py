"""Classes from continuous targets: cut points fitted on the training split, or published thresholds."""

import math
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Indices
from data_pipeline.labels.spec import LabelSpec
from tickertune.core.errors import TickerTuneError
from tickertune.core.noun import Noun

QUANTILES: dict[int, tuple[float, ...]] = {2: (0.5,), 3: (1 / 3, 2 / 3), 5: (0.1, 0.3, 0.7, 0.9)}
NO_CLASS = -1
THRESHOLD_DIGITS = 11
"""Decimals of a return that are compared with a published threshold."""
ROWS_A_CLASS = 2
"""Training rows that the smallest class must get, so that a cut point lies between observations of both sides."""


class FittedState(Noun):
    """All that was estimated from data: frozen, and stored with the data set."""

    cut_points: list[float]
    """Ascending bounds of the classes; a value equal to a bound belongs to the class below."""
    fitted_on: int
    """Number of training samples behind them; 0 for published thresholds."""
    categories: list[str] = []
    """Names that a label of tickers or sectors chooses among: those of the train split, sorted."""


def quantiles_of(spec: LabelSpec) -> tuple[float, ...]:
    """Quantiles of the train split at which a fitted label is cut."""
    return spec.quantiles or QUANTILES[spec.classes]


def rows_needed(spec: LabelSpec) -> int:
    """Training rows that cut points need: ``ROWS_A_CLASS`` in the smallest class."""
    bounds = (0.0, *quantiles_of(spec), 1.0)
    smallest = min(high - low for low, high in pairwise(bounds))
    return math.ceil(ROWS_A_CLASS / smallest - 1e-9)


def fit(spec: LabelSpec, train_targets: NDArray[np.float64]) -> FittedState:
    """Fit the cut points on the training split's targets alone (linear-interpolated quantiles).

    Without a target there is no cut point, and ``classify`` then gives no class.

    Raises:
        TickerTuneError: There are targets, but fewer than the quantiles need.
    """
    if spec.fixed_band is not None:
        return FittedState(cut_points=list(spec.fixed_band), fitted_on=0)
    if spec.thresholds is not None:
        return FittedState(cut_points=list(spec.thresholds), fitted_on=0)
    count, needed = len(train_targets), rows_needed(spec)
    if count == 0:
        return FittedState(cut_points=[], fitted_on=0)
    if count < needed:
        raise TickerTuneError(
            f"Label {spec.name} cuts {spec.classes} classes at quantiles of the train split, which has {count} rows "
            f"with a target and needs {needed}",
            "Lengthen train, choose fewer classes, or a label with published thresholds such as fingpt_rlsp",
        )
    cuts = np.quantile(train_targets, quantiles_of(spec))
    return FittedState(cut_points=[float(cut) for cut in cuts], fitted_on=count)


def fit_categories(train_names: Sequence[str]) -> FittedState:
    """The names that stand in the training split."""
    return FittedState(cut_points=[], fitted_on=len(train_names), categories=sorted(set(train_names)))


def classify(spec: LabelSpec, fitted: FittedState, targets: NDArray[np.float64]) -> Indices:
    """Class index of each target, from the worst return to the best; ``NO_CLASS`` in the dead band or for NaN."""
    if spec.fixed_band is not None:
        low, high = fitted.cut_points
        codes = np.where(targets >= high, 1, np.where(targets <= low, 0, NO_CLASS))
    elif not fitted.cut_points:
        codes = np.full(targets.shape, NO_CLASS)
    elif spec.thresholds is not None:
        # From 100 to 102 is 2%, though 102 / 100 - 1 is a little more than 0.02: such digits decide no class.
        cuts, rounded = np.array(fitted.cut_points), np.round(targets, THRESHOLD_DIGITS)
        rounded = np.where(rounded == 0, targets, rounded)  # a sign is a sign, however small the number
        above, below = np.searchsorted(cuts, rounded, side="left"), np.searchsorted(cuts, rounded, side="right")
        codes = np.where(rounded > 0, above, below)  # at a bound: nearer to zero, and zero itself counts as up
    else:
        codes = np.searchsorted(np.array(fitted.cut_points), targets, side="left")
    return np.where(np.isnan(targets), NO_CLASS, codes).astype(np.int64)


def category_codes(fitted: FittedState, names: Sequence[str | None]) -> Indices:
    """Index of each name among the fitted categories; ``NO_CLASS`` for another, or for none."""
    place = {name: number for number, name in enumerate(fitted.categories)}
    return np.array([place.get(name, NO_CLASS) if name else NO_CLASS for name in names], dtype=np.int64)
