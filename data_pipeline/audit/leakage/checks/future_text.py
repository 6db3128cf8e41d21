"""Texts that name a day after their own, as past."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import polars as pl

from data_pipeline.audit.leakage.finding import Finding, Severity
from data_pipeline.audit.leakage.view import View

NAME = "future_text"
MANY = 0.001
"""Share of texts that tell of a later day as past from which it is no slip of single ones."""
MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH = r"(?P<month>Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
_DATE = re.compile(
    r"\b(?P<iso>(?:19|20)\d\d-\d\d-\d\d)\b|(?:\b(?P<weekday>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day),? )?\b"
    + _MONTH + r" (?P<day>\d{1,2})\b(?:st|nd|rd|th)?(?:,? (?P<year>(?:19|20)\d\d)\b)?"
)  # fmt: skip
_PAST = re.compile(
    r"\b(?:closed|ended|finished|fell|rose|jumped|gained|dropped|slid|surged|plunged|tumbled|climbed|soared|reported|"
    r"posted|increased|decreased|traded|settled)\b", re.I)  # fmt: skip
_AHEAD = re.compile(
    r"\b(?:will|would|expect\w*|schedul\w*|upcoming|plan\w*|due|until|through|by|before|ahead|next|to be|set to|"
    r"expir\w*|payable|record|deadline|on or about|effective|matur\w*|going|upcoming|later|call|webcast|host\w*|"
    r"to [a-z]{3,}|reopen\w*|event|summit|should|could|may|can|forecast|meeting|ending|ends|starting|beginning|from|as of|until|holders|predict\w*)\b", re.I)  # fmt: skip
_ROW = re.compile(r"^\s*[,;\t|: ]\s*[-+]?\$?\d")
"""What follows the date of a line in a table of figures."""
AROUND = 70
NEAR = 10
"""Days within which a date without year or weekday is taken to be the coming one."""


def check(view: View) -> list[Finding]:
    """Read the dates in each text against the day of its decision, or of its stamp."""
    clock = next((role for role in ("as_of", "available", "published", "entry") if view.has(role)), None)
    if clock is None:
        return []
    rows = view.with_text.drop_nulls(clock).select("row", "text", clock, _day=view.day(clock))
    told, named = [], 0
    for row, text, stamp, day in rows.iter_rows():
        later = [(found, words) for found, words in dates_in(text, day) if found > day]
        named += bool(later)
        past = next(((found, words) for found, words in later if words), None)
        if past is not None:
            told.append({"row": row, clock: stamp, "tells of": past[0], "words": past[1]})
    findings = []
    if told:
        severity: Severity = "error" if len(told) >= max(MANY * rows.height, 3) else "warning"
        findings.append(
            view.finding(
                NAME, severity, len(told), rows.height,
                f"{len(told):,} texts tell of a day after their {clock} as past: the stamp is too early, or the text too late",
                "Correct the stamps, or take these texts as available after the day that they name",
                rows=pl.DataFrame(told), times=(clock,),
            )
        )  # fmt: skip
    if named > len(told):
        findings.append(
            view.finding(
                NAME, "note", named - len(told), rows.height,
                f"{named - len(told):,} more texts name a later day, as news of what is planned does",
                "None, where the day is announced and not told",
            )
        )  # fmt: skip
    return findings


def dates_in(text: str, near: date) -> Iterator[tuple[date, str]]:
    """Yield the dates in a text, each with its words where they tell of it as past (else an empty string).

    A date without a year is the one nearest to ``near`` that falls on the weekday named; without a weekday it must
    be near.
    """
    for match in _DATE.finditer(text):
        found = _date(match, near)
        if found is None:
            continue
        start, end = max(match.start() - AROUND, 0), match.end() + AROUND
        # Within the sentence alone; a stop after a digit or an abbreviation of a month does not end one.
        before = re.split(r"(?<=[a-z\d%)\"'])[.!?]\s|\n", text[start : match.start()])[-1]
        after = re.split(r"(?<=[a-z\d%)\"'])[.!?](?:\s|$)|\n", text[match.end() : end])[0]
        words = before + match.group() + after
        figures = match.group("iso") and not before.strip() and _ROW.match(after)
        past = _PAST.search(before + " " + after) and not _AHEAD.search(before + " " + after)
        yield found, words.strip() if figures or past else ""


def _date(match: re.Match[str], near: date) -> date | None:
    try:
        if match["iso"]:
            return date.fromisoformat(match["iso"])
        month, day = MONTHS[match["month"][:3].lower()], int(match["day"])
        if match["year"]:
            return date(int(match["year"]), month, day)
        years = [date(year, month, day) for year in (near.year - 1, near.year, near.year + 1)]
    except ValueError:
        return None
    if match["weekday"]:
        years = [found for found in years if WEEKDAYS[found.weekday()] == match["weekday"].lower()]
        return min(years, key=lambda found: abs(found - near), default=None)
    closest = min(years, key=lambda found: abs(found - near))
    return closest if abs(closest - near) <= timedelta(days=NEAR) else None
