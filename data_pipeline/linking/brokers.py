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
_OPINION = (
    r"(?:price target|target price|target|PT|rating|overweight|underweight|outperform|underperform|buy|sell|hold|neutral"
    r"|cautious|bullish|bearish|top picks?|conviction list|focus list|best ideas?|coverage|upside|downside)"
)
_RATING = re.compile(rf"\b{_OPINION}\b", re.IGNORECASE)
_GAP = r"(?:[^.;]|\.\d)"
"""A character of the same sentence, the point of a number among them."""
_CHANGED = r"(?:cut|raised|lowered|lifted|upped|reduced|trimmed|added|moved)"
_SOURCE = re.compile(
    r"(?:\b(?:analysts?|strategists?|economists?)\b[^.;:]{0,25}\b(?:at|with|from|of|by)"
    rf"|\baccording to|\b(?:up|down)grade[sd]?\b{_GAP}{{0,50}}\b(?:by|at|from)"
    rf"|\b(?:rated|started|initiated|reiterated|resumed|assumed)\b{_GAP}{{0,40}}\b(?:by|at)|\bper"
    rf"|\b{_CHANGED}\b{_GAP}{{0,40}}\b{_OPINION}\b{_GAP}{{0,30}}\b(?:by|at)"
    rf"|\b{_OPINION}\b{_GAP}{{0,20}}\b{_CHANGED}\b{_GAP}{{0,30}}\b(?:by|at))\s+$",
    re.IGNORECASE,
)
_ITS_RATING = re.compile(
    r"\s+(?:cut|raised?|lowered|lifted|trimmed|boosted|upped|reduced|removed|dropped|has|keeps|kept|maintains|maintained)\s+"
    r"(?:its|the|their|a|an)\s+(?:\w+\s+)?(?:rating|recommendation|price target|target price|price objective)\b",
    re.IGNORECASE,
)
_LIST = re.compile(r"['\u2019]s?\s+(?:conviction|focus|top[- ]picks?|best[- ]ideas?)\b", re.IGNORECASE)
_SPEAKS = re.compile(
    r"\s+(?:starts?|sees|cuts?|raise[sd]?|lifts?|lowers?|trims?|boosts?|keeps|maintains|names|adds|calls|says|rates?"
    r"|likes|turns|resumes|assumes|expects|warns|hikes|reaffirms|bullish|bearish|positive|negative|cautious)\b",
    re.IGNORECASE,
)
_ATTRIBUTED = re.compile(r"\s+(?:says?|said|writes?|argues?)\s*(?:$|\n|[.,;])", re.IGNORECASE)


class Role(Enum):
    """What a named company does in a text."""

    SUBJECT = "subject"
    PERHAPS_BROKER = "perhaps"
    """A broker if another company is the subject."""
    BROKER = "broker"


def role(text: str, start: int, end: int, others: set[int]) -> Role:
    """Return the role of the company named in ``text[start:end]``; ``others`` are where other companies' names start."""
    before, behind = text[max(0, start - 80) : start], text[end : end + 120]
    if any(sign.match(behind) for sign in (_ANALYSTS, _RATES, _LIST, _ITS_RATING)) or _SOURCE.search(before):
        return Role.BROKER
    if before.rstrip().endswith((",", "\u2014", "-")) and _ATTRIBUTED.match(behind):
        return Role.PERHAPS_BROKER
    speaks = _SPEAKS.match(behind)
    if speaks:
        sentence = re.split(r"[.;]\s|\n", behind, maxsplit=1)[0]
        follows = end + speaks.end()
        if _RATING.search(sentence[speaks.start() :]) or any(follows < at <= follows + 2 for at in others):
            return Role.PERHAPS_BROKER
    return Role.SUBJECT
