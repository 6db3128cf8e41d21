"""The words of a batch of texts as arrays: what counts, shares and repetition are computed from, all texts at once."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

LINKS = r"(?i)(?:https?://|www\.|\bt\.co/)\S*"
NOT_WORDS = r"(?i)(?:https?://|www\.|\bt\.co/)\S*|[$#@]\w+"
"""Links, cashtags, hashtags and mentions."""
EDGES = "\"'.,;:!?()[]{}<>-*/\\|\u2018\u2019\u201c\u201d\u2013\u2014\u00a1\u00bf\u00ab\u00bb\u2026"
_OTHER_SPACE = r"[^\S \n]"
_BUCKET_BITS = np.uint64(48)

Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Words:
    """All words of n texts in a row; links are no words."""

    tokens: pl.Series
    """Each word in lower case, punctuation and all, [words]."""
    starts: Counts
    """Where each text begins; the last entry is the number of words, [n + 1]."""

    @cached_property
    def hashes(self) -> Hashes:
        """Hash of each word in lower case without punctuation at its ends, [words]."""
        return self.tokens.str.strip_chars(EDGES).hash(seed=0).to_numpy()

    @cached_property
    def lengths(self) -> Counts:
        """Characters of each word, punctuation and all, [words]."""
        return self.tokens.str.len_chars().to_numpy().astype(np.int64)

    @cached_property
    def alphabetic(self) -> Flags:
        """Whether a word holds a letter, [words]."""
        return self.tokens.str.contains(r"\p{L}").to_numpy()

    @property
    def counts(self) -> Counts:
        """Words of each text, [n]."""
        return np.diff(self.starts)

    @cached_property
    def owner(self) -> Counts:
        """The text of each word, [words]."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    @property
    def longest(self) -> Counts:
        """Characters of the longest word of each text, [n]; 0 without words."""
        longest = np.zeros(len(self.counts), dtype=np.int64)
        some = self.counts > 0
        if some.any():
            longest[some] = np.maximum.reduceat(self.lengths, self.starts[:-1][some])
        return longest

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sum of a value a word, by text, [n]."""
        total: NDArray[np.float64] = np.bincount(self.owner, weights=values, minlength=len(self.starts) - 1).astype(
            float
        )
        return total

    def found(self, vocabulary: "Vocabulary") -> NDArray[np.float64]:
        """Words of each text that stand in each list of a vocabulary, [lists, n]."""
        at, member = vocabulary.look_up(self.hashes)
        owner, texts = self.owner[at], len(self.starts) - 1
        return np.stack([np.bincount(owner, weights=one, minlength=texts) for one in member.T])

    def where(self, chosen: Flags) -> "Words":
        """The words of some of the texts, by a mask [n]."""
        if chosen.all():
            return self
        words = np.repeat(chosen, self.counts)
        part = Words(self.tokens.filter(pl.Series(words)), _starts(self.counts[chosen]))
        part.__dict__["hashes"] = self.hashes[words]
        return part


class Vocabulary:
    """Lists of words to look for; a word may stand in several."""

    def __init__(self, *lists: str) -> None:
        """Take the words between the blanks of each list."""
        words = [frozenset(text.split()) for text in lists]
        every = pl.Series(sorted(frozenset().union(*words)), dtype=pl.String)
        hashes = every.hash(seed=0).to_numpy()
        order = np.argsort(hashes)
        self._hashes = hashes[order]
        self._member = np.array([[word in some for some in words] for word in every], dtype=np.bool_)[order]
        self._bucket = np.zeros(1 << 16, dtype=np.bool_)
        self._bucket[self._hashes >> _BUCKET_BITS] = True

    def look_up(self, hashes: Hashes) -> tuple[Counts, Flags]:
        """Return the places of words that stand in a list, [found], and in which, [found, lists].

        Most words fall into no bucket of the first 16 bits and are not searched for.
        """
        maybe = np.flatnonzero(self._bucket[hashes >> _BUCKET_BITS])
        row = np.minimum(np.searchsorted(self._hashes, hashes[maybe]), len(self._hashes) - 1)
        right = self._hashes[row] == hashes[maybe]
        return maybe[right], self._member[row[right]]


def words_of(texts: pl.Series) -> Words:
    """Split texts at white space."""
    bare = texts.str.replace_all(LINKS, " ").str.to_lowercase()
    if bare.str.contains(_OTHER_SPACE).any():
        bare = bare.str.replace_all(_OTHER_SPACE, " ")
    lists = bare.str.replace_all("\n", " ", literal=True).str.split(" ")
    flat = lists.explode(empty_as_null=False)
    counts = lists.list.len().to_numpy().astype(np.int64)
    none = (flat == "").to_numpy()
    if none.any():
        counts = np.bincount(np.repeat(np.arange(len(counts)), counts)[~none], minlength=len(counts))
        flat = flat.filter(pl.Series(~none))
    return Words(flat, _starts(counts))


def _starts(counts: Counts) -> Counts:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])
