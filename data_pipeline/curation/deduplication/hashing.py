"""Shingles and MinHash in bulk: flat arrays of 64-bit hashes, a segment a document."""

from dataclasses import dataclass

import numpy as np
import polars as pl

PERMUTATIONS = 64
MISS = 1e-3
"""Highest chance that hashing overlooks a pair at the threshold itself; more alike ones are missed less often."""
CHARACTERS = 4
"""Length of a character shingle: one letter exchanged in a headline of 50 characters leaves a similarity of 0.84."""
_CHUNK = 65_536
"""Shingles hashed at a time: the working set stays in the processor's cache, and threads do not wait for one another at each step."""
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_draws = np.random.default_rng(20_240_229)
_MULTIPLIERS = _draws.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32) | np.uint32(1)
_MASKS = _draws.integers(0, 2**32, PERMUTATIONS, dtype=np.uint32)


def mix(values: np.ndarray) -> np.ndarray:
    """Scatter 64-bit values, so that any of their bits depend on all (the finaliser of murmur-like hashes)."""
    values = (values ^ (values >> np.uint64(32))) * _SECOND
    return np.asarray(values ^ (values >> np.uint64(29)))


def hash_words(words: pl.Series) -> np.ndarray:
    """Return a 64-bit hash of each string."""
    return words.hash(0).to_numpy()


def sequence_hash(words: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return a hash of each segment that depends on its words and their order; 0 for an empty one.

    Args:
        words: Hashes of all words, segment after segment.
        sizes: Words of each segment.
    """
    starts = offsets(sizes)[:-1]
    weights = mix(np.arange(1, int(sizes.max(initial=0)) + 1, dtype=np.uint64) * _FIRST) | np.uint64(1)
    weighted = words * weights[np.arange(len(words)) - np.repeat(starts, sizes)]
    return mix(segment_reduce(np.add, weighted, sizes))


def segment_reduce(operation: np.ufunc, values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Reduce each segment of ``values``; an empty one gives 0."""
    result = np.zeros(len(sizes), dtype=values.dtype)
    filled = np.flatnonzero(sizes)
    if len(filled):
        result[filled] = operation.reduceat(values, offsets(sizes)[filled])
    return result


def offsets(sizes: np.ndarray) -> np.ndarray:
    """Return where each segment starts, and the end of the last."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(sizes, dtype=np.int64)])


@dataclass(frozen=True)
class HashedWords:
    """The words of n documents as hashes, each document's title before its body."""

    hashes: np.ndarray
    parts: np.ndarray
    """Words of title and of body, [n, 2]."""
    lengths: np.ndarray
    """Characters, one blank a word included, [n]."""

    @property
    def counts(self) -> np.ndarray:
        """Words of each document, [n]."""
        return np.asarray(self.parts.sum(axis=1))

    def where(self, chosen: np.ndarray) -> "HashedWords":
        """The documents of a boolean mask."""
        return HashedWords(self.hashes[np.repeat(chosen, self.counts)], self.parts[chosen], self.lengths[chosen])


def hashed_words(title: pl.Series, body: pl.Series) -> HashedWords:
    """Hash the word lists of titles and bodies."""
    parts = np.column_stack([part.list.len().to_numpy() for part in (title, body)]).astype(np.int64)
    starts = offsets(parts.ravel())[:-1].reshape(-1, 2)
    hashes = np.empty(int(parts.sum()), dtype=np.uint64)
    lengths = np.zeros(len(parts), dtype=np.int64)
    for number, part in enumerate((title, body)):
        words, sizes = part.explode(empty_as_null=False), parts[:, number]
        place = np.arange(len(words)) + np.repeat(starts[:, number] - offsets(sizes)[:-1], sizes)
        hashes[place] = hash_words(words)
        lengths += segment_reduce(np.add, words.str.len_chars().to_numpy().astype(np.int64) + 1, sizes)
    return HashedWords(hashes, parts, lengths)


def word_shingles(words: HashedWords) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs of words in a row, within the title and within the body, and how many a document has.

    A part of one word is a shingle of its own. Pairs of words: one word added to a title of five leaves 4 of 5
    pairs, and an article of which every 25th word was exchanged keeps a similarity of 0.85.
    """
    hashes, parts = words.hashes, words.parts.ravel()
    shingles = hashes * _FIRST
    shingles[:-1] += hashes[1:]
    ends = offsets(parts)[1:]
    used = np.ones(len(hashes), dtype=bool)
    used[ends[parts > 1] - 1] = False
    alone = ends[parts == 1] - 1
    shingles[alone] = hashes[alone]
    sizes = np.maximum(words.parts - 1, np.minimum(words.parts, 1)).sum(axis=1)
    return mix(shingles[used]), sizes


def character_shingles(texts: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return the runs of ``CHARACTERS`` characters of each text, blanks around it, and how many it has."""
    padded = pl.select((pl.lit(" ") + texts + " ").str.pad_end(CHARACTERS)).to_series()
    sizes = padded.str.len_chars().to_numpy().astype(np.int64)
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), dtype=np.uint32).astype(np.uint64)
    count = max(len(points) - CHARACTERS + 1, 0)
    shingles = np.zeros(count, dtype=np.uint64)
    for shift in range(CHARACTERS):
        shingles = shingles * _FIRST + points[shift : shift + count]
    crossing = np.zeros(len(points), dtype=bool)
    ends = offsets(sizes)[1:]
    for shift in range(1, CHARACTERS):
        crossing[ends - shift] = True
    return mix(shingles[~crossing[:count]]), sizes - (CHARACTERS - 1)


