"""Time stamps as pages state them, to their honest precision."""

from datetime import datetime, time, timedelta

from data_pipeline.sources.times import Stamp, day, day_anywhere, iso, rfc822


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
        return day(text, zone) if zone is not None else day_anywhere(text)
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None and zone is None:
        return day_anywhere(text)
    stamp = iso(text, zone)
    if moment.time() == time() and stamp.at is not None:
        return Stamp(stamp.at, "day", stamp.at + timedelta(days=1))
    return stamp
