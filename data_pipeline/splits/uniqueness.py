"""Weights of overlapping labels: average uniqueness (Lopez de Prado, Advances in Financial Machine Learning, 4.3-4.4)."""

import numpy as np
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Indices


def average_uniqueness(start: Indices, end: Indices) -> NDArray[np.float64]:
    """Average uniqueness of the labels of one instrument.

    With c_t the number of labels whose [start, end) covers session t, the weight of a label is the mean of 1 / c_t over
    its own sessions: 1 where it overlaps no other, 1/n where n labels share every session.

    Args:
        start: Session index of each label's entry.
        end: Session index of its exit, after its start.

    Returns:
        Weights in (0, 1], one a label.
    """
    if not len(start):
        return np.zeros(0)
    low = int(start.min())
    steps = np.zeros(int(end.max()) - low + 1, dtype=np.int64)
    np.add.at(steps, start - low, 1)
    np.add.at(steps, end - low, -1)
    concurrent = np.cumsum(steps)[:-1]
    # Sessions that no label covers stand between labels and in no mean.
    shares = np.divide(1.0, concurrent, out=np.zeros(len(concurrent)), where=concurrent > 0)
    weights = np.array([shares[a - low : b - low].mean() for a, b in zip(start, end, strict=True)])
    capped: NDArray[np.float64] = np.minimum(weights, 1.0)  # a mean of ones may round to just above
    return capped
