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

Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Words:
    """All words of n texts in a row; links are no words. What is asked of a word is computed once for all its places."""

    lexicon: pl.Series
    """Each different word in lower case, punctuation and all, in the order of appearance, [lexicon]."""
    codes: NDArray[np.int32]
    """Place of each word in the lexicon, [words]."""
    starts: Counts
    """Where each text begins; the last entry is the number of words, [n + 1]."""

    @cached_property
    def entries(self) -> Hashes:
        """Hash of each entry of the lexicon without punctuation at its ends, [lexicon]."""
        return self.lexicon.str.strip_chars(EDGES).hash(seed=0).to_numpy()

    @cached_property
    def hashes(self) -> Hashes:
        """Hash of each word in lower case without punctuation at its ends, [words]."""
        return self.entries[self.codes]

    @cached_property
    def lengths(self) -> Counts:
        """Characters of each word, punctuation and all, [words]."""
        return self.lexicon.str.len_chars().to_numpy().astype(np.int64)[self.codes]

    @cached_property
    def alphabetic(self) -> Flags:
        """Whether a word holds a letter, [words]."""
        return self.lexicon.str.contains(r"\p{L}").to_numpy()[self.codes]

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
        member = vocabulary.member(self.entries)
        some: Flags = np.any(member, axis=1)
        patterns, inverse = np.unique(member[some], axis=0, return_inverse=True)
        pattern = np.zeros(len(some), dtype=np.int64)
        pattern[some] = inverse.ravel()
        at = np.flatnonzero(some[self.codes])
        texts, kinds = len(self.starts) - 1, len(patterns)
        counts = np.bincount(self.owner[at] * kinds + pattern[self.codes[at]], minlength=texts * kinds)
        summed: NDArray[np.float64] = (counts.reshape(texts, kinds) @ patterns.astype(float)).T
        return summed

    def where(self, chosen: Flags) -> "Words":
        """The words of some of the texts, by a mask [n]."""
        if chosen.all():
            return self
        part = Words(self.lexicon, self.codes[np.repeat(chosen, self.counts)], _starts(self.counts[chosen]))
        part.__dict__["entries"] = self.entries
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

    def member(self, hashes: Hashes) -> Flags:
        """Whether words, given by their hashes, stand in each list, [words, lists]."""
        row = np.minimum(np.searchsorted(self._hashes, hashes), len(self._hashes) - 1)
        member: Flags = self._member[row] & (self._hashes[row] == hashes)[:, None]
        return member


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
    hashes = flat.hash(seed=0)
    first = np.sort(hashes.arg_unique().to_numpy())
    codes = hashes.to_arrow().dictionary_encode().indices.to_numpy()  # numbers values as they first appear
    return Words(flat.gather(first), codes, _starts(counts))


def _starts(counts: Counts) -> Counts:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])
