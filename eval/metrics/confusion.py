"""Metrics of a confusion matrix, vectorised over any leading axes (days, bootstrap draws)."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide, with 0 where the whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole != 0)


def accuracy(confusion: Floats) -> Floats:
    """Share of right labels; a sample without a label counts as wrong."""
    return ratio(np.trace(confusion, axis1=-2, axis2=-1), confusion.sum(axis=(-2, -1)))


def accuracy_on_parsed(confusion: Floats) -> Floats:
    """Share of right labels among the samples that got one."""
    return accuracy(confusion[..., :-1])


def unparsed_share(confusion: Floats) -> Floats:
    """Share of samples without a label."""
    return ratio(confusion[..., -1].sum(axis=-1), confusion.sum(axis=(-2, -1)))


def mcc(confusion: Floats) -> Floats:
    """Matthews correlation for k classes (Gorodkin 2004); 0 where truth or prediction has one class only."""
    truth, chosen = confusion.sum(axis=-1), confusion.sum(axis=-2)
    total, right = truth.sum(axis=-1), np.trace(confusion, axis1=-2, axis2=-1)
    covariance = right * total - (truth * chosen[..., :-1]).sum(axis=-1)
    spread = (total**2 - (truth**2).sum(axis=-1)) * (total**2 - (chosen**2).sum(axis=-1))
    return ratio(covariance, np.sqrt(np.maximum(spread, 0.0)))


def f1_by_class(confusion: Floats) -> Floats:
    """F1 of each class [..., k]; 0 for a class that is neither there nor predicted."""
    right = np.diagonal(confusion, axis1=-2, axis2=-1)
    return ratio(2 * right, confusion.sum(axis=-1) + confusion[..., :-1].sum(axis=-2))


def macro_f1(confusion: Floats) -> Floats:
    """Mean F1 over the task's classes, each weighing the same."""
    return np.asarray(f1_by_class(confusion).mean(axis=-1))


def weighted_f1(confusion: Floats) -> Floats:
    """Mean F1 over the task's classes, weighted by how often each is the truth."""
    support = confusion.sum(axis=-1)
    return ratio((f1_by_class(confusion) * support).sum(axis=-1), support.sum(axis=-1))


def pesaran_timmermann_p(confusion: Floats) -> Floats:
    """One-sided p-value of no market timing (Pesaran and Timmermann 1992), two classes; 1 where it is undefined.

    It takes decisions for independent of one another, which those of one day are not: it is there to be compared
    with published ones, and no evidence. Samples without a label are left out.
    """
    table = confusion[..., :-1]
    n = table.sum(axis=(-2, -1))
    truth, chosen = (ratio(table.sum(axis=axis)[..., 1], n) for axis in (-1, -2))
    by_chance = truth * chosen + (1 - truth) * (1 - chosen)
    spread = by_chance * (1 - by_chance) - (
        (2 * truth - 1) ** 2 * chosen * (1 - chosen)
        + (2 * chosen - 1) ** 2 * truth * (1 - truth)
        + ratio(4 * truth * chosen * (1 - truth) * (1 - chosen), n)
    )
    right = ratio(np.trace(table, axis1=-2, axis2=-1), n)
    told = (n > 0) & (spread > 1e-12)
    statistic = (right - by_chance) * np.sqrt(n / np.where(told, spread, 1.0))
    return np.asarray(np.where(told, norm.sf(statistic), 1.0))
