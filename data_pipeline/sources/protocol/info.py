"""What a source says of itself; docs/sources.md and ``tickertune data sources`` are made from it."""

from datetime import timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from tickertune.core.noun import Noun

SourceCategory = Literal["news", "social", "filing", "dataset", "price", "macro"]
SourceMode = Literal["range", "stream", "file"]
Evidence = Literal["recorded", "documented", "file"]
Need = Literal["symbols", "query", "urls", "path"]


class RateLimit(Noun):
    """How often the vendor may be asked; held by all processes of this machine together."""

    calls: int = Field(default=1, ge=1)
    seconds: float = Field(default=1.0, gt=0)
    """At most ``calls`` requests in ``seconds``, evenly spaced."""
    per_day: int | None = Field(default=None, ge=1)
    """Requests a UTC day, where the plan has such a budget."""
    shared: str | None = None
    """Name under which sources of one vendor share the limit; None: each host has its own."""


class SourceInfo(Noun):
    """The declared facts of a source."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    title: str
    fingpt_row: int | None = Field(default=None, ge=1, le=34)
    """Row of the 34 sources of the FinGPT paper, where it is one of them."""
    category: SourceCategory
    market: Literal["US", "CN", "UK", "global"]
    modes: tuple[SourceMode, ...]
    """range: by dates; stream: the newest, again and again; file: a data set that the user supplies."""
    access: str
    """The access that exists today, in one line."""
    needs: tuple[Need, ...] = ()
    """What the user has to name."""
    accepts: tuple[Need, ...] = ()
    """What the user may name beside that."""
    credentials: tuple[str, ...] = ()
    """Environment variables that hold the keys; never their values."""
    optional_credentials: tuple[str, ...] = ()
    """Variables that only some requests send, such as those for gated data sets; the source works without them."""
    rate: RateLimit = RateLimit()
    robots: bool = False
    """Whether robots.txt is asked first: true for pages and feeds, false for an API with its own terms."""
    zone: str = "UTC"
    """IANA zone of stamps that carry none."""
    zone_rule: str
    """How the source states times, in one sentence."""
    backfill_lag: timedelta = timedelta(0)
    """Stated lag between publication and availability of what is fetched long afterwards."""
    symbols_as_of: Literal["session", "fetch"] = "session"
    """Whose symbols bars and actions carry: those of their own day, or, where the vendor files a company's whole past under
    its present symbol, those of the day of the fetch."""
    settles: timedelta = timedelta(minutes=15)
    """How long after its time an item may still appear at the source. The engine asks that far before a window's start, so that
    windows that follow each other lose nothing; what was stored before is recognised."""
    poll_seconds: float = Field(default=60.0, gt=0)
    """Pause between two looks at the newest pages."""
    max_bytes: int = Field(default=32 << 20, gt=0)
    """Bound on one answer, decompressed."""
    terms: str
    """What the terms allow and ask, in one sentence."""
    licence: str
    """Licence of the text."""
    redistributable: bool = False
    """Whether that licence lets the text itself be published in a data set."""
    evidence: Evidence
    """recorded: the parser was proven on a real recorded answer; documented: on a fixture written from public
    documentation; file: on the published layout of a data set that the user supplies."""
    evidence_note: str
    """Which recording, documentation address or layout."""
    parser_version: str

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        ZoneInfo(zone)
        return zone
