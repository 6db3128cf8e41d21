"""Compiled scanning of many texts at once: their words, and the sections and claims of their arguments.

Texts lie behind each other as code points [m], each with a newline after it, at which every loop ends; that of text n is at
``ends[n]``. Letters are compared in lower case, one by one. Importing this takes half a second and the first call of a
function compiles it, so ``argument`` imports it when it is first used. Why this is compiled:
docs/decisions/0009-compiled-reading-of-arguments.md.
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
_SPEAKS, _GAP, _MARK = 1 << 21, 1 << 22, 1 << 23
"""Added to letters and digits, to white space, and to marks that may open a quote or a source; all lie above the code points."""


def _folded(code: int) -> int:
    """A letter in lower case, where that is one letter, with what it is: marks alone stand as they are."""
    if chr(code).isspace():
        return code + _GAP
    if chr(code) in '"(':
        return code + _MARK
    low = chr(code).lower()
    return (ord(low) if len(low) == 1 else code) + _SPEAKS * chr(code).isalnum()


_FOLDED = np.array([_folded(code) for code in range(_PLANE)], dtype=np.uint32)
NEWLINE, _BLANK, _HEADING, _BULLET, _QUOTE, _OPEN, _CLOSE = (ord(mark) for mark in '\n #-"()')
_SOURCE = np.array([ord(mark) for mark in "(source:"], dtype=np.uint32)
_LONGEST_QUOTE, _LONGEST_SOURCE, _MOST_BLANKS = 600, 120, 4
_HALF = np.uint64(32)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""2^64 over the golden ratio: multiplied by it, keys that are alike fall far from each other."""
_FACTORS = np.random.default_rng(0).integers(0, 1 << 63, 64, np.uint64) * np.uint64(2) + np.uint64(1)
"""By a letter's place in its word, from the 65th on again: products are summed, and none waits for the one before."""
NONE = -1
"""No code point."""


def compiled(function: F) -> F:
    """Compile a function when it is first called, into those that call it."""
    return njit(nogil=True, forceinline=True)(function)  # type: ignore[no-any-return]


@compiled
def _fold(code: int) -> int:
    return _FOLDED[code] if code < _PLANE else code + _SPEAKS


@compiled
def _letter(codes: Codes, at: int) -> int:
    return _fold(codes[np.uintp(at)])  # unsigned, for a place below 0 would be looked for from the end


@compiled
def _is_space(codes: Codes, at: int) -> bool:
    return (_letter(codes, at) & _GAP) != 0


@compiled
def same_letters(one: Codes, begin: int, other: Codes, place: int, size: int) -> bool:
    """Whether two stretches of a size are the same in lower case."""
    for step in range(size):
        if _letter(one, begin + step) != _letter(other, place + step):
            return False
    return True


@compiled
def _line_end(codes: Codes, at: int) -> int:
    """Where the line ends that a place is in."""
    while codes[np.uintp(at)] != NEWLINE:
        at += 1
    return at


@compiled
def _stripped(codes: Codes, begin: int, end: int) -> tuple[int, int]:
    while begin < end and _is_space(codes, begin):
        begin += 1
    while begin < end and _is_space(codes, end - 1):
        end -= 1
    return begin, end


@compiled
def set_for(ends: Integers) -> Integers:
    """An empty hash set [2^k, (owner, begin, end)] that holds the words of any one text; owners are numbers above 0."""
    longest, begin = 0, 0
    for end in ends:
        longest = max(longest, end - begin)
        begin = end + 1
    size = 16
    while size < longest + 2:  # at most every second character begins a word
        size *= 2
    return np.zeros((size, 3), np.int64)


@compiled
def _part(letter: int, place: int) -> np.uint64:
    """What a letter in lower case adds to the hash of a word that has it in a place."""
    part: np.uint64 = np.uint64(letter) * _FACTORS[place & 63]
    return part


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
        key += _part(_letter(codes, at), at - begin)
    return _insert(codes, begin, end, key, known, owner)


@compiled
def _add_words(
    codes: Codes, begin: int, end: int, known: Integers, owner: int, no_word: int, until: int
) -> tuple[int, int]:
    """Add a text's words to the owner's set, up to the white space ``until`` or its end. The mark ``no_word`` alone is none.

    Returns how many are new there, and where it ended.
    """
    new, at = 0, begin
    while at < end:
        word, key = at, np.uint64(0)
        letter = _letter(codes, at)
        while letter & _GAP == 0:
            key += _part(letter, at - word)
            at += 1
            letter = _letter(codes, at)
        if at > word and (at - word > 1 or codes[word] != no_word):
            new += _insert(codes, word, at, key, known, owner)
        if letter == until + _GAP:
            break
        at += 1
    return new, min(at, end)


@compiled
def different_words(codes: Codes, ends: Integers) -> Integers:
    """Number of different words of each text [n]."""
    known = set_for(ends)
    counts = np.zeros(len(ends), np.int64)
    begin = 0
    for text, end in enumerate(ends):
        counts[text], _ = _add_words(codes, begin, end, known, text + 1, NONE, NONE)
        begin = end + 1
    return counts


@compiled
def _quoted_to(codes: Codes, at: int, end: int) -> int:
    """Where the quote that a mark opens has ended; ``at`` where it is none."""
    stop = at + 1
    while stop < end and codes[np.uintp(stop)] != _QUOTE:
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
    while stop < end and codes[np.uintp(stop)] != _CLOSE and codes[np.uintp(stop)] != _OPEN:
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
    at = begin
    quoted = named = False
    word = 0
    while True:
        letter = _letter(codes, at)
        while letter & (_GAP | _MARK) == 0:
            word |= letter
            at += 1
            letter = _letter(codes, at)
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
        if stop > at or letter & _GAP != 0:  # a word has ended; it counts with a letter or a digit
            row[1] += word & _SPEAKS != 0
            word = 0
        if at == end:
            break
        at = max(stop, at + 1)


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
            is_claim = end - at > 1 and codes[at] == _BULLET and codes[at + 1] == _BLANK
            if end - at > 2 and codes[at] == _HEADING and codes[at + 1] == _HEADING and codes[at + 2] == _BLANK:
                stop = _line_end(codes, at)
                begin, closed = _stripped(codes, at + 3, stop)
                sections[count, 0], sections[count, 1], sections[count, 2] = text, 0, 0
                sections[count, 3] = not add(codes, begin, closed, titles, text + 1)
                count += 1
            elif count > first:
                new, stop = _add_words(codes, at, end, words, text + 1, _BULLET, NEWLINE)
                sections[count - 1, 1] += new
                sections[count - 1, 2] += is_claim
            else:
                stop = _line_end(codes, at)
            if is_claim:
                _read_claim(codes, at + 2, stop, claims[made])
                claims[made, 0] = text
                made += 1
            at = stop + 1
        at = end + 1
    return sections[:count].copy(), claims[:made].copy()
