"""Columns of times in any usual form, as aware UTC times, with what had to be assumed."""

from dataclasses import dataclass
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from tickertune.core.errors import TickerTuneError

UTC_TIME = pl.Datetime("us", "UTC")
ALL_DATES = 0.95
"""Share of stamps at midnight of one zone from which a column holds dates."""
AWARE = ("%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z", "%a %b %d %H:%M:%S %z %Y",
         "%a, %d %b %Y %H:%M:%S %z")  # fmt: skip
NAIVE = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y%m%dT%H%M%S",
         "%m/%d/%Y %H:%M")  # fmt: skip
DATES = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%m/%d/%Y", "%d-%b-%Y", "%B %d, %Y", "%b %d, %Y")
_EPOCHS = ((1e8, 1e11, 1_000_000), (1e11, 1e14, 1_000), (1e14, 1e17, 1))
"""Bounds of epoch numbers in seconds, milliseconds and microseconds, and microseconds in one: from 1973 to 5138."""


@dataclass(frozen=True)
class TimeColumn:
    """A column of times."""

    utc: pl.Series
    """Aware UTC times; a date alone stands at the start of its day in the exchange's zone."""
    date_only: bool
    """Whether it holds dates."""
    assumed_utc: bool
    """Whether it was naive and no zone was stated."""
    unread: int
    """Values that are no time."""
    epoch: bool = False
    """Whether it was a number of seconds or milliseconds since 1970."""


def read_times(values: pl.Series, zone: str | None, exchange_zone: str) -> TimeColumn | None:
    """Read a column as times; None where hardly any value is one.

    Args:
        values: Times, dates, text or epoch numbers.
        zone: Zone of naive times; None: UTC, and the result says so.
        exchange_zone: Zone whose midnight a date alone is given.
    """
    known = values.len() - values.null_count()
    if known == 0:
        return None
    found = _read(values, zone or "UTC", exchange_zone)
    if found is None:
        return None
    utc, date_only, naive, epoch = found
    unread = known - (utc.len() - utc.null_count())
    if unread * 2 > known:
        return None
    if not date_only and not epoch and (dates := _midnights(utc, zone or "UTC", exchange_zone)) is not None:
        utc, date_only = _at_midnight(dates, exchange_zone), True
    return TimeColumn(utc, date_only, naive and zone is None and not date_only, unread, epoch)


def check_zone(zone: str) -> str:
    """Return ``zone``.

    Raises:
        TickerTuneError: It is no IANA zone.
    """
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise TickerTuneError(
            f"--zone '{zone}' is no IANA zone", "Write UTC or a name such as America/New_York"
        ) from None
    return zone


def _read(values: pl.Series, zone: str, exchange_zone: str) -> tuple[pl.Series, bool, bool, bool] | None:
    dtype = values.dtype
    if dtype == pl.Date:
        return _at_midnight(values, exchange_zone), True, True, False
    if isinstance(dtype, pl.Datetime):
        if dtype.time_zone is not None:
            return values.cast(pl.Datetime("us", dtype.time_zone)).dt.convert_time_zone("UTC"), False, False, False
        return _localised(values.cast(pl.Datetime("us")), zone), False, True, False
    if dtype.is_numeric():
        return _numbers(values.cast(pl.Float64, strict=False), exchange_zone)
    if dtype == pl.String:
        return _text(values, zone, exchange_zone)
    return None


def _numbers(values: pl.Series, exchange_zone: str) -> tuple[pl.Series, bool, bool, bool] | None:
    middle = values.drop_nulls().drop_nans().median()
    if not isinstance(middle, float):
        return None
    if 19000101 <= middle <= 21001231:
        days = values.cast(pl.Int64, strict=False).cast(pl.String).str.to_date("%Y%m%d", strict=False)
        return (_at_midnight(days, exchange_zone), True, True, False) if days.null_count() * 2 <= len(days) else None
    for low, high, micros in _EPOCHS:
        if low <= middle < high:
            stamps = (values * micros).cast(pl.Int64, strict=False).cast(pl.Datetime("us"))
            return stamps.dt.replace_time_zone("UTC"), False, False, True
    return None


def _text(values: pl.Series, zone: str, exchange_zone: str) -> tuple[pl.Series, bool, bool, bool] | None:
    values = values.str.strip_chars()
    # Names of the zone UTC that no format reads; what follows is read as an offset.
    values = values.str.replace(r"\s?(?:GMT|UTC)$", "+0000")
    numbers = values.str.contains(r"^\d{9,16}(?:\.\d+)?$")
    if numbers.fill_null(False).mean() or 0 > 0.5:
        return _numbers(values.cast(pl.Float64, strict=False), exchange_zone)
    left = values
    utc = pl.Series(values.name, [None] * len(values), dtype=UTC_TIME)
    counts = {"aware": 0, "naive": 0, "date": 0}
    for kind, formats in (("aware", AWARE), ("naive", NAIVE), ("date", DATES)):
        for form in formats:
            if left.null_count() == len(left):
                break
            read = _parse(left, kind, form, zone, exchange_zone)
            counts[kind] += len(read) - read.null_count()
            utc, left = _coalesce(utc, read), left.set(read.is_not_null(), None)
    total = sum(counts.values())
    if not total:
        return None
    return utc, counts["date"] >= ALL_DATES * total, counts["aware"] < total, False


def _parse(values: pl.Series, kind: str, form: str, zone: str, exchange_zone: str) -> pl.Series:
    if kind == "date":
        return _at_midnight(values.str.to_date(form, strict=False), exchange_zone)
    read = values.str.to_datetime(form, time_unit="us", strict=False)
    return read if kind == "aware" else _localised(read, zone)


def _coalesce(first: pl.Series, second: pl.Series) -> pl.Series:
    return pl.DataFrame({"a": first, "b": second.cast(UTC_TIME)}).select(x=pl.coalesce("a", "b"))["x"]


def _localised(values: pl.Series, zone: str) -> pl.Series:
    """Naive wall times of a zone as UTC; the later reading of an hour that a clock repeats, none of one left out."""
    aware = values.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    return aware.dt.convert_time_zone("UTC")


def _at_midnight(days: pl.Series, zone: str) -> pl.Series:
    return _localised(days.cast(pl.Datetime("us")), zone)


def _midnights(utc: pl.Series, zone: str, exchange_zone: str) -> pl.Series | None:
    """The dates of a column whose stamps are nearly all midnight in one zone."""
    known = utc.drop_nulls()
    for name in dict.fromkeys((zone, "UTC", exchange_zone)):
        local = known.dt.convert_time_zone(name).dt.time()
        if len(known) and int((local == time()).sum()) >= ALL_DATES * len(known):
            return utc.dt.convert_time_zone(name).dt.date()
    return None


def end_of_day(days: pl.Expr, zone: str) -> pl.Expr:
    """The end of local days, UTC: when a text known by its date alone was surely out."""
    following = days.dt.offset_by("1d").cast(pl.Datetime("us"))
    return following.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null").dt.convert_time_zone("UTC")


DAY = timedelta(days=1)
