"""Hours of the day at which a market's news does not appear."""

from collections.abc import Iterator
from datetime import time

import numpy as np
import polars as pl

from data_pipeline.audit.feed import ALL_MIDNIGHT, ASIA, FEWEST, ClockFinding, Feed, share_of

OFFICE_HOURS = (9, 18)
"""First hour and end of Chinese office hours: night from Boston to San Francisco, all year round."""
US_CLOSES = r"\bDow\b|\bNasdaq\b|S&P 500|Wall Street (?:close|end)"
NEARLY_ALL = 0.9
SPEAKS = 0.2
"""Share of texts that name US closes from which a source is about US closes, whatever its market is declared to be."""

DAY_NIGHT = 0.16
"""Share of stamps in the six quietest hours (25 % if all hours were alike) up to which a feed has a night at all."""
NIGHT_STARTS = (20, 3)
"""Hours, both included, between which the quietest six may begin: StockNet's tweets rest from 0, Yahoo's articles of 2017 from 22."""
FEWEST_FOR_NIGHT = 300
"""Stamps from which a night is looked for: among fewer, six quiet hours come by chance."""


def asian_hours(feed: Feed) -> Iterator[ClockFinding]:
    """Report a feed about US markets that keeps Chinese office hours."""
    counts = feed.by_hour(ASIA)
    # Midnight stamps are dates and tell no hour; audit_times reports them.
    if counts.sum() < FEWEST or feed.midnight[1] >= ALL_MIDNIGHT:
        return
    share = float(counts[slice(*OFFICE_HOURS)].sum() / counts.sum())
    text = feed.documents.select(pl.concat_str("title", "body", separator=" "))["title"]
    speaks = share_of(text.str.contains(US_CLOSES))
    if share >= NEARLY_ALL and (feed.market == "US" or speaks >= SPEAKS):
        why = "its market is the US" if feed.market == "US" else f"{speaks:.0%} of its texts speak of US closes"
        yield ClockFinding(
            feed.source, "asian_office_hours", "suspect", share,
            f"{share:.0%} of {counts.sum()} stamps fall between {OFFICE_HOURS[0]}:00 and {OFFICE_HOURS[1]}:00 in {ASIA} "
            f"while {why}; check whether the stamps are New York or China times called UTC",
        )  # fmt: skip


def night(feed: Feed) -> Iterator[ClockFinding]:
    """Report a feed that rests by day."""
    stamps = feed.precise
    local = stamps.dt.convert_time_zone(feed.zone)
    hours = local.filter(local.dt.time() != time()).dt.hour().to_numpy()
    if feed.market == "global" or len(hours) < FEWEST_FOR_NIGHT:
        return
    counts = np.bincount(hours, minlength=24)
    six = np.array([np.roll(counts, -start)[:6].sum() for start in range(24)])
    start = int(np.argmin(six))
    share = float(six[start] / counts.sum())
    if share <= DAY_NIGHT and NIGHT_STARTS[1] < start < NIGHT_STARTS[0]:
        yield ClockFinding(
            feed.source, "night_by_day", "note", float(start),
            f"the feed rests from {start}:00 to {(start + 6) % 24}:00 in {feed.zone} ({share:.1%} of its stamps), by day; "
            "check the zone that the source reads its stamps in",
        )  # fmt: skip
