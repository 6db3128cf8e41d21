"""Whether a word in a text is denied: "did not go up" says nothing of up."""

import re

_NEGATOR = re.compile(r"(?<!\w)(?:not|never|neither|nor|cannot|without|[a-z]{1,10}n['\u2019]t)(?!\w)", re.IGNORECASE)
_NO = re.compile(r"no", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.,;:!?\n]|(?<!\w)but(?!\w)", re.IGNORECASE)
_PARTS = ("no", "n't", "n\u2019t", "never", "neither", "without")
"""Every negator holds one of these: a text without any is not searched."""
_REACH = 60
"""Characters before a word in which a negator is looked for, never beyond its clause."""
_WORDS = 4
"""Words between which a negator and the word may stand."""


def has_negator(text: str) -> bool:
    """Whether anything in the text could deny a word."""
    lowered = text.lower()
    return any(part in lowered for part in _PARTS) and _NEGATOR.search(text) is not None


def negated(text: str, start: int, *, no: bool = False) -> bool:
    """Whether the word that starts at ``start`` is denied by one of the four words before it in its clause.

    Args:
        text: The text.
        start: Where the word starts.
        no: Whether "no" denies as well; it is an answer of its own in yes-or-no questions.
    """
    before = text[max(0, start - _REACH) : start].lower()
    if not any(part in before for part in _PARTS):
        return False
    before = _CLAUSE_END.split(before)[-1]
    return any(_NEGATOR.fullmatch(word) or (no and _NO.fullmatch(word)) for word in before.split()[-_WORDS:])
