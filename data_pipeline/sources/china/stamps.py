"""Stamps as Chinese sites write them, read to their honest precision. All raise ``ValueError`` on what they do not know."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_tz

from data_pipeline.sources.china.symbols import ZONE
from data_pipeline.sources.times import Stamp, ago, day, epoch, iso, local, rfc822, zone_info

_AGO = re.compile(r"(\d{1,4})\s*(秒|分钟|小时|天)前")
_CLOCK = re.compile(r"(今天|昨天|前天)?\s*(\d{1,2}):(\d{2})(?::(\d{2}))?")
_MONTH_DAY = re.compile(r"(?:(\d{4})[-年])?(\d{1,2})[-月](\d{1,2})日?(?:\s*(\d{1,2}):(\d{2})(?::(\d{2}))?)?")
_YEAR_LAST = re.compile(r"(\w{3} \w{3} \d{1,2} \d{2}:\d{2}:\d{2}) ([+-]\d{4}) (\d{4})")
_UNITS = {"秒": "seconds", "分钟": "minutes", "小时": "hours", "天": "days"}
_DAYS_BACK = {None: 0, "今天": 0, "昨天": 1, "前天": 2}


def beijing(text: str) -> Stamp:
    """Read a naive stamp of Beijing time, ``2025-06-02 09:30:00``, also with ``/`` or with milliseconds after a colon.

    Eastmoney writes ``2021-11-15 18:54:16:409``.
    """
    spelled = re.sub(r"(:\d{2}:\d{2}):(\d{1,6})$", r"\1.\2", text.strip().replace("/", "-"))
    return iso(spelled, ZONE)


def formal_date(milliseconds: int) -> Stamp:
    """Read epoch milliseconds where midnight in Beijing stands for a date alone."""
    stamp = epoch(milliseconds, "ms")
    if stamp.at is None:
        return stamp
    there = stamp.at.astimezone(zone_info(ZONE))
    return day(there.date(), ZONE) if there.time() == datetime.min.time() else stamp


def weibo(text: str, seen: datetime) -> Stamp:
    """Read a Weibo stamp, absolute or relative to the moment ``seen`` (aware) at which the page was served.

    ``Tue Mar 05 10:00:00 +0800 2024`` is exact; ``刚刚`` and ``5分钟前`` hold to a minute, ``3小时前`` to an hour;
    ``昨天 12:30`` to a minute; ``03-05`` to a day of the newest year in which it is not in the future.
    """
    spelled = " ".join(text.split())
    if found := _YEAR_LAST.fullmatch(spelled):
        return _year_last(found)
    if spelled == "刚刚":
        return ago("0 minutes ago", seen)
    if found := _AGO.fullmatch(spelled):
        return ago(f"{found[1]} {_UNITS[found[2]]} ago", seen)
    today = seen.astimezone(zone_info(ZONE)).date()
    if found := _CLOCK.fullmatch(spelled):
        return _on(today - timedelta(days=_DAYS_BACK[found[1]]), found[2], found[3], found[4])
    if found := _MONTH_DAY.fullmatch(spelled):
        when = _named_day(found, today)
        return day(when, ZONE) if found[4] is None else _on(when, found[4], found[5], found[6])
    return iso(spelled, ZONE)


def _year_last(found: re.Match[str]) -> Stamp:
    head, offset, year = found.groups()
    name, month, number, clock = head.split(" ")
    mail = f"{name}, {number} {month} {year} {clock} {offset}"
    if parsedate_tz(mail) is None:
        raise ValueError(f"{found[0]!r} is no date")
    return rfc822(mail)


def _named_day(found: re.Match[str], today: date) -> date:
    month, number = int(found[2]), int(found[3])
    if found[1] is not None:
        return date(int(found[1]), month, number)
    years = (year for year in range(today.year, today.year - 5, -1))  # 02-29 may lie some years back
    for year in years:
        try:
            when = date(year, month, number)
        except ValueError:
            continue
        if when <= today:
            return when
    raise ValueError(f"{found[0]!r} is no date")


def _on(when: date, hour: str, minute: str, second: str | None) -> Stamp:
    text = f"{when.isoformat()} {int(hour):02d}:{minute}" + (f":{second}" if second else "")
    return local(text, "%Y-%m-%d %H:%M:%S" if second else "%Y-%m-%d %H:%M", ZONE)


def beijing_day(moment: datetime) -> date:
    """Return the calendar day in Beijing of an aware time."""
    return moment.astimezone(zone_info(ZONE)).date()


def beijing_days(since: datetime, until: datetime) -> Iterator[date]:
    """Yield the calendar days in Beijing that [since, until) touches."""
    when, last = beijing_day(since), beijing_day(until - timedelta(microseconds=1))
    while when <= last:
        yield when
        when += timedelta(days=1)


def day_start(when: date) -> datetime:
    """Return midnight in Beijing of a day, in UTC."""
    return datetime(when.year, when.month, when.day, tzinfo=zone_info(ZONE)).astimezone(UTC)
