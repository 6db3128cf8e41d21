"""Brokers whose opinion a text reports: "Goldman Sachs upgrades Apple Inc." is about Apple."""

import re
from enum import Enum

_ANALYSTS = re.compile(
    r"(?:['\u2019]s?)?\s+(?:securities\s+|research\s+|equity\s+|global\s+)*(?:analysts?|strategists?|economists?|note)\b",
    re.IGNORECASE,
)
_RATES = re.compile(
    r"\s+(?:upgrade[sd]?|downgrade[sd]?|initiate[sd]?|reiterate[sd]?)\s+(?:coverage (?:of|on)\s+)?(?-i:[A-Z$])",
    re.IGNORECASE,
)
_SOURCE = re.compile(
    r"(?:\b(?:analysts?|strategists?|economists?)\b[^.;:]{0,25}\b(?:at|with|from|of)"
    r"|\baccording to|\b(?:up|down)grade[sd]?\b[^.;]{0,50}\b(?:by|at|from)"
    r"|\b(?:rated|started|initiated|reiterated|resumed|assumed)\b[^.;]{0,40}\b(?:by|at)|\bper)\s+$",
    re.IGNORECASE,
)
_SPEAKS = re.compile(
    r"\s+(?:starts?|sees|cuts?|raise[sd]?|lifts?|lowers?|trims?|boosts?|keeps|maintains|names|adds|calls|says|rates?"
    r"|likes|turns|resumes|assumes|expects|warns|hikes|reaffirms|bullish|bearish|positive|negative|cautious)\b",
    re.IGNORECASE,
)
_RATING = re.compile(
    r"\b(?:price target|target price|PT|rating|overweight|underweight|outperform|underperform|buy|sell|hold|neutral"
    r"|cautious|bullish|bearish|top pick|conviction list|coverage)\b",
    re.IGNORECASE,
)


class Role(Enum):
    """What a named company does in a text."""

    SUBJECT = "subject"
    PERHAPS_BROKER = "perhaps"
    """A broker if another company is the subject."""
    BROKER = "broker"


def role(text: str, start: int, end: int, others: set[int]) -> Role:
    """Return the role of the company named in ``text[start:end]``; ``others`` are where other companies' names start."""
    before, behind = text[max(0, start - 80) : start], text[end : end + 120]
    if _ANALYSTS.match(behind) or _RATES.match(behind) or _SOURCE.search(before):
        return Role.BROKER
    speaks = _SPEAKS.match(behind)
    if speaks:
        sentence = re.split(r"[.;]\s|\n", behind, maxsplit=1)[0]
        follows = end + speaks.end()
        if _RATING.search(sentence[speaks.start() :]) or any(follows < at <= follows + 2 for at in others):
            return Role.PERHAPS_BROKER
    return Role.SUBJECT
