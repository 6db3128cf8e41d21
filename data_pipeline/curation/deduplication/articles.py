"""Do pairs of articles report the same? ``same.same_report`` of long texts, for many pairs at once.

Of each pair only the words that one of the two lacks matter. All pairs' words are sorted together, and what those few words say is
looked up by their hashes.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import polars as pl

from data_pipeline.curation.deduplication.hashing import hash_words, offsets, segment_reduce
from data_pipeline.curation.deduplication.wording import DATES, SIDES

_PAIR_BITS = 20
AT_ONCE = 2_000_000
"""Words compared at a time; at most 2^20 pairs."""

Segments = tuple[np.ndarray, np.ndarray]
"""Hashes, row after row, and how many each row has."""


def agree(
    words: Segments, facts: np.ndarray, names: Callable[[np.ndarray], Segments], some: np.ndarray, others: np.ndarray
) -> np.ndarray:
    """Return for each pair of rows whether nothing in their differing words speaks against one report.

    The rule is that of ``same_report`` for articles: not a cashtag or number on either side, no two words of opposite direction, no two
    dates, no two names. 43 bits of a hash are compared: two different words of a pair agree in them with a chance of 1e-8.

    Args:
        words: The words of all rows.
        facts: Hashes of the words that are cashtags or numbers.
        names: Gives the words that are names of the rows asked for.
        some: Rows, one a pair.
        others: The other row of each pair.
    """
    both = offsets(words[1][some] + words[1][others])
    result = np.empty(len(some), dtype=bool)
    first = 0
    while first < len(some):
        fit = int(np.searchsorted(both, both[first] + AT_ONCE, side="right")) - 1
        last = min(max(first + 1, fit), first + (1 << _PAIR_BITS))
        result[first:last] = _agree(words, facts, names, some[first:last], others[first:last])
        first = last
    return result


def _agree(
    words: Segments, facts: np.ndarray, names: Callable[[np.ndarray], Segments], some: np.ndarray, others: np.ndarray
) -> np.ndarray:
    pairs = len(some)
    number, word, side = _differing(words, some, others)
    against = np.zeros(pairs, dtype=bool)
    for meaning in (np.isin(word, _short(facts)), np.isin(word, _dates())):
        against |= _on_both_sides(number[meaning], side[meaning], pairs)
    ups, downs = (_said(known, bits, number, word, side, pairs) for known, bits in _directions())
    against |= ((ups[:, 0] & downs[:, 1]) | (downs[:, 0] & ups[:, 1])) != 0
    asked = np.flatnonzero(~against & _on_both_sides(number, side, pairs))
    if len(asked):
        named = np.zeros(len(word), dtype=bool)
        for which, rows in enumerate((some, others)):
            hashes, sizes = names(rows[asked])
            known = _tagged(np.repeat(asked, sizes), _short(hashes))
            named |= (side == which) & np.isin(_tagged(number, word), known)
        against |= _on_both_sides(number[named], side[named], pairs)
    return ~against


def _differing(words: Segments, some: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The words that one of a pair lacks: number of the pair, short hash, and which of the two has it (0, 1)."""
    hashes, sizes = words
    starts, sides = offsets(sizes), []
    for which, rows in enumerate((some, others)):
        counts = sizes[rows]
        place = np.arange(int(counts.sum())) + np.repeat(starts[rows] - offsets(counts)[:-1], counts)
        tagged = _tagged(np.repeat(np.arange(len(rows)), counts), _short(hashes[place]))
        sides.append((tagged << np.uint64(1)) | np.uint64(which))
    found = np.sort(np.concatenate(sides))
    found = found[np.concatenate([[True], found[1:] != found[:-1]])] if len(found) else found
    word = found >> np.uint64(1)
    twice = np.zeros(len(found), dtype=bool)
    twice[1:] = word[1:] == word[:-1]
    twice[:-1] |= twice[1:]
    found = found[~twice]
    tagged = found >> np.uint64(1)
    bits = np.uint64(63 - _PAIR_BITS)
    word = tagged & ((np.uint64(1) << bits) - np.uint64(1))
    return (tagged >> bits).astype(np.int64), word, (found & np.uint64(1)).astype(np.int64)


def _short(hashes: np.ndarray) -> np.ndarray:
    return hashes >> np.uint64(_PAIR_BITS + 1)


def _tagged(number: np.ndarray, word: np.ndarray) -> np.ndarray:
    return np.asarray((number.astype(np.uint64) << np.uint64(63 - _PAIR_BITS)) | word)


def _on_both_sides(number: np.ndarray, side: np.ndarray, pairs: int) -> np.ndarray:
    first, second = (np.bincount(number[side == which], minlength=pairs) > 0 for which in (0, 1))
    return np.asarray(first & second)


def _said(
    known: np.ndarray, bits: np.ndarray, number: np.ndarray, word: np.ndarray, side: np.ndarray, pairs: int
) -> np.ndarray:
    """The directions that the words of each side say, as bits, [pairs, 2]."""
    place = np.minimum(np.searchsorted(known, word), len(known) - 1)
    found = np.flatnonzero(known[place] == word)
    slot = number[found] * 2 + side[found]
    order = np.argsort(slot, kind="stable")
    said = segment_reduce(np.bitwise_or, bits[place[found]][order], np.bincount(slot, minlength=2 * pairs))
    return said.reshape(pairs, 2)


@cache
def _dates() -> np.ndarray:
    return _short(hash_words(pl.Series(sorted(DATES))))


@cache
def _directions() -> tuple[Segments, Segments]:
    """Short hashes of the words that say a direction, ascending, and which: up, and down."""
    found = []
    for up in (True, False):
        said = {
            word: sum(1 << number for number, side in sides if side is up)
            for word, sides in SIDES.items()
            if any(side is up for _, side in sides)
        }
        hashes = _short(hash_words(pl.Series(list(said))))
        order = np.argsort(hashes)
        found.append((hashes[order], np.array(list(said.values()), dtype=np.uint64)[order]))
    return found[0], found[1]
