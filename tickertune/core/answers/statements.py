"""What an answer states beside its label: a return, a probability, a position, scores."""

import re
from collections.abc import Sequence
from functools import lru_cache

from tickertune.core.tasks.negation import negated

RECENT = 1024
"""Wordings and values that are remembered: the replies of a batch answer and state much the same."""
_NUMBER = r"\d{1,4}(?:\.\d{1,4})?"
_PERCENT = re.compile(
    rf"(?<![\w.])([+-]?)({_NUMBER})[ ]?%?(?:[ ]?(?:-|to)[ ]?([+-]?)({_NUMBER})[ ]?)?(?:%|[ ]?per[ ]?cent)",
    re.IGNORECASE,
)
_UP = "up|rises?|rising|rose|gains?|gained|increases?|increased|higher|climbs?|climbed|jumps?|jumped|above"
_DOWN = "down|falls?|falling|fell|losses|loss|loses?|lost|drops?|dropped|declines?|declined|decreases?|decreased|lower|below"
_SIGN = re.compile(rf"(?<![\w-])(?:({_UP})|({_DOWN}))(?![\w-])", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[.;!?\n](?!\d)|,[ ]")
_REACH = 40
"""Characters between a percentage and the word that gives its sign."""
_MINUS = str.maketrans({"\u2212": "-", "\u2013": "-", "\u2014": "-"})
_DECIMAL = re.compile(r"[+-]?\d{0,3}(?:\.\d{1,6})?")
_SCORE = re.compile(r"[ ]*(.{1,40}?)[ ]*[:= ][ ]*(-?\d{1,4}(?:\.\d{1,4})?)[ ]*\.?[ ]*")


def read_move(text: str) -> float | None:
    """Return the stated return as a signed fraction: 0.025 for "up by 2-3%", the middle of a range.

    The sign is explicit (``-2%``), or comes from the nearest whole word before the number in its clause that is not
    denied ("Markets upset; down by 2-3%" is down), or else from one right after it ("a 2% fall"). None without a
    percentage, with one whose sign is missing or contradicts itself ("up by -2%"), or with several that differ.
    """
    if "%" not in text and "cent" not in text:
        return None
    text = text.translate(_MINUS)
    found = {_signed(text, match) for match in _PERCENT.finditer(text)}
    return found.pop() if len(found) == 1 else None


def _signed(text: str, match: re.Match[str]) -> float | None:
    sign, low, other, high = match.groups()
    size = float(low) / 100
    if high is not None and (other or (sign and "%" in match[0][:-1])):  # both ends have signs of their own: -1% to +1%
        return ((-size if sign == "-" else size) + float(f"{other}{high}") / 100) / 2
    if high is not None:
        size = (size + float(high) / 100) / 2
    word = _sign_of_words(text, match.start(), match.end())
    if size == 0:
        return 0.0
    if sign:
        direction = -1.0 if sign == "-" else 1.0
        return direction * size if word in (None, direction) else None
    return None if word is None else word * size


def _sign_of_words(text: str, start: int, end: int) -> float | None:
    """+1 or -1 by the nearest sign word before ``start``, or the first after ``end``, in the same clause."""
    begin = max(0, start - _REACH)
    clause = max((stop.end() for stop in _CLAUSE_END.finditer(text, begin, start)), default=begin)
    before = [word for word in _SIGN.finditer(text, clause, start) if not negated(text, word.start(), no=True)]
    if before:
        return 1.0 if before[-1][1] else -1.0
    stop = _CLAUSE_END.search(text, end, end + _REACH)
    after = _SIGN.search(text, end, stop.start() if stop else end + _REACH)
    if after is None or negated(text, after.start(), no=True) or negated(text, start, no=True):
        return None
    return 1.0 if after[1] else -1.0


def read_probability(text: str) -> float | None:
    """Return a probability written as ``70%`` or ``0.7``; None where it is neither, or outside of [0, 1]."""
    text = text.strip().removesuffix(".")
    number = _decimal(text.removesuffix("%").strip())
    if number is None:
        return None
    value = number / 100 if text.endswith("%") else number
    return value if 0 <= value <= 1 else None


def read_position(text: str) -> float | None:
    """Return a position in [-1, 1]; None where the text is no such number."""
    value = _decimal(text.strip())
    return value if value is not None and -1 <= value <= 1 else None


def read_scores(text: str, labels: Sequence[str]) -> dict[str, float]:
    """Return the score of each label named, as in ``down 2, up 7``.

    Empty where a part is no label with a number, or a label comes twice: such scores contradict themselves.
    """
    known = _in_lower_case(tuple(labels))
    parts = text.strip().split(",")
    try:
        scores = {known[name]: score for name, score in map(_score, parts)}
    except KeyError:
        return {}
    return scores if len(scores) == len(parts) else {}


@lru_cache(RECENT)
def _score(part: str) -> tuple[str, float]:
    """What has a score, in lower case, and the score; an empty name where there is none."""
    match = _SCORE.fullmatch(part)
    return (match[1].lower(), float(match[2])) if match else ("", 0.0)


@lru_cache(RECENT)
def _in_lower_case(labels: Sequence[str]) -> dict[str, str]:
    return {label.lower(): label for label in labels}


def _decimal(text: str) -> float | None:
    text = text.translate(_MINUS)
    if _DECIMAL.fullmatch(text) is None or not any(mark.isdigit() for mark in text):
        return None
    return float(text)
