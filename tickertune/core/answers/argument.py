"""The argument of a reply: sections under headings, and claims with a quote and a source.

A heading is a line ``## Title``, a claim a line ``- words "quote from the prompt" (source: name)``.
"""

import re
from typing import NamedTuple

_CLAIM_PARTS = re.compile(r'"([^"\n]{1,600})"|\(source:[ ]{0,4}([^()\n]{1,120})\)')
HEADING, CLAIM = "## ", "- "
_BULLET = {CLAIM.strip()}


class Section(NamedTuple):
    """A heading, the different words under it, and how many of its lines are claims."""

    title: str
    words: frozenset[str]
    claims: int


class Claim(NamedTuple):
    """A claim; ``quote`` and ``source`` are empty where it has none."""

    own_words: int
    """Words besides quote and source."""
    quote: str
    source: str


def sections(text: str) -> list[Section]:
    """Return the sections of a text, in order; what stands before the first heading belongs to none."""
    found = []
    for part in f"\n{text.lower()}".split(f"\n{HEADING}")[1:]:
        title, _, body = part.partition("\n")
        words = frozenset(body.split()) - _BULLET
        found.append(Section(title.strip(), words, part.count(f"\n{CLAIM}")))
    return found


def claims(text: str) -> list[Claim]:
    """Return the claims of a text, in order; of several quotes or sources of one claim the first counts."""
    found = []
    for part in f"\n{text}".split(f"\n{CLAIM}")[1:]:
        line = part.partition("\n")[0]
        quote = source = ""
        taken = 0
        for match in _CLAIM_PARTS.finditer(line):
            quote = quote or match[1] or ""
            source = source or match[2] or ""
            taken += len(match[0].split())
        found.append(Claim(len(line.split()) - taken, quote.strip(), source.strip()))
    return found