def bands_and_rows(threshold: float) -> tuple[int, int]:
    """Return the most selective (bands, rows) that miss a pair of similarity ``threshold`` at most ``MISS`` often.

    A pair of similarity s is overlooked with probability (1 - s^rows)^bands (Leskovec, Rajaraman and Ullman,
    Mining of Massive Datasets, section 3.4). A false candidate costs microseconds, since each is verified.
    """
    rows = (r for r in range(PERMUTATIONS // 2, 1, -1) if (1 - threshold**r) ** (PERMUTATIONS // r) <= MISS)
    best = next(rows, 1)
    return PERMUTATIONS // best, best


def band_keys(shingles: np.ndarray, sizes: np.ndarray, threshold: float, kind: int) -> np.ndarray:
    """Return a key for each band of each document: two documents that share one are candidates.

    Args:
        shingles: Mixed hashes of all documents, document after document.
        sizes: Shingles of each document, each at least one.
        threshold: See ``bands_and_rows``.
        kind: Keys of different kinds never meet.

    Returns:
        Keys, [documents, bands].
    """
    bands, rows = bands_and_rows(threshold)
    minima = _minima((shingles >> np.uint64(32)).astype(np.uint32), sizes)[:, : bands * rows].astype(np.uint64)
    keys = np.zeros((len(sizes), bands), dtype=np.uint64)
    for row in range(rows):
        keys = mix(keys * _FIRST + minima[:, row::rows] + np.uint64(1))
    return mix(keys + (np.arange(bands, dtype=np.uint64) + np.uint64(1 + kind * PERMUTATIONS)) * _FIRST)


def _minima(values: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Minimum of each permutation over each document, [documents, PERMUTATIONS]."""
    bounds = offsets(sizes)
    result = np.empty((len(sizes), PERMUTATIONS), dtype=np.uint32)
    first = 0
    while first < len(sizes):
        last = max(first + 1, int(np.searchsorted(bounds, bounds[first] + _CHUNK, side="right")) - 1)
        part = values[bounds[first] : bounds[last]]
        starts = bounds[first:last] - bounds[first]
        for k in range(PERMUTATIONS):
            result[first:last, k] = np.minimum.reduceat((part ^ _MASKS[k]) * _MULTIPLIERS[k], starts)
        first = last
    return result
