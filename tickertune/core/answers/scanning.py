"""Compiled scanning of many texts at once: their words, and the sections and claims of their arguments.

Texts lie behind each other as code points [m]; text n ends before ``ends[n]``. Letters are compared in lower case, one by one. Importing
this takes half a second and the first call of a function compiles it, so ``argument`` imports it when it is first used. Why
this is compiled: docs/decisions/0009-compiled-reading-of-arguments.md.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from llvmlite.binding import ffi
from numba import njit
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Integers = NDArray[np.int64]
F = TypeVar("F", bound=Callable[..., object])

# vLLM's engine for CPUs looks into vars() of everything that a loaded module holds. llvmlite's handle of its library, 0.47, takes that for a
# function's name and gives no dictionary, and the engine does not start in a process that has read arguments before.
ffi.lib._fntab.setdefault("__dict__", {})

_PLANE = 1 << 16
"""Code points below are looked up; above there is no white space, and what few letters there are count as they stand."""
_GAP = 1 << 21
"""Added to white space, above all code points."""


def _folded(code: int) -> int:
    """A letter in lower case, where that is one letter; white space beyond ``_GAP``."""
    if chr(code).isspace():
        return code + _GAP
    low = chr(code).lower()
    return ord(low) if len(low) == 1 else code


_FOLDED = np.array([_folded(code) for code in range(_PLANE)], dtype=np.uint32)
_SPEAKS = np.array([chr(code).isalnum() for code in range(_PLANE)])
NEWLINE, _BLANK, _HEADING, _BULLET, _QUOTE, _OPEN, _CLOSE = (ord(mark) for mark in '\n #-"()')
_SOURCE = np.array([ord(mark) for mark in "(source:"], dtype=np.uint32)
_LONGEST_QUOTE, _LONGEST_SOURCE, _MOST_BLANKS = 600, 120, 4
_TURN, _TURNED, _HALF = np.uint64(5), np.uint64(59), np.uint64(32)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: multiplied by it, keys that are alike fall far from each other."""
BLOCK = 64
"""Places that are looked at together."""
NONE = -1
"""No code point."""


def compiled(function: F) -> F:
    """Compile a function when it is first called, into those that call it."""
    return njit(nogil=True, forceinline=True)(function)  # type: ignore[no-any-return]


@compiled
def _fold(code: int) -> int:
    return _FOLDED[code] if code < _PLANE else code


@compiled
def _is_space(code: int) -> bool:
    return _fold(code) >= _GAP


@compiled
def same_letters(one: Codes, begin: int, other: Codes, place: int, size: int) -> bool:
    """Whether two stretches of a size are the same in lower case."""
    for step in range(size):
        if _fold(one[begin + step]) != _fold(other[place + step]):
            return False
    return True


@compiled
def line_end(codes: Codes, at: int, end: int) -> int:
    """Where the line ends that a place is in."""
    while at < end:
        stop = min(at + BLOCK, end)
        found = np.uint32(0)
        for place in range(np.uintp(at), np.uintp(stop)):  # without a branch, and so done for many places at once
            found |= np.uint32(codes[place] == NEWLINE)
        if found:
            for place in range(at, stop):
                if codes[place] == NEWLINE:
                    return place
        at = stop
    return end


@compiled
def _word(codes: Codes, at: int, end: int) -> tuple[int, int]:
    """Where the next word begins and ends; both are ``end`` after the last."""
    while at < end and _is_space(codes[at]):
        at += 1
    begin = at
    while at < end and not _is_space(codes[at]):
        at += 1
    return begin, at


@compiled
def _stripped(codes: Codes, begin: int, end: int) -> tuple[int, int]:
    while begin < end and _is_space(codes[begin]):
        begin += 1
    while begin < end and _is_space(codes[end - 1]):
        end -= 1
    return begin, end


@compiled
def _count_words(codes: Codes, begin: int, end: int) -> int:
    """Number of words in which there is a letter or a digit."""
    count = 0
    begin, stop = _word(codes, begin, end)
    while begin < stop:
        for at in range(begin, stop):
            if codes[at] >= _PLANE or _SPEAKS[codes[at]]:
                count += 1
                break
        begin, stop = _word(codes, stop, end)
    return count


@compiled
def set_for(ends: Integers) -> Integers:
    """An empty hash set [2^k, (owner, begin, end)] that holds the words of any one text; owners are numbers above 0."""
    longest, begin = 0, 0
    for end in ends:
        longest = max(longest, end - begin)
        begin = end
    size = 16
    while size < longest + 2:  # at most every second character begins a word
        size *= 2
    return np.zeros((size, 3), np.int64)


@compiled
def _key(key: np.uint64, letter: int) -> np.uint64:
    """The hash of a word that goes on with a letter in lower case."""
    return (key << _TURN | key >> _TURNED) ^ np.uint64(letter)


