"""Whether a name in a text stands for the company: what its neighbours say."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from data_pipeline.linking.common_words import PROPER, word_set
from data_pipeline.linking.context_words import (
    ACTING_ON,
    AGENT,
    BESIDE,
    EXTENDING,
    FINANCIAL,
    MAKERS,
    MOVES,
    OPENERS,
    PLACE_PREPOSITIONS,
    PREPOSITIONS,
    REPORTING,
    STOP,
    TAILS,
    TITLES,
)
from data_pipeline.linking.spellings import FORM_TAIL, Grade

_END = re.compile(r"(?<!\bInc)(?<!\bCorp)(?<!\bCo)(?<!\bLtd)[.!?]\s|\n|[;|\u2022]")
REACH = 400
"""Characters on either side of a name in which its sentence is looked for."""
WEAK, STRONG = 2, 4
"""What one neighbour weighs: a verb that things also have, a word that only companies have."""
_LABEL = re.compile(r",\s+maker\b|:\s")
_ARTICLES = word_set("a an every each any this your my our his her their no another one some")
_SUFFIX = re.compile(r"['\u2019]s(?!\w)|(?<=s)['\u2019](?!\w)", re.IGNORECASE)
_APPOSITION = re.compile(r"(?:,\s+(?:the|a|an|which|whose|one of|based|maker|already|long)\b|:\s)")


class Token(NamedTuple):
    """A word of a text, folded, and where it stands."""

    start: int
    end: int
    folded: str


class Text:
    """A text and its words; ``lower``: it has no capital at all, as posts are written."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text, self.tokens = text, tokens
        self.lower = text.islower()

    def raw(self, index: int) -> str:
        """The word as it stands."""
        return self.text[self.tokens[index].start : self.tokens[index].end]

    def joined(self, index: int) -> bool:
        """Whether nothing but spaces, or the 's of a possessive, stands between a word and the next."""
        if not 0 <= index < len(self.tokens) - 1:
            return False
        between = self.text[self.tokens[index].end : self.tokens[index + 1].start]
        return bool(between) and between.isspace() and "\n" not in between

    def after(self, index: int, count: int) -> list[int]:
        """Indexes of at most ``count`` words from ``index`` on that belong to one run of words."""
        run = []
        for position in range(index, min(index + count, len(self.tokens))):
            between = self.text[self.tokens[position - 1].end : self.tokens[position].start] if position else " "
            if re.fullmatch(r"\s+|-|['\u2019]", between) is None or "\n" in between:
                break
            run.append(position)
        return run

    def capital(self, index: int) -> bool:
        """Whether a word begins with a capital or a digit."""
        first = self.text[self.tokens[index].start]
        return first.isupper() or first.isdigit()

    def titled(self, first: int, last: int) -> bool:
        """Whether the sentence around words ``first`` to ``last`` (exclusive) writes its words with capitals."""
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        begin = max(
            (found.end() for found in _END.finditer(self.text, max(0, start - REACH), start)), default=start - REACH
        )
        stop = _END.search(self.text, end, end + REACH)
        low = bisect_left(self.tokens, begin, key=lambda token: token.start)
        high = bisect_left(self.tokens, stop.start() if stop else end + REACH, key=lambda token: token.start)
        telling = [
            self.capital(index)
            for index in (*range(low, first), *range(last, high))
            if self.tokens[index].start > max(begin, 0)
            and len(self.tokens[index].folded) > 2
            and self.tokens[index].folded.isalpha()
            and self.tokens[index].folded not in STOP
        ]
        return bool(telling) and sum(telling) >= 0.75 * len(telling)

    def opens(self, index: int) -> bool:
        """Whether a word is the first of its sentence."""
        start = self.tokens[index].start
        before = self.text[max(0, start - 9) : start].rstrip(" \"'\u201c\u2018(")
        return not before or before[-1] in ".!?\n:;|-\u2013\u2014"


