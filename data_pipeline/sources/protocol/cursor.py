"""Window, Scope and Cursor: what is wanted, and how far a source has come."""

from datetime import datetime
from pathlib import Path

from pydantic import model_validator

from tickertune.core.noun import Noun, UtcTime


class Window(Noun):
    """Publication times [since, until), aware UTC."""

    since: UtcTime
    until: UtcTime

    @model_validator(mode="after")
    def _not_empty(self) -> "Window":
        if self.since >= self.until:
            raise ValueError(f"the window {self.since} to {self.until} is empty")
        return self

    def covers(self, moment: datetime) -> bool:
        """Whether ``moment`` lies in the window."""
        return self.since <= moment < self.until


class Scope(Noun):
    """What the user names: companies, words, addresses or a folder."""

    symbols: tuple[str, ...] = ()
    query: str | None = None
    urls: tuple[str, ...] = ()
    path: Path | None = None


class Mark(Noun):
    """How far one stream has come: the newest time and the largest serial number seen."""

    at: UtcTime | None = None
    serial: int | None = None

    def merged(self, other: "Mark") -> "Mark":
        """Return the later of both, part by part: a mark never goes back."""
        times = [at for at in (self.at, other.at) if at is not None]
        serials = [serial for serial in (self.serial, other.serial) if serial is not None]
        return Mark(at=max(times, default=None), serial=max(serials, default=None))


class Cursor(Noun):
    """The marks of a source, by stream (a symbol, a feed, or ``""`` for the whole source)."""

    marks: dict[str, Mark] = {}

    def advanced(self, marks: dict[str, Mark]) -> "Cursor":
        """Return the cursor with ``marks`` merged in; it only moves forward."""
        merged = {**self.marks}
        for stream, mark in marks.items():
            merged[stream] = merged.get(stream, Mark()).merged(mark)
        return Cursor(marks=merged)

    def at(self, stream: str = "") -> datetime | None:
        """Newest time seen on a stream."""
        return self.marks.get(stream, Mark()).at

    def serial(self, stream: str = "") -> int | None:
        """Largest serial number seen on a stream."""
        return self.marks.get(stream, Mark()).serial
