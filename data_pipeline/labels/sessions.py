"""Exchange sessions as sorted arrays, and the one rule that says where a decision enters.

Asking a calendar per row is hundreds of times slower than one ``searchsorted`` over its opens.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from tickertune.core.errors import TickerTuneError, did_you_mean

Times = NDArray[np.datetime64]
"""UTC times as ``datetime64[us]``."""
Indices = NDArray[np.int64]
Event = Literal["open", "close"]

MINUTE = np.timedelta64(60_000_000, "us")


@dataclass(frozen=True)
class Sessions:
    """The sessions of one exchange over a span; half days close early, holidays are absent."""

    exchange: str
    zone: str
    """IANA zone of the exchange."""
    dates: NDArray[np.datetime64]
    """Session dates in the exchange's own calendar, ``datetime64[D]``, ascending."""
    opens: Times
    closes: Times

    def __len__(self) -> int:
        return len(self.dates)

    def times(self, event: Event) -> Times:
        """Opens or closes, UTC, by session index."""
        return self.opens if event == "open" else self.closes

    def last_known(self, event: Event, as_of: Times) -> Indices:
        """Index of the last session whose ``event`` happened at or before each ``as_of``; -1 for none."""
        return np.searchsorted(self.times(event), as_of, side="right").astype(np.int64) - 1

    def index_of(self, dates: NDArray[np.datetime64]) -> Indices:
        """Index of each date, -1 where it is no session."""
        days = dates.astype("datetime64[D]")
        found = np.searchsorted(self.dates, days).clip(max=len(self) - 1)
        return np.where(self.dates[found] == days, found, -1).astype(np.int64)

    def at_or_after(self, day: date) -> int:
        """Index of the first session on or after ``day`` (``len(self)`` if there is none)."""
        return int(np.searchsorted(self.dates, np.datetime64(day, "D")))


@lru_cache(maxsize=16)
def load_sessions(exchange: str, start: date, end: date) -> Sessions:
    """Sessions of ``exchange`` (ISO 10383, or ``24/7``) with dates in [start, end], as far as its calendar reaches.

    Raises:
        TickerTuneError: The exchange is unknown, or it has no sessions in the span.
    """
    import exchange_calendars

    known = exchange_calendars.get_calendar_names()
    if exchange not in known:
        raise TickerTuneError(
            f"Exchange '{exchange}' has no calendar{did_you_mean(exchange, known)}",
            "Give each instrument an ISO 10383 market identifier such as XNYS",
        )
    bounded = exchange_calendars.get_calendar(exchange)
    low, high = bounded.bound_min(), bounded.bound_max()
    start = max(start, low.date()) if low is not None else start
    end = min(end, high.date()) if high is not None else end
    try:
        calendar = exchange_calendars.get_calendar(exchange, start=start.isoformat(), end=end.isoformat())
    except (ValueError, exchange_calendars.errors.CalendarError) as error:
        raise TickerTuneError(
            f"Exchange {exchange} has no sessions between {start} and {end} ({' '.join(str(error).split())})",
            "Choose dates that its calendar covers",
        ) from error
    return Sessions(
        exchange=exchange,
        zone=str(calendar.tz),
        dates=calendar.sessions.to_numpy().astype("datetime64[D]"),
        opens=_utc(calendar.opens),
        closes=_utc(calendar.closes),
    )


def common_sessions(exchanges: Iterable[str], start: date, end: date) -> Sessions:
    """Sessions that all ``exchanges`` share.

    Raises:
        TickerTuneError: Their sessions differ, so that "one session later" would mean different times.
    """
    first, *rest = (load_sessions(name, start, end) for name in sorted(set(exchanges)))
    for other in rest:
        if not (np.array_equal(first.opens, other.opens) and np.array_equal(first.closes, other.closes)):
            raise TickerTuneError(
                f"Exchanges {first.exchange} and {other.exchange} have different sessions",
                "Build one data set for each market",
            )
    return first


def decision_times(sessions: Sessions, event: Event, minutes_before: int) -> Times:
    """Decision times, one a session: ``minutes_before`` its open or close."""
    return sessions.times(event) - minutes_before * MINUTE


def local_time(sessions: Sessions, clock: str) -> Times:
    """UTC time of a clock time (HH:MM) in the exchange's zone on each session's date; summer time counts."""
    at, zone = time.fromisoformat(clock), ZoneInfo(sessions.zone)
    stamps = [datetime.combine(day.item(), at, zone).astimezone(UTC).replace(tzinfo=None) for day in sessions.dates]
    return np.array(stamps, dtype="datetime64[us]")


def first_of_week(sessions: Sessions) -> Indices:
    """Index of the first session of each calendar week, Monday to Sunday; a week that begins before the span counts."""
    week = _week(sessions)
    return np.flatnonzero(np.concatenate([[True], week[1:] != week[:-1]])).astype(np.int64)


def last_of_week(sessions: Sessions) -> Indices:
    """For every session, the index of the last session of its calendar week.

    The price is that session's own, under its own date: a Friday, or a Thursday before Good Friday, never a Sunday.
    The last week of the span may continue after it, so its sessions get ``len(sessions)``, after the end.
    """
    week = _week(sessions)
    last = np.searchsorted(week, week, side="right").astype(np.int64) - 1
    last[week == week[-1]] = len(sessions)
    return last


def _week(sessions: Sessions) -> Indices:
    """Number of each session's calendar week; 1970-01-05 was a Monday."""
    return (sessions.dates.astype("datetime64[D]").astype(np.int64) - 4) // 7


def entry_session(as_of: Times, sessions: Sessions, latency_minutes: int = 0, event: Event = "open") -> Indices:
    """Index of the session at whose ``event`` a decision is filled: the first one after ``as_of`` + latency.

    Labels and backtest both use this function, so that they mean the same fill.

    Args:
        as_of: Decision times, UTC.
        sessions: The exchange's sessions.
        latency_minutes: Time from decision to order.
        event: Whether fills are at the open or at the close.

    Returns:
        Indices into ``sessions``; ``len(sessions)`` where the calendar ends before the fill.
    """
    ready = as_of + latency_minutes * MINUTE
    return np.searchsorted(sessions.times(event), ready, side="right").astype(np.int64)


def _utc(times: object) -> Times:
    """Naive UTC ``datetime64[us]`` of an aware pandas series."""
    return times.dt.tz_convert(None).to_numpy().astype("datetime64[us]")  # type: ignore[attr-defined,no-any-return]
