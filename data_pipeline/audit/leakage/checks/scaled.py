"""Scalers that were fitted on all rows instead of the training split."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "scaled_on_everything"
FEWEST = 60


def check(view: View) -> list[Finding]:
    """Look for features with mean 0 and deviation 1, or range 0 to 1, over all rows and not in train."""
    train = (view.frame["split"] == "train").fill_null(False)
    if not train.any() or train.all():
        return []
    found: list[str] = []
    sure = False
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
            sure |= bool(standard and own)
    if not found:
        return []
    return [
        view.finding(
            NAME, "error" if sure else "warning", len(found), view.features.width,
            f"features {', '.join(found[:5])} are scaled exactly over all rows, not over train: the scaler has seen the test",
            "Fit scalers on the training split, store them, and apply them to the others", unit="features",
        )
    ]  # fmt: skip


def _finite(values: pl.Series) -> NDArray[np.float64]:
    array = values.drop_nulls().to_numpy().astype(np.float64)
    finite: NDArray[np.float64] = array[np.isfinite(array)]
    return finite
