"""Do two nearly equal texts report the same? Their differing words decide."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from data_pipeline.curation.deduplication.wording import DATES, QUALIFIERS, opposed

_NAME = re.compile(r" [A-Z](?<=[a-z0-9,;:)] [A-Z])[\w&'-]*")
"""A capital letter inside a sentence, the blank before it included: what starts with one character is searched for three times as fast
as what starts with a look back."""
TYPO_LETTERS = 6
"""Shorter words that differ in a letter are as often two words as one and its misprint."""


@dataclass(frozen=True)
class Text:
    """What is compared of one document."""

    title: str
    body: str
    words: tuple[str, ...]
    facts: frozenset[str]
    payload: frozenset[str]
    short: bool
    classes: tuple[str, ...] = ()
    """Short texts: the words in one form, fillers left out (``canonical``)."""
    core: int = 0
    """Hash of the words without an attribution."""
    whole: bool = False
    """Whether there is no attribution."""

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """Words without their order."""
        return frozenset(self.words)

    @cached_property
    def names(self) -> frozenset[str]:
        """Words with a capital letter inside a sentence, in lower case."""
        return names_in(self.title, self.body)


def names_in(title: str, body: str) -> frozenset[str]:
    """Words with a capital letter inside a sentence, in lower case."""
    return frozenset(name[1:].lower() for name in _NAME.findall(f"{title} | {body}"))


def same_report(one: Text, other: Text, threshold: float) -> bool:
    """Whether two texts whose shingles are nearly the same report the same event.

    Always needed: cashtags, numbers and payload symbols of one are among those of the other (a repost loses its
    last words to a length limit). Words of opposite direction and other dates speak against it. Then:

    - short texts: a word on one side alone must not be a negation or a "may". One has an attribution more; or the words of
      one, fillers aside, stand in one run in the other; or both have as many words, each the same as its counterpart, a synonym, another form or a misprint
      of it; or the pairs of words are as alike as ``threshold`` and no word stands against another. Any other
      exchanged word may be the news itself, and the same words in another order another desk's sentence.
    - articles: words may be exchanged, but not one name for another.
    """
    if not (_nested(one.facts, other.facts) and _nested(one.payload, other.payload)):
        return False
    gone, new = one.vocabulary - other.vocabulary, other.vocabulary - one.vocabulary
    if opposed(gone, new) or (gone & DATES and new & DATES):
        return False
    if not (one.short or other.short):
        return not (gone & one.names and new & other.names)
    if (gone | new) & QUALIFIERS:
        return False
    if one.core == other.core and (one.whole or other.whole):
        return True
    left, right = one.classes or one.words, other.classes or other.words
    if len(left) == len(right) and all(a == b or is_misprint(a, b) for a, b in zip(left, right, strict=True)):
        return True
    if _is_run(left, right) or _is_run(right, left):
        return True
    exchanged = set(left) - set(right) and set(right) - set(left)
    return not exchanged and _pair_likeness(one.words, other.words) >= threshold


def _is_run(inner: tuple[str, ...], outer: tuple[str, ...]) -> bool:
    width = len(inner)
    return any(outer[start : start + width] == inner for start in range(len(outer) - width + 1))


def _pair_likeness(some: tuple[str, ...], others: tuple[str, ...]) -> float:
    left, right = (set(pairwise(words)) for words in (some, others))
    return len(left & right) / max(len(left | right), 1)


def is_misprint(one: str, other: str) -> bool:
    """Whether two long words differ in one letter: exchanged, missing, or swapped with its neighbour."""
    if len(one) > len(other):
        one, other = other, one
    if len(one) < TYPO_LETTERS - 1 or len(other) - len(one) > 1 or one[0] != other[0] or not (one + other).isalpha():
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    rest, others = one[start:], other[start:]
    if len(one) < len(other):
        return rest == others[1:]
    return rest[1:] == others[1:] or (rest[:2] == others[1::-1] and rest[2:] == others[2:])


def _nested(one: frozenset[str], other: frozenset[str]) -> bool:
    return one <= other or other <= one
