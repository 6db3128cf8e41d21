"""The argument of a reply: sections under headings, and claims with a quote and a source.

A heading is a line ``## Title``, a claim a line ``- words "quote from the prompt" (source: name)``.
"""

import re
from typing import NamedTuple

_CLAIM_PARTS = re.compile(r'("([^"\n]{1,600})"|\(source:[ ]{0,4}([^()\n]{1,120})\))')
HEADING, CLAIM = "## ", "- "
_BULLET = CLAIM.strip()


class Section(NamedTuple):
    """A heading, how many different words under it no earlier section has, and how many of its lines are claims."""

    title: str
    new_words: int
    claims: int


class Claim(NamedTuple):
    """A claim; ``quote`` and ``source`` are empty where it has none."""

    own_words: int
    """Words besides quote and source."""
    quote: str
    source: str


def sections(text: str) -> list[Section]:
    """Return the sections of a text in lower case, in order; what stands before the first heading belongs to none."""
    found = []
    seen = {_BULLET}  # which is no word
    for part in f"\n{text.lower()}".split(f"\n{HEADING}")[1:]:
        title, _, body = part.partition("\n")
        known = len(seen)
        seen.update(body.split())
        found.append(Section(title.strip(), len(seen) - known, part.count(f"\n{CLAIM}")))
    return found


def claims(text: str) -> list[Claim]:
    """Return the claims of a text, in order; of several quotes or sources of one claim the first counts."""
    found = []
    for part in f"\n{text}".split(f"\n{CLAIM}")[1:]:
        line = part.partition("\n")[0]
        quote = source = ""
        parts = _CLAIM_PARTS.findall(line)
        for _, quoted, named in parts:
            quote = quote or quoted
            source = source or named
        taken = len(" ".join([part for part, _, _ in parts]).split())
        found.append(Claim(len(line.split()) - taken, quote.strip(), source.strip()))
    return found
