"""Time stamps as sources write them, read to their honest precision.

A ``Stamp`` is an interval: an item stamped "14 hours ago" was published somewhere in an hour, one with a date alone
somewhere in a day of the source's zone. What a trader could have known is decided by the end of the interval.

Every reader raises ``ValueError`` on what it does not understand; nothing is guessed.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from tickertune.core.document import TimeQuality

WIDTH: dict[TimeQuality, timedelta] = {
    "exact": timedelta(0),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "unknown": timedelta(0),
}
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"(\d{4})[-/.]?(\d{2})[-/.]?(\d{2})")
_OFFSET = re.compile(r"Z|(?P<sign>[+-])(?P<hours>0\d|1[0-4]):?(?P<minutes>[0-5]\d)")
"""Zone of a date as XML Schema writes it (``xs:date``)."""
_EARLIEST_ZONE, _LATEST_ZONE = timedelta(hours=14), timedelta(hours=12)
"""A date begins first in Kiribati (UTC+14) and ends last on Baker Island (UTC-12)."""
_AGO = re.compile(
    r"(?P<count>\d{1,4}|an?)\s*(?P<unit>s|sec|second|m|min|minute|h|hr|hour|d|day|w|wk|week)s?\.?\s+ago", re.IGNORECASE
)
_UNITS = {
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(days=7),
}
_RFC822 = re.compile(
    r"(?:[A-Za-z]{2,9}\.?,?\s+)?(?P<day>\d{1,2})[\s-]+(?P<month>[A-Za-z]{3,9})[\s-]+(?P<year>\d{4}|\d{2})"
    r"(?:\s+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?"
    r"(?:\s*(?P<offset>[+-]\d{2}:?\d{2})|\s+(?P<zone>[A-Za-z]{1,4}))?(?:\s+\([A-Za-z ]{1,40}\))?)?"
)
_RFC822_ZONES = {
    "UT": 0, "UTC": 0, "GMT": 0, "Z": 0,
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Hours from UTC of the zones that RFC 822 names (section 5.1), and UTC; every other name is ambiguous."""
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NAMES = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december", "sept",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stamp:
    """When something was published: in [at, latest], aware UTC; ``at`` is None where it is unknown."""

    at: datetime | None
    quality: TimeQuality
    latest: datetime | None

    @classmethod
    def of(cls, at: datetime, quality: TimeQuality = "exact") -> "Stamp":
        """Build a stamp from an aware time; ``latest`` follows from the quality."""
        if at.tzinfo is None:
            raise ValueError(f"time {at} has no zone")
        if not _EARLIEST <= at <= _LATEST:
            raise ValueError(f"time {at} is out of range")
        moment = at.astimezone(UTC)
        return cls(moment, quality, moment + WIDTH[quality])


UNKNOWN = Stamp(None, "unknown", None)


@lru_cache
def zone_info(name: str) -> ZoneInfo:
    """Return the IANA zone ``name``."""
    return ZoneInfo(name)


def epoch(value: float | int | str, unit: str = "s") -> Stamp:
    """Read an epoch number in seconds (``s``), milliseconds (``ms``) or microseconds (``us``)."""
    number = float(value)
    scale = {"s": 1.0, "ms": 1e3, "us": 1e6}[unit]
    if not -2.3e9 < number / scale < 7.3e9:
        raise ValueError(f"epoch {value} {unit} is out of range")
    return Stamp.of(datetime.fromtimestamp(number / scale, UTC))


def iso(text: str, zone: str | None = None) -> Stamp:
    """Read ISO 8601 (also with a space, ``Z``, or in basic form such as ``20220718T120500``).

    Args:
        text: The stamp. A date alone gives quality ``day``, also one with a zone as XML Schema writes it
            (``2025-06-06+00:00``); an hour without minutes gives ``hour``, a time without seconds ``minute``.
        zone: IANA zone of stamps that carry none; without it a naive stamp is refused.
    """
    stripped = text.strip().upper()
    if _DATE.fullmatch(stripped):
        return day(stripped, zone)
    date_part = _DATE.match(stripped)
    if date_part is None:
        raise ValueError(f"{text[:60]!r} is not a date and time of ISO 8601")
    offset = _OFFSET.fullmatch(stripped, date_part.end())
    if offset is not None:  # ``fromisoformat`` takes any character between date and time: it would be a midnight
        minutes = int(offset["hours"] or 0) * 60 + int(offset["minutes"] or 0)
        shift = timedelta(minutes=-minutes if offset["sign"] == "-" else minutes)
        return _day_of(date(*map(int, date_part.groups())), timezone(shift))
    if stripped[date_part.end()] not in "T ":
        raise ValueError(f"{text[:60]!r} has neither a T nor a blank between date and time")
    moment = datetime.fromisoformat(stripped)
    clock = stripped[date_part.end() + 1 :]
    digits = len(re.split(r"[+\-Z]", clock, maxsplit=1)[0].replace(":", ""))
    quality: TimeQuality = "hour" if digits <= 2 else "minute" if digits <= 4 else "exact"
    return _settled(moment, zone, quality)


