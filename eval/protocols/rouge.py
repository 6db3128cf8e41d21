"""ROUGE-1, ROUGE-2 and ROUGE-L of two texts (Lin, 2004), as F measures.

The package rouge-score has had no release since July 2022 and brings NLTK along; these are the few lines of it that
protocol forecaster needs, and its figures without a stemmer: words are runs of letters a-z and digits in lower case.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Rouge:
    """F measures in [0, 1]."""

    rouge1: float
    rouge2: float
    rougeL: float


def rouge(reference: str, text: str) -> Rouge:
    """Compare a text with a reference; 0 where either has no word (no pair of words, for ROUGE-2)."""
    expected, found = _WORD.findall(reference.lower()), _WORD.findall(text.lower())
    common = _common_subsequence(expected, found)
    return Rouge(_overlap(expected, found, 1), _overlap(expected, found, 2), _f(common, len(expected), len(found)))


def _overlap(expected: Sequence[str], found: Sequence[str], n: int) -> float:
    first, second = (Counter(zip(*(words[at:] for at in range(n)), strict=False)) for words in (expected, found))
    return _f((first & second).total(), first.total(), second.total())


def _f(common: int, expected: int, found: int) -> float:
    return 2 * common / (expected + found) if expected and found else 0.0


def _common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """Length of the longest common subsequence, row by row of the usual table."""
    lengths = [0] * (len(second) + 1)
    for word in first:
        before = 0
        for at, other in enumerate(second, start=1):
            above = lengths[at]
            lengths[at] = before + 1 if word == other else max(above, lengths[at - 1])
            before = above
    return lengths[-1]