def is_longer_name(text: Text, first: int, last: int, grade: Grade) -> bool:
    """Whether the words ``first`` to ``last`` (exclusive) are part of another name.

    "Apple Hospitality REIT", "Bank of America Stadium", "Lake Quillmark", "John Ford".
    """
    single = grade >= Grade.PLAIN
    titled = text.titled(first, last)
    for position, index in enumerate(_name_run(text, last, 2 if titled else 4)):
        folded = text.tokens[index].folded
        if folded in AGENT | FINANCIAL | TITLES and folded not in TAILS:
            break
        if folded in TAILS or FORM_TAIL.match(text.text, text.tokens[index - 1].end):
            return True
        if not titled and (single or position > 0):
            return True
    return single and has_first_name(text, first)


def has_first_name(text: Text, first: int) -> bool:
    """Whether the word before word ``first`` belongs to its name: "Lake Quillmark", "John Ford", "Big Apple", "an Apple"."""
    before = first - 1
    if before < 0 or not text.joined(before):
        return False
    word = text.tokens[before].folded
    if word in _ARTICLES:
        return True
    return text.capital(before) and word not in OPENERS and not text.raw(before).isdigit()


def _name_run(text: Text, index: int, count: int) -> list[int]:
    """The capitalised words directly behind a name."""
    run: list[int] = []
    for position in range(index, min(index + count, len(text.tokens))):
        if not text.joined(position - 1) or not text.raw(position)[0].isupper():
            break
        run.append(position)
    return run


def weight(text: Text, first: int, last: int, grade: Grade) -> int:
    """How surely the neighbours of words ``first`` to ``last`` (exclusive) speak of a company: 0 to ``STRONG``."""
    if grade is Grade.PHRASE and not text.titled(first, last):
        return STRONG
    return max(_behind(text, last, grade), _before(text, first, grade), _capitals(text, first, last, grade))


def _capitals(text: Text, first: int, last: int, grade: Grade) -> int:
    """A capital inside a sentence that has none: a name, though of what is open; behind "of" or "in" perhaps a place."""
    if text.raw(first).isupper() and len(text.raw(first)) == 1:
        return 0
    if text.tokens[first].folded in PROPER or text.opens(first) or text.titled(first, last):
        return 0
    if first and text.joined(first - 1) and text.tokens[first - 1].folded in PLACE_PREPOSITIONS | {"the"}:
        return 0
    return WEAK // 2 if grade is Grade.FIRST else WEAK


def _behind(text: Text, last: int, grade: Grade) -> int:
    end = text.tokens[last - 1].end
    possessive = _SUFFIX.match(text.text, end)
    follow = last + 1 if possessive and possessive.group().endswith("s") else last
    run = text.after(follow, 5)
    if possessive:
        if any(text.tokens[index].folded in FINANCIAL for index in run[:4]):
            return STRONG
        return WEAK if grade is not Grade.WORD else 0
    if text.text.startswith("-", end) and run and text.tokens[run[0]].folded in EXTENDING:
        return WEAK if grade is Grade.WORD else STRONG
    beside = {Grade.PLAIN: _APPOSITION, Grade.FIRST: _LABEL}.get(grade)
    if beside and beside.match(text.text, end):
        return WEAK
    if not run or not text.joined(last - 1):
        return 0
    word = text.tokens[run[0]].folded
    if word in BESIDE or (word == "shares" and (len(run) == 1 or text.tokens[run[1]].folded in MOVES)):
        return STRONG
    if word in REPORTING and any(text.tokens[index].folded in FINANCIAL for index in run[1:]):
        return STRONG
    return WEAK if word in AGENT or word in FINANCIAL else 0


def _before(text: Text, first: int, grade: Grade) -> int:
    if first < 1 or not text.joined(first - 1):
        return 0
    word = text.tokens[first - 1].folded
    earlier = text.tokens[first - 2].folded if first > 1 and text.joined(first - 2) else ""
    if word in PREPOSITIONS and earlier in FINANCIAL | {"stake", "stakes", "holding", "holdings", "position"}:
        return STRONG
    if word in MAKERS or word in {"ceo", "cfo"}:
        return STRONG
    return WEAK if word in ACTING_ON and grade is not Grade.WORD else 0