def local(text: str, layout: str, zone: str) -> Stamp:
    """Read a naive local time written as ``layout`` (``strptime``) in IANA ``zone``."""
    moment = datetime.strptime(text.strip(), layout)
    if "%H" not in layout and "%I" not in layout:
        return _day_of(moment.date(), zone_info(zone))
    return _settled(moment, zone, "exact" if "%S" in layout else "minute")


def rfc822(text: str, zone: str | None = None) -> Stamp:
    """Read a mail or RSS date, such as ``Tue, 03 Nov 2020 14:05:00 GMT``, ``… 14:05 EST`` or ``… -0500``.

    A zone name means what RFC 822 says, in summer too. ``email.utils`` is no help: it reads a missing zone, a name
    that it does not know and ``PM`` as UTC.

    Args:
        text: The stamp. A date alone gives quality ``day``, a time without seconds ``minute``.
        zone: IANA zone of stamps that carry none; without it a naive stamp is refused. ``-0000`` always is.
    """
    found = _RFC822.fullmatch(text.strip())
    name = found["month"].lower() if found else ""
    if found is None or name[:3] not in _MONTHS or name not in (*_MONTHS, *_MONTH_NAMES):
        raise ValueError(f"{text[:60]!r} is not an RFC 822 date")
    year = int(found["year"]) + (0 if len(found["year"]) == 4 else 2000 if int(found["year"]) < 69 else 1900)
    date_alone = date(year, _MONTHS.index(name[:3]) + 1, int(found["day"]))
    if found["hour"] is None:
        return day(date_alone, zone)
    clock = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    quality: TimeQuality = "exact" if found["second"] else "minute"
    moment = datetime.combine(date_alone, clock)
    if found["zone"] is not None:
        hours = _RFC822_ZONES.get(found["zone"].upper())
        if hours is None:
            raise ValueError(f"{text[:60]!r} names the zone {found['zone']!r}, which is ambiguous")
        return Stamp.of(moment.replace(tzinfo=timezone(timedelta(hours=hours))), quality)
    if found["offset"] in ("-0000", "-00:00"):
        raise ValueError(f"{text[:60]!r} says that its zone is unknown")
    if found["offset"] is not None:
        sign = -1 if found["offset"].startswith("-") else 1
        offset = sign * timedelta(hours=int(found["offset"][1:3]), minutes=int(found["offset"][-2:]))
        return Stamp.of(moment.replace(tzinfo=timezone(offset)), quality)
    return _settled(moment, zone, quality)


def day(value: str | date, zone: str | None) -> Stamp:
    """Read a date alone: published at some time of that day in ``zone``."""
    if zone is None:
        raise ValueError(f"date {value} has no zone")
    return _day_of(_date(value), zone_info(zone))


def day_anywhere(value: str | date) -> Stamp:
    """Read a date alone whose zone nobody states: published while it was that date somewhere on earth (50 hours)."""
    start, end = _bounds(_date(value), UTC)
    return Stamp(start - _EARLIEST_ZONE, "day", end + _LATEST_ZONE)


def ago(text: str, seen: datetime) -> Stamp:
    """Read "14 hours ago", counted back from ``seen``: published within the unit that ended then."""
    found = _AGO.search(text)
    if found is None:
        raise ValueError(f"{text!r} is not a span of time ago")
    count = 1 if found["count"].lower() in ("a", "an") else int(found["count"])
    letter = found["unit"][0].lower()
    unit = _UNITS[letter]
    quality: dict[str, TimeQuality] = {"s": "exact", "m": "minute", "h": "hour", "d": "day", "w": "day"}
    latest = seen.astimezone(UTC) - count * unit
    return Stamp(latest - unit, quality[letter], latest)


def _date(value: str | date) -> date:
    if isinstance(value, date):
        return value
    found = _DATE.match(value.strip())
    if found is None:
        raise ValueError(f"{value!r} is not a date")
    return date(*map(int, found.groups()))


def _bounds(value: date, zone: tzinfo) -> tuple[datetime, datetime]:
    start = datetime.combine(value, time(), zone).astimezone(UTC)
    end = datetime.combine(value + timedelta(days=1), time(), zone).astimezone(UTC)
    if not _EARLIEST <= start <= _LATEST:
        raise ValueError(f"date {value} is out of range")
    return start, end


def _day_of(value: date, zone: tzinfo) -> Stamp:
    start, end = _bounds(value, zone)
    return Stamp(start, "day", end)


def _settled(moment: datetime, zone: str | None, quality: TimeQuality) -> Stamp:
    """Attach the zone to a naive time. An hour that the clock shows twice, or leaves out, is read as the later one."""
    if moment.tzinfo is None:
        if zone is None:
            raise ValueError(f"time {moment} has no zone")
        # In the hour that is left out the reading with fold=0 is the later one (PEP 495), in one shown twice fold=1.
        moment = max(moment.replace(tzinfo=zone_info(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    return Stamp.of(moment, quality)
