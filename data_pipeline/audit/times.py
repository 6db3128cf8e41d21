"""The clock of a feed: how precise its stamps are, how late we saw them, and hours that cannot be its market's.

A wrong zone moves every document by hours, past an open or a close, and so makes tomorrow's news of today's. No single
stamp shows it; a hundred do.
"""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.audit.feed import ALL_MIDNIGHT, FEWEST, ClockFinding, Feed, feeds, share_of
from data_pipeline.audit.hours import asian_hours, night

MIDNIGHT = 0.01
"""Share of exact stamps at midnight to the second that is reported: chance makes one in 86,400, a timer some."""
ROUND = 0.95
"""Share of exact stamps on full minutes, or hours, from which they are no finer than that."""

NEGATIVE = 0.01
"""Share of documents published after they were seen that is reported; clocks differ by CLOCKS and no more."""
CLOCKS = timedelta(minutes=2)
EARLY, LATE = timedelta(minutes=2), timedelta(minutes=15)
"""Around k hours a lag counts as k hours: a feed is read within LATE, where it is read as it comes."""
HOURS = 14
"""Widest zone error looked for, in hours."""
WHOLE_HOUR = 0.6
"""Share of lags near one number of hours from which the number is a zone error: a feed polled every k hours spreads
its lags over all of them."""

PROFILE_SCHEMA = pl.Schema(
    {
        "source": pl.String(),
        "market": pl.String(),
        "zone": pl.String(),
        "documents": pl.Int64(),
        **{f"share_{quality}": pl.Float64() for quality in ("exact", "minute", "hour", "day", "unknown")},
        "seen": pl.Int64(),
        "lag_05": pl.Float64(),
        "lag_median": pl.Float64(),
        "lag_95": pl.Float64(),
        "share_negative": pl.Float64(),
        "whole_hours": pl.Int64(),
        "share_whole_hours": pl.Float64(),
        "by_hour": pl.List(pl.Int64()),
    }
)
"""One row a source. Lags are ``first_seen_at - published_at`` in seconds, of the ``seen`` documents that have both;
``whole_hours`` is the number of hours (not 0) that most lags lie at, with their share; ``by_hour`` counts exact and
minute stamps by the hour in ``zone``."""
CLOCK_SCHEMA = pl.Schema(
    {"source": pl.String(), "kind": pl.String(), "severity": pl.String(), "value": pl.Float64(), "detail": pl.String()}
)


def time_profile(documents: pl.DataFrame) -> pl.DataFrame:
    """Describe the stamps of each source.

    Args:
        documents: Schema ``Document``; every revision counts.

    Returns:
        Schema ``PROFILE_SCHEMA``, by source.
    """
    return pl.DataFrame([_profile(feed) for feed in feeds(documents)], schema=PROFILE_SCHEMA)


def audit_times(documents: pl.DataFrame) -> pl.DataFrame:
    """Look for clocks that cannot be right.

    Args:
        documents: Schema ``Document``.

    Returns:
        Findings, schema ``CLOCK_SCHEMA``, by source and kind.
    """
    found = [
        finding
        for feed in feeds(documents)
        for check in (_midnight, _coarse, _seen_before, _whole_hours, asian_hours, night)
        for finding in check(feed)
    ]
    return pl.DataFrame(found, schema=CLOCK_SCHEMA, orient="row").sort("source", "kind")


def _profile(feed: Feed) -> dict[str, object]:
    quality, lags = feed.documents["time_quality"], feed.lags
    hours, share = _most_common_hours(lags)
    low, middle, high = np.quantile(lags, [0.05, 0.5, 0.95]) if len(lags) else (None, None, None)
    return {
        "source": feed.source,
        "market": feed.market,
        "zone": feed.zone,
        "documents": len(feed.documents),
        **{f"share_{name}": (quality == name).mean() for name in ("exact", "minute", "hour", "day", "unknown")},
        "seen": len(lags),
        "lag_05": low,
        "lag_median": middle,
        "lag_95": high,
        "share_negative": float(np.mean(lags < -CLOCKS.total_seconds())) if len(lags) else None,
        "whole_hours": hours if len(lags) else None,
        "share_whole_hours": share if len(lags) else None,
        "by_hour": feed.by_hour(feed.zone).tolist(),
    }


def _midnight(feed: Feed) -> Iterator[ClockFinding]:
    zone, share = feed.midnight
    if len(feed.precise) < FEWEST or share < MIDNIGHT:
        return
    if share >= ALL_MIDNIGHT:
        cause = f"{share:.0%} of the exact stamps are midnight in {zone}: they are dates"
    else:
        cause = f"{share:.1%} of the exact stamps are midnight in {zone} to the second: those are dates"
    yield ClockFinding(feed.source, "midnight", "suspect", share, f"{cause}; read them with time quality 'day'")


def _coarse(feed: Feed) -> Iterator[ClockFinding]:
    stamps = feed.documents.filter(pl.col("time_quality") == "exact")["published_at"].drop_nulls()
    if len(stamps) < FEWEST or feed.midnight[1] >= ALL_MIDNIGHT:
        return
    for unit, width in (("hour", "1h"), ("minute", "1m")):
        share = share_of(stamps.dt.truncate(width) == stamps)
        if share >= ROUND:
            yield ClockFinding(
                feed.source, "coarse", "note", share,
                f"{share:.0%} of the stamps called exact are full {unit}s; read them with time quality '{unit}'",
            )  # fmt: skip
            return


def _seen_before(feed: Feed) -> Iterator[ClockFinding]:
    lags = feed.lags
    early = lags < -CLOCKS.total_seconds()
    if len(lags) and (share := float(early.mean())) >= (NEGATIVE if len(lags) >= FEWEST else 0.5):
        yield ClockFinding(
            feed.source, "seen_before_published", "suspect", share,
            f"{int(early.sum())} of {len(lags)} documents were seen before they were published, by "
            f"{-np.median(lags[early]) / 3600:.1f} hours in the median; correct the source's zone or distrust its stamps",
        )  # fmt: skip


def _most_common_hours(lags: NDArray[np.float64]) -> tuple[int, float]:
    """The whole number of hours, not 0, that most lags lie at, and the share of all lags that do."""
    if not len(lags):
        return 0, 0.0
    hours = [k for k in range(-HOURS, HOURS + 1) if k]
    low, high = EARLY.total_seconds(), LATE.total_seconds()
    shares = [float(np.mean((lags >= 3600 * k - low) & (lags <= 3600 * k + high))) for k in hours]
    best = int(np.argmax(shares))
    return hours[best], shares[best]


def _whole_hours(feed: Feed) -> Iterator[ClockFinding]:
    lags = feed.lags
    hours, share = _most_common_hours(lags)
    if len(lags) >= FEWEST and share >= WHOLE_HOUR:
        direction = "early" if hours > 0 else "late"
        yield ClockFinding(
            feed.source, "zone_error", "suspect", float(hours),
            f"{share:.0%} of the lags lie at {hours:+d} hours: the stamps are {abs(hours)} hours too {direction}; "
            "correct the zone that the source reads them in",
        )  # fmt: skip
