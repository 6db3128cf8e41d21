"""The arguments of replies: sections under headings, and claims with a quote and a source.

A heading is a line ``## Title``, a claim a line ``- words "quote from the prompt" (source: name)``. All replies of a batch
are read at once, by compiled code that is loaded at the first call.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]
CodePoints = tuple[NDArray[np.uint32], Integers]
"""Texts behind each other [m], each with a newline after it, and the places of those [n]."""

TOGETHER = 4_000_000
"""Characters of texts that are read together; they take four bytes each."""


class Sections(NamedTuple):
    """Sections of n texts, in order; what stands before a text's first heading belongs to none."""

    text: Integers
    """Whose section it is."""
    new_words: Integers
    """Different words under it that no earlier section of the text has; a lone dash is no word."""
    claims: Integers
    """Its lines that are claims."""
    repeated: NDArray[np.bool_]
    """Whether an earlier section of the text has its title."""


class Claim(NamedTuple):
    """A claim; ``quote`` and ``source`` are empty where it has none. Of several quotes or sources the first counts."""

    own_words: int
    """Words besides quotes and sources; a mark alone is none."""
    quote: str
    source: str


class Arguments:
    """The sections and claims of n texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        from tickertune.core.answers import scanning

        self._parts: list[tuple[int, Sequence[str], Integers]] = []
        self._last: tuple[int, CodePoints] | None = None
        """The part that was laid out last: a batch is mostly of one part, which is then laid out once."""
        rows = [np.empty((0, 4), np.int64)]
        for first, part in _parts(texts):
            lines = len(part) + sum(text.count("\n") for text in part)
            self._last = first, _code_points(part)
            found, claims = scanning.arguments(*self._last[1], lines)
            found[:, 0] += first
            rows.append(found)
            self._parts.append((first, part, claims))
        whose, new_words, made, repeated = np.concatenate(rows).T
        self.sections = Sections(whose, new_words, made, repeated > 0)

    def claims(self) -> list[Claim]:
        """Return the claims of all texts, in order."""
        return [
            Claim(own_words, joined[begin:end], joined[start:stop])
            for _, part, claims in self._parts
            for joined in ["\n".join(part)]
            for _, own_words, begin, end, start, stop in claims.tolist()
        ]

    def proven(
        self, prompts: Sequence[str], pairs: Integers, *, own_words: int, quote_words: int, source_letters: int
    ) -> tuple[Integers, Integers]:
        """Return how many claims texts make and how many different quotes of them prompts prove, for pairs of both.

        Args:
            prompts: What the texts may quote.
            pairs: Which text is judged by which prompt [p, 2].
            own_words: Words that a claim has besides quotes and sources, at least.
            quote_words: Words of its quote, at least.
            source_letters: Letters of its source, at least.

        Returns:
            Two counts for each pair [p]: claims, and quotes that stand on a line of the prompt, letter for letter, which
            names the source, in any case, outside of the quote. Quotes that differ in their case alone count once.
        """
        from tickertune.core.answers import proving

        counts = np.zeros((len(pairs), 2), np.int64)
        parts = [(first, part, claims) for first, part, claims in self._parts if len(claims)]
        shown, ends = _code_points(prompts if parts else ())
        for first, part, claims in parts:
            mine = np.flatnonzero((pairs[:, 0] >= first) & (pairs[:, 0] < first + len(part)))
            if self._last is None or self._last[0] != first:
                self._last = first, _code_points(part)
            counts[mine] = proving.proven(
                *self._last[1],
                claims,
                shown,
                ends,
                pairs[mine] - (first, 0),
                own_words,
                quote_words,
                source_letters,
            )
        return counts[:, 0], counts[:, 1]


def different_words(texts: Sequence[str]) -> Integers:
    """Return the number of different words of each text [n], whatever their case."""
    from tickertune.core.answers import scanning

    counts = [scanning.different_words(*_code_points(part)) for _, part in _parts(texts)]
    return np.concatenate([np.empty(0, np.int64), *counts])


def _parts(texts: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Texts that are read together, and the place of the first of them: memory is bounded by their length."""
    begin = size = 0
    for place, text in enumerate(texts):
        if size + len(text) > TOGETHER and place > begin:
            yield begin, texts[begin:place]
            begin, size = place, 0
        size += len(text)
    if begin < len(texts):
        yield begin, texts[begin:]


def _code_points(texts: Sequence[str]) -> CodePoints:
    joined = "\n".join([*texts, ""]).encode("utf-32-le", "surrogatepass")
    ends = np.cumsum([len(text) + 1 for text in texts], dtype=np.int64) - 1
    return np.frombuffer(joined, np.dtype("<u4")), ends
