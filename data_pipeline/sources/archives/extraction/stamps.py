"""Time stamps as pages state them, to their honest precision."""

from datetime import UTC, datetime, time, timedelta

from data_pipeline.sources.times import Stamp, day, iso, rfc822

_EARLIEST_ZONE, _LATEST_ZONE = timedelta(hours=14), timedelta(hours=12)
"""A date begins first in Kiribati (UTC+14) and ends last on Baker Island (UTC-12)."""


def page_stamp(text: str, zone: str | None) -> Stamp:
    """Read the stamp of a page: ISO 8601 or an RFC 822 date.

    A time at midnight to the second is what content systems write for a date alone, and is read as one. A stamp without
    a zone is read in ``zone``; where the publisher declares none it tells its date alone, anywhere on earth.

    Args:
        text: Content of ``datePublished``, ``article:published_time`` and the like.
        zone: IANA zone of the publisher's stamps that carry none.

    Raises:
        ValueError: It is no stamp, or out of range.
    """
    text = text.strip()
    if len(text) > 64:
        raise ValueError("too long for a time stamp")
    if text[:1].isalpha():
        return rfc822(text)
    if len(text) <= 10:
        return day(text, zone) if zone is not None else _day_anywhere(day(text, "UTC"))
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None and zone is None:
        return _day_anywhere(day(text, "UTC"))
    stamp = iso(text, zone)
    if moment.time() == time() and stamp.at is not None:
        return Stamp(stamp.at, "day", stamp.at + timedelta(days=1))
    return stamp


def _day_anywhere(day_in_utc: Stamp) -> Stamp:
    """Return the interval in which it is that date somewhere on earth."""
    if day_in_utc.at is None or day_in_utc.latest is None:
        return day_in_utc
    start, end = day_in_utc.at.astimezone(UTC), day_in_utc.latest.astimezone(UTC)
    return Stamp(start - _EARLIEST_ZONE, "day", end + _LATEST_ZONE)
