"""Rate limits, pauses and daily budgets that all processes of this machine share."""

import math
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from data_pipeline.acquisition.failures import PausedError
from data_pipeline.sources.protocol import RateLimit

_SCHEMA = """
CREATE TABLE IF NOT EXISTS limits (
  name TEXT PRIMARY KEY,
  next_at REAL NOT NULL DEFAULT 0,     -- epoch seconds of the next free slot
  day TEXT NOT NULL DEFAULT '',        -- UTC day that `used` counts
  used INTEGER NOT NULL DEFAULT 0
)
"""


_TIMER = 0.05  # seconds that a sleeper of a busy machine wakes up late; with less, all slots of a fast rate are missed


def tolerance(rate: RateLimit) -> float:
    """Seconds by which a request may be sent after its slot: a sleeping process wakes up a little late."""
    return max(rate.seconds / rate.calls / 4, _TIMER)


class Limiter:
    """Gives out time slots, evenly spaced, in a small SQLite file.

    A slot is reserved in one transaction before it is used, so that two processes never take the same one; a process
    that dies leaves a slot unused and nothing locked. Slots are ``(seconds + tolerance) / calls`` apart (the generic cell
    rate algorithm without burst): a request is sent at most ``tolerance`` after its slot, so those of any window of
    ``seconds`` have their slots within ``calls`` spacings, and are at most ``calls``.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        """Open or create the file at ``path``; ``clock`` gives epoch seconds."""
        self._path = path
        self._clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._connect()) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute(_SCHEMA)

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60, isolation_level=None)

    def reserve(self, name: str, rate: RateLimit, patience: float = math.inf, charge: bool = True) -> float:
        """Reserve the next slot and spend one call of the day's budget.

        Args:
            name: Host, or vendor whose sources share a limit.
            rate: Its limit.
            patience: Longest wait in seconds that makes sense; a longer one reserves and spends nothing.
            charge: Whether a call of the budget is spent; not for a request that was charged and missed its slot.

        Returns:
            Seconds to wait before the request may be sent.

        Raises:
            PausedError: The day's budget is spent, or the wait would be too long; nothing was reserved.
        """
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                now = self._clock()
                today = datetime.fromtimestamp(now, UTC).date()
                next_at, day, used = self._row(connection, name)
                used = used if day == today.isoformat() else 0
                if charge and rate.per_day is not None and used >= rate.per_day:
                    midnight = datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1)
                    raise PausedError(f"the budget of {rate.per_day} calls a day of {name} is used up", midnight)
                slot = max(now, next_at)
                if slot - now > patience:
                    until = datetime.fromtimestamp(slot, UTC)
                    raise PausedError(f"{name} is to be asked again in {slot - now:.0f} s", until)
                connection.execute(
                    "UPDATE limits SET next_at = ?, day = ?, used = ? WHERE name = ?",
                    (slot + (rate.seconds + tolerance(rate)) / rate.calls, today.isoformat(), used + charge, name),
                )
                connection.execute("COMMIT")
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        return slot - now

    def block(self, name: str, seconds: float) -> None:
        """Let nobody ask ``name`` for ``seconds`` from now (``Retry-After``)."""
        with closing(self._connect()) as connection:
            connection.execute("BEGIN IMMEDIATE")
            next_at, _, _ = self._row(connection, name)
            until = max(next_at, self._clock() + seconds)
            connection.execute("UPDATE limits SET next_at = ? WHERE name = ?", (until, name))
            connection.execute("COMMIT")

    def used_today(self, name: str) -> int:
        """Calls spent on the present UTC day."""
        with closing(self._connect()) as connection:
            found = connection.execute("SELECT day, used FROM limits WHERE name = ?", (name,)).fetchone()
        today = datetime.fromtimestamp(self._clock(), UTC).date().isoformat()
        return int(found[1]) if found and found[0] == today else 0

    @staticmethod
    def _row(connection: sqlite3.Connection, name: str) -> tuple[float, str, int]:
        connection.execute("INSERT OR IGNORE INTO limits (name) VALUES (?)", (name,))
        row = connection.execute("SELECT next_at, day, used FROM limits WHERE name = ?", (name,)).fetchone()
        return float(row[0]), str(row[1]), int(row[2])


class Unlimited:
    """For a server of one's own: every slot is free, except while the server has asked for a pause. Nothing is written."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Use ``clock``, in seconds."""
        self._clock = clock
        self._until: dict[str, float] = {}

    def reserve(self, name: str, rate: RateLimit, patience: float = math.inf, charge: bool = True) -> float:
        """Return the seconds to wait; see ``Limiter.reserve``, whose rates and budgets do not hold here."""
        wait = max(0.0, self._until.get(name, 0.0) - self._clock())
        if wait > patience:
            raise PausedError(
                f"{name} is to be asked again in {wait:.0f} s", datetime.now(UTC) + timedelta(seconds=wait)
            )
        return wait

    def block(self, name: str, seconds: float) -> None:
        """Let this client not ask ``name`` for ``seconds`` from now (``Retry-After``)."""
        self._until[name] = max(self._until.get(name, 0.0), self._clock() + seconds)