@compiled
def _insert(codes: Codes, begin: int, end: int, key: np.uint64, known: Integers, owner: int) -> bool:
    last = len(known) - 1
    place = np.int64(((key ^ key >> _HALF) * _SPREAD) >> _HALF) & last
    while known[place, 0] == owner:
        other = known[place, 1]
        if known[place, 2] - other == end - begin and same_letters(codes, begin, codes, other, end - begin):
            return False
        place = (place + 1) & last
    known[place, 0], known[place, 1], known[place, 2] = owner, begin, end
    return True


@compiled
def add(codes: Codes, begin: int, end: int, known: Integers, owner: int) -> bool:
    """Add a stretch of text to the owner's set; returns whether it is new there."""
    key = np.uint64(0)
    for at in range(begin, end):
        key = _key(key, _fold(codes[at]))
    return _insert(codes, begin, end, key, known, owner)


@compiled
def _add_words(codes: Codes, begin: int, end: int, known: Integers, owner: int, no_word: int) -> int:
    """Add the words of a stretch to the owner's set; returns how many are new there. The mark ``no_word`` alone is none."""
    new, at = 0, begin
    while at < end:
        word, key = at, np.uint64(0)
        letter = _fold(codes[at])
        while letter < _GAP:
            key = _key(key, letter)
            at += 1
            letter = _fold(codes[at]) if at < end else _GAP
        if at == word:
            at += 1
            continue
        if at - word > 1 or codes[word] != no_word:
            new += _insert(codes, word, at, key, known, owner)
    return new


@compiled
def different_words(codes: Codes, ends: Integers) -> Integers:
    """Number of different words of each text [n]."""
    known = set_for(ends)
    counts = np.zeros(len(ends), np.int64)
    begin = 0
    for text, end in enumerate(ends):
        counts[text] = _add_words(codes, begin, end, known, text + 1, NONE)
        begin = end
    return counts


@compiled
def _quoted_to(codes: Codes, at: int, end: int) -> int:
    """Where the quote that a mark opens has ended; ``at`` where it is none."""
    stop = at + 1
    while stop < end and codes[stop] != _QUOTE:
        stop += 1
    return stop + 1 if stop < end and 1 <= stop - at - 1 <= _LONGEST_QUOTE else at


@compiled
def _named_to(codes: Codes, at: int, end: int) -> int:
    """Where ``(source: name)`` has ended; ``at`` where there is none."""
    begin = at + len(_SOURCE)
    for step in range(len(_SOURCE)):
        if at + step >= end or codes[at + step] != _SOURCE[step]:
            return at
    stop = begin
    while stop < end and codes[stop] != _CLOSE and codes[stop] != _OPEN:
        stop += 1
    if not begin < stop < end or codes[stop] != _CLOSE:
        return at
    most = min(begin + _MOST_BLANKS, stop - 1)
    while begin < most and codes[begin] == _BLANK:
        begin += 1
    return stop + 1 if stop - begin <= _LONGEST_SOURCE else at


@compiled
def _read_claim(codes: Codes, begin: int, end: int, row: Integers) -> None:
    """Read what follows a bullet into a row of ``claims``."""
    row[:] = 0
    at = rest = begin
    quoted = named = False
    while at < end:
        stop = at
        if codes[at] == _QUOTE:
            stop = _quoted_to(codes, at, end)
            if stop > at and not quoted:
                quoted = True
                row[2], row[3] = _stripped(codes, at + 1, stop - 1)
        elif codes[at] == _OPEN:
            stop = _named_to(codes, at, end)
            if stop > at and not named:
                named = True
                row[4], row[5] = _stripped(codes, at + len(_SOURCE), stop - 1)
        if stop > at:
            row[1] += _count_words(codes, rest, at)
            at = rest = stop
        else:
            at += 1
    row[1] += _count_words(codes, rest, end)


@compiled
def arguments(codes: Codes, ends: Integers, lines: int) -> tuple[Integers, Integers]:
    """Sections and claims of all texts, which have so many lines.

    Returns:
        Sections [s, (text, new words, claims, whether the title is an earlier one's)] and claims [c, (text, words besides
        quote and source, quote's begin, end, source's begin, end)], in order.
    """
    sections, claims = np.empty((lines, 4), np.int64), np.empty((lines, 6), np.int64)
    words, titles = set_for(ends), set_for(ends)
    count, made, at = 0, 0, 0
    for text, end in enumerate(ends):
        first = count
        while at < end:
            stop = line_end(codes, at, end)
            is_claim = stop - at > 1 and codes[at] == _BULLET and codes[at + 1] == _BLANK
            if stop - at > 2 and codes[at] == _HEADING and codes[at + 1] == _HEADING and codes[at + 2] == _BLANK:
                begin, closed = _stripped(codes, at + 3, stop)
                sections[count, 0], sections[count, 1], sections[count, 2] = text, 0, 0
                sections[count, 3] = not add(codes, begin, closed, titles, text + 1)
                count += 1
            elif count > first:
                sections[count - 1, 1] += _add_words(codes, at, stop, words, text + 1, _BULLET)
                sections[count - 1, 2] += is_claim
            if is_claim:
                _read_claim(codes, at + 2, stop, claims[made])
                claims[made, 0] = text
                made += 1
            at = stop + 1
        at = end
    return sections[:count].copy(), claims[:made].copy()
