"""The documents of one source, as the checks of its clock ask for them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

MARKET_ZONES = {"US": "America/New_York", "CN": "Asia/Shanghai", "UK": "Europe/London", "global": "UTC"}
"""Zone in which a source's market lives; markets not listed are looked at in UTC."""
ASIA = "Asia/Shanghai"
FEWEST = 50
"""Exact stamps below which a source is not judged."""
ALL_MIDNIGHT = 0.95
"""Share of stamps at midnight from which all of a source's are dates."""


class ClockFinding(NamedTuple):
    """What is wrong with the stamps of a source: cause, value and remedy in ``detail``."""

    source: str
    kind: str
    severity: Literal["suspect", "note"]
    value: float
    detail: str


@dataclass(frozen=True)
class Feed:
    """Documents of one source."""

    source: str
    market: str
    documents: pl.DataFrame

    @property
    def zone(self) -> str:
        """IANA zone of the market."""
        return MARKET_ZONES.get(self.market, "UTC")

    @property
    def precise(self) -> pl.Series:
        """Stamps to the minute or finer."""
        return self.documents.filter(pl.col("time_quality").is_in(["exact", "minute"]))["published_at"].drop_nulls()

    def by_hour(self, zone: str) -> NDArray[np.int64]:
        """Number of precise stamps by hour of the day in ``zone``."""
        hours = self.precise.dt.convert_time_zone(zone).dt.hour().to_numpy()
        return np.bincount(hours, minlength=24).astype(np.int64)

    @cached_property
    def midnight(self) -> tuple[str, float]:
        """The zone of three (the market's, UTC, China) in which most precise stamps are midnight, and their share."""
        shares = {zone: share_at_midnight(self.precise, zone) for zone in (self.zone, "UTC", ASIA)}
        zone = max(shares, key=lambda name: shares[name])
        return zone, shares[zone]

    @property
    def lags(self) -> NDArray[np.float64]:
        """Seconds from publication to first sight, of documents with a precise stamp that were seen."""
        seen = self.documents.filter(pl.col("time_quality").is_in(["exact", "minute"])).select(
            lag=(pl.col("first_seen_at") - pl.col("published_at")).dt.total_microseconds() / 1e6
        )
        return seen["lag"].drop_nulls().to_numpy()


def feeds(documents: pl.DataFrame) -> Iterator[Feed]:
    """Yield the feeds of a table of documents, by name; a source's market is that of most of its documents."""
    for (source,), own in sorted(documents.partition_by("source", as_dict=True).items()):
        yield Feed(str(source), str(own["market"].mode().sort()[0]), own)


def share_of(flags: pl.Series) -> float:
    """Share of True; 0 without any value."""
    return int(flags.sum()) / max(len(flags), 1)


def share_at_midnight(stamps: pl.Series, zone: str) -> float:
    """Share of stamps at midnight in ``zone``, to the second or finer."""
    local = stamps.dt.convert_time_zone(zone).dt.time()
    return share_of(local == time())
