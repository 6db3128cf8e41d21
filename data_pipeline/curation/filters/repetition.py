"""Repetition within a text: lines and paragraphs that stood before, and runs of words (Gopher, Rae et al. 2021, A.1).

Runs of n words are compared by a rolling hash over all texts of a batch at once. A run repeats only where its shorter
ones do, so the longer runs are looked up in the few texts that repeat the shortest.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.curation.filters.words import Hashes, Words

LONG_LINE = 200
"""Characters from which a line is a paragraph of its own."""
_BASE = np.uint64(0x9E3779B97F4A7C15)
Shares = NDArray[np.float64]


def duplicate_lines(texts: pl.Series) -> Shares:
    """Share of characters in lines that stood before in the same text, [n]."""
    return _repeated(texts.str.split("\n"))


def duplicate_paragraphs(texts: pl.Series) -> Shares:
    """Share of characters in paragraphs (long lines) that stood before in the same text, [n]."""
    lines = texts.str.split("\n")
    return _repeated(lines.list.eval(pl.element().filter(pl.element().str.len_chars() > LONG_LINE)))


def top_ngram(words: Words, n: int) -> Shares:
    """Share of characters that the commonest run of ``n`` words covers where it occurs more than once, [texts]."""
    hashes, at = _runs(words, n)
    shares = np.zeros(len(words.starts) - 1)
    if not len(at):
        return shares
    owner = words.owner[at]
    keyed = hashes ^ (owner.astype(np.uint64) * _BASE)
    order = np.argsort(keyed, kind="stable")
    new = np.concatenate([[True], np.diff(keyed[order]) != 0])
    first = np.flatnonzero(new)
    count = np.diff(np.append(first, len(order)))
    ends = np.concatenate([[0], np.cumsum(words.lengths)])
    position = at[order[first]]
    size = ends[position + n] - ends[position]
    np.maximum.at(shares, words.owner[position], np.where(count > 1, count * size, 0))
    shares = shares / np.maximum(words.sums(words.lengths), 1)
    capped: Shares = np.minimum(shares, 1.0)
    return capped


def duplicate_ngrams(words: Words, n: int) -> Shares:
    """Share of characters in words that a run of ``n`` words covers which stood before in the same text, [texts]."""
    hashes, at = _runs(words, n)
    covered = np.zeros(len(words.hashes) + 1, dtype=np.int64)
    if len(at):
        keyed = hashes ^ (words.owner[at].astype(np.uint64) * _BASE)
        order = np.argsort(keyed, kind="stable")
        again = order[1:][np.diff(keyed[order]) == 0]
        np.add.at(covered, at[again], 1)
        np.add.at(covered, at[again] + n, -1)
    inside = np.cumsum(covered[:-1]) > 0
    share: Shares = words.sums(np.where(inside, words.lengths, 0)) / np.maximum(words.sums(words.lengths), 1)
    return share


def _runs(words: Words, n: int) -> tuple[Hashes, NDArray[np.int64]]:
    """Hash and position of every run of ``n`` words that lies within one text."""
    total = len(words.hashes)
    if total < n:
        return np.array([], dtype=np.uint64), np.array([], dtype=np.int64)
    with np.errstate(over="ignore"):
        rolled = np.zeros(total - n + 1, dtype=np.uint64)
        for step in range(n):
            rolled = rolled * _BASE + words.hashes[step : total - n + 1 + step]
    owner = words.owner
    at = np.flatnonzero(owner[: total - n + 1] == owner[n - 1 :])
    return rolled[at], at


def _repeated(pieces: pl.Series) -> Shares:
    """Share of characters in list items that stood before in the same list."""
    table = pl.DataFrame({"piece": pieces}).with_row_index("text").explode("piece", empty_as_null=False)
    size = pl.col("piece").str.len_chars()
    again = pl.struct("text", "piece").is_first_distinct().not_() & (size > 0)
    sums = (
        table.select("text", size=size, again=again)
        .group_by("text")
        .agg(share=pl.col("size").filter("again").sum() / pl.max_horizontal(pl.col("size").sum(), 1))
    )
    shares = np.zeros(len(pieces))
    shares[sums["text"].to_numpy()] = sums["share"].fill_null(0.0).to_numpy()
    return shares
