"""Repetition within a text: lines and paragraphs that stood before, and runs of words (Gopher, Rae et al. 2021, A.1).

Runs of n words are compared by a rolling hash over all texts of a batch at once. Most texts are nowhere near a bound, and
how often their commonest run occurs shows it; ``repeats`` is a tenth of the work of an exact share.
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
    return _repeated(texts, pl.element())


def duplicate_paragraphs(texts: pl.Series) -> Shares:
    """Share of characters in paragraphs (long lines) that stood before in the same text, [n]."""
    return _repeated(texts, pl.element().filter(pl.element().str.len_chars() > LONG_LINE))


def repeats(words: Words, n: int) -> NDArray[np.int64]:
    """How often the commonest run of ``n`` words occurs, [texts]; 0 in a text of fewer words.

    It may be too high, never too low: 64 bits less those that number the texts are compared.
    """
    hashes, at = _runs(words, n)
    most = np.zeros(len(words.starts) - 1, dtype=np.int64)
    if not len(at):
        return most
    bits = np.uint64(len(most).bit_length())
    keyed = (words.owner[at].astype(np.uint64) << (np.uint64(64) - bits)) | (hashes >> bits)
    keyed.sort()
    first = np.flatnonzero(np.concatenate([[True], keyed[1:] != keyed[:-1]]))
    count = np.diff(np.append(first, len(keyed)))
    owner = keyed[first] >> (np.uint64(64) - bits)
    text = np.flatnonzero(np.concatenate([[True], owner[1:] != owner[:-1]]))
    most[owner[text].astype(np.int64)] = np.maximum.reduceat(count, text)
    return most


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


def _repeated(texts: pl.Series, chosen: pl.Expr) -> Shares:
    """Share of characters in chosen lines that stood before among them in the same text."""
    shares = np.zeros(len(texts))
    several = texts.str.contains("\n", literal=True).arg_true()
    lines = texts.gather(several).str.split("\n").list.eval(chosen)
    twice = lines.list.len() > lines.list.n_unique()
    pieces = lines.filter(twice).to_frame("piece").with_row_index("text").explode("piece", empty_as_null=False)
    size = pl.col("piece").str.len_chars()
    again = pl.struct("text", "piece").is_first_distinct().not_() & (size > 0)
    sums = (
        pieces.select("text", size=size, again=again)
        .group_by("text")
        .agg(share=pl.col("size").filter("again").sum() / pl.max_horizontal(pl.col("size").sum(), 1))
    )
    shares[several.filter(twice).gather(sums["text"]).to_numpy()] = sums["share"].fill_null(0.0).to_numpy()
    return shares
