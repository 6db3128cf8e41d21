"""Metrics of stated confidence, from sums by bin of confidence, vectorised over any leading axes."""

import numpy as np
from numpy.typing import NDArray

from eval.metrics.confusion import Floats, ratio

BINS = 10
"""Bins of confidence that hold equally many of a predictor's decisions; equal confidences share one."""


def bins_of(confidence: Floats) -> NDArray[np.int64]:
    """The bin of each confidence, [n]; bins are cut at the quantiles of all of them."""
    edges = np.quantile(confidence, np.arange(1, BINS) / BINS) if len(confidence) else np.zeros(BINS - 1)
    return np.asarray(np.searchsorted(edges, confidence, side="right"), dtype=np.int64)


def expected_calibration_error(calibration: Floats) -> Floats:
    """Mean distance of confidence and accuracy over bins of equal mass (Nixon et al. 2019).

    Args:
        calibration: Number, confidence and hits by bin [..., BINS, 3].
    """
    number, confidence, hits = (calibration[..., place] for place in range(3))
    return ratio(np.abs(confidence - hits).sum(axis=-1), number.sum(axis=-1))


def confident_half_accuracy(calibration: Floats) -> Floats:
    """Accuracy of the half of the decisions whose confidence is highest: those in the upper bins."""
    upper = calibration[..., BINS // 2 :, :]
    return ratio(upper[..., 2].sum(axis=-1), upper[..., 0].sum(axis=-1))
