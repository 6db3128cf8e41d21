"""Compiled search for the quotes of claims in the prompts that they are said to be from."""

import numpy as np

from tickertune.core.answers.scanning import (
    NEWLINE,
    NONE,
    Codes,
    Integers,
    add,
    compiled,
    same_letters,
    set_for,
)

_BLANK = ord(" ")
_BLOCK = 64
"""Places that are looked at together."""


@compiled
def _may_stand(text: Codes, at: int, stop: int, first: int, last: int, size: int) -> bool:
    """Whether anywhere in a block begins what has a first and a last letter: a loop without a branch, done for many places at once."""
    found = np.uint32(0)
    for place in range(np.uintp(at), np.uintp(stop)):
        found |= np.uint32((text[place] == first) & (text[place + np.uintp(size - 1)] == last))
    return bool(found)


@compiled
def _find(text: Codes, at: int, end: int, codes: Codes, begin: int, size: int) -> int:
    """Where a stretch of ``codes`` stands first in a stretch of a text, letter for letter; ``NONE`` where it does not."""
    while at <= end - size:
        stop = min(at + _BLOCK, end - size + 1)
        if _may_stand(text, at, stop, codes[begin], codes[begin + size - 1], size):
            for place in range(at, stop):
                step = 0
                while step < size and text[np.uintp(place + step)] == codes[np.uintp(begin + step)]:
                    step += 1
                if step == size:
                    return place
        at = stop
    return NONE


@compiled
def _names(text: Codes, at: int, end: int, codes: Codes, begin: int, size: int) -> bool:
    """Whether a stretch of ``codes`` stands in a stretch of a text, in any case."""
    for place in range(at, end - size + 1):
        if same_letters(text, place, codes, begin, size):
            return True
    return False


@compiled
def _stands(codes: Codes, claim: Integers, prompt: Codes, at: int, end: int, lines: Integers) -> bool:
    """Whether a line of the prompt has the claim's quote and, outside of it, its source. ``lines`` end before newlines [l]."""
    quote, source = claim[2], claim[4]
    long, wide = claim[3] - quote, claim[5] - source
    while at < end:
        place = _find(prompt, at, end, codes, quote, long)
        if place == NONE:
            return False
        after = np.searchsorted(lines, place)
        line = max(at, lines[after - 1] + 1) if after else at
        while lines[after] < place + long:  # a quote of several lines ends on the last of them
            after += 1
        stop = lines[after]
        if _names(prompt, line, place, codes, source, wide) or _names(prompt, place + long, stop, codes, source, wide):
            return True
        at = stop + 1
    return False


@compiled
def _says_enough(codes: Codes, claim: Integers, own_words: int, quote_words: int, source_letters: int) -> bool:
    blanks = 0
    for at in range(np.uintp(claim[2]), np.uintp(claim[3])):
        blanks += codes[at] == _BLANK
    has_quote = claim[3] > claim[2] and blanks + 1 >= quote_words
    return has_quote and claim[1] >= own_words and claim[5] - claim[4] >= source_letters


@compiled
def proven(
    codes: Codes,
    ends: Integers,
    claims: Integers,
    prompts: Codes,
    prompt_ends: Integers,
    pairs: Integers,
    own_words: int,
    quote_words: int,
    source_letters: int,
) -> Integers:
    """For each pair of a text and a prompt [p, 2], how many claims the text makes and how many different quotes of them are proven [p, 2].

    ``claims`` are the texts' as ``scanning.arguments`` finds them. One is proven where it has so many words of its own, a quote of
    so many words and a source of so many letters, and a line of the prompt has the quote and, outside of it, the source.
    """
    counts = np.zeros((len(pairs), 2), np.int64)
    lines = np.flatnonzero(prompts == NEWLINE)
    quotes = set_for(ends)
    for pair in range(len(pairs)):
        text, prompt = pairs[pair, 0], pairs[pair, 1]
        begin = prompt_ends[prompt - 1] + 1 if prompt else 0
        for row in range(np.searchsorted(claims[:, 0], text), len(claims)):
            claim = claims[row]
            if claim[0] != text:
                break
            counts[pair, 0] += 1
            if _says_enough(codes, claim, own_words, quote_words, source_letters) and _stands(
                codes, claim, prompts, begin, prompt_ends[prompt], lines
            ):
                counts[pair, 1] += add(codes, claim[2], claim[3], quotes, pair + 1)
    return counts
