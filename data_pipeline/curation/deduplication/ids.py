"""A growing set of 64-bit ids as a few sorted arrays: adding to it costs no sort of all."""

import numpy as np

IdSet = tuple[np.ndarray, ...]
"""Sorted arrays, each at least twice as long as the next, so that there are few of them."""


def contains(ids: IdSet, wanted: np.ndarray) -> np.ndarray:
    """Whether each of ``wanted`` is in the set."""
    found = np.zeros(len(wanted), dtype=bool)
    for part in ids:
        place = np.minimum(np.searchsorted(part, wanted), len(part) - 1)
        found |= part[place] == wanted
    return found


def added(ids: IdSet, new: np.ndarray) -> IdSet:
    """The set with more ids."""
    parts = [part for part in (*ids, np.unique(new)) if len(part)]
    while len(parts) > 1 and len(parts[-2]) < 2 * len(parts[-1]):
        last = parts.pop()
        parts[-1] = np.union1d(parts[-1], last)
    return tuple(parts)
