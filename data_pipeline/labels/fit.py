"""Classes from continuous targets: cut points fitted on the training split, or published thresholds."""

import numpy as np
from numpy.typing import NDArray

from data_pipeline.labels.registry import LabelSpec
from data_pipeline.labels.sessions import Indices
from tickertune.core.noun import Noun

QUANTILES: dict[int, tuple[float, ...]] = {2: (0.5,), 3: (1 / 3, 2 / 3), 5: (0.1, 0.3, 0.7, 0.9)}
NO_CLASS = -1


class FittedState(Noun):
    """All that was estimated from data: frozen, and stored with the data set."""

    cut_points: list[float]
    """Ascending bounds of the classes; a value equal to a bound belongs to the class below."""
    fitted_on: int
    """Number of training samples behind them; 0 for published thresholds."""


def fit(spec: LabelSpec, train_targets: NDArray[np.float64]) -> FittedState:
    """Fit the cut points on the training split's targets alone (linear-interpolated quantiles).

    Without a target there is no cut point, and ``classify`` then gives no class.
    """
    if spec.fixed_band is not None:
        return FittedState(cut_points=list(spec.fixed_band), fitted_on=0)
    if len(train_targets) == 0:
        return FittedState(cut_points=[], fitted_on=0)
    cuts = np.quantile(train_targets, QUANTILES[spec.classes])
    return FittedState(cut_points=[float(cut) for cut in cuts], fitted_on=len(train_targets))


def classify(spec: LabelSpec, fitted: FittedState, targets: NDArray[np.float64]) -> Indices:
    """Class index of each target, from the worst return to the best; ``NO_CLASS`` in the dead band or for NaN."""
    if spec.fixed_band is not None:
        low, high = fitted.cut_points
        codes = np.where(targets >= high, 1, np.where(targets <= low, 0, NO_CLASS))
    elif not fitted.cut_points:
        codes = np.full(targets.shape, NO_CLASS)
    else:
        codes = np.searchsorted(np.array(fitted.cut_points), targets, side="left")
    return np.where(np.isnan(targets), NO_CLASS, codes).astype(np.int64)
