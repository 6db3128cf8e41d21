"""The words of a batch of texts as arrays: what counts, shares and repetition are computed from, all texts at once."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

LINKS = r"(?i)(?:https?://|www\.|\bt\.co/)\S*"
EDGES = "\"'.,;:!?()[]{}<>-*/\\|\u2018\u2019\u201c\u201d\u2013\u2014"

Hashes = NDArray[np.uint64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class Words:
    """All words of n texts in a row; links are no words."""

    hashes: Hashes
    """Hash of each word in lower case without punctuation at its ends, [words]."""
    lengths: Counts
    """Characters of each word as it stands, [words]."""
    alphabetic: NDArray[np.bool_]
    """Whether a word holds a letter, [words]."""
    starts: Counts
    """Where each text begins; the last entry is the number of words, [n + 1]."""

    @property
    def counts(self) -> Counts:
        """Words of each text, [n]."""
        return np.diff(self.starts)

    @property
    def owner(self) -> Counts:
        """The text of each word, [words]."""
        return np.repeat(np.arange(len(self.starts) - 1), self.counts)

    def sums(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Sum of a value a word, by text, [n]."""
        return np.bincount(self.owner, weights=values.astype(np.float64), minlength=len(self.starts) - 1).astype(
            np.float64
        )

    def found(self, vocabulary: Hashes) -> NDArray[np.float64]:
        """Words of each text that stand in ``vocabulary`` (``hashed``), [n]."""
        return self.sums(np.isin(self.hashes, vocabulary))


def words_of(texts: pl.Series) -> Words:
    """Split texts at white space."""
    bare = texts.str.replace_all(LINKS, " ")
    lists = bare.str.extract_all(r"\S+")
    counts = lists.list.len().to_numpy().astype(np.int64)
    flat = lists.explode(empty_as_null=False) if len(lists) else pl.Series([], dtype=pl.String)
    return Words(
        hashes=hashed(flat),
        lengths=flat.str.len_chars().to_numpy().astype(np.int64),
        alphabetic=flat.str.contains(r"\p{L}").to_numpy().astype(np.bool_),
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    )


def hashed(words: pl.Series) -> Hashes:
    """Hash words as ``Words.hashes`` does: the same word gives the same hash in one process."""
    return words.str.to_lowercase().str.strip_chars(EDGES).hash(seed=0).to_numpy().astype(np.uint64)
