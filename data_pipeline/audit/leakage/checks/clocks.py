"""Zones that cannot be right: two clocks that differ by whole hours, and hours that are not the market's."""

import re
from datetime import timedelta

import numpy as np
import polars as pl

from data_pipeline.audit.feed import FEWEST, MARKET_ZONES, Feed
from data_pipeline.audit.hours import asian_hours, night
from data_pipeline.audit.leakage.finding import Finding
from data_pipeline.audit.leakage.view import View

NAME = "time_zone"
EXCHANGE_MARKETS = {"America/New_York": "US", "Asia/Shanghai": "CN", "Europe/London": "UK"}
SAME = 0.9
"""Share of rows in which two clocks must differ by the same whole hours."""
HOUR = 3_600_000_000
CLOCKS = timedelta(minutes=2)
"""By so much two clocks may differ."""
_SEEN = re.compile(r"download|crawl|scrap|fetch|seen|retriev|collect", re.IGNORECASE)


def check(view: View) -> list[Finding]:
    """Compare the columns of times with each other, and the hours of the text with the market's day."""
    return [*_two_clocks(view), *_seen_before(view), *_hours(view)]


def _two_clocks(view: View) -> list[Finding]:
    """Two columns that tell the same instant but for whole hours, an epoch number the surer of them."""
    found = []
    own = {view.roles.get(role) or role: view.times[role] for role in ("published", "available") if role in view.times}
    columns = {name: column for name, column in {**own, **view.other_times}.items() if not column.date_only}
    for name in own:
        for other, column in columns.items():
            if (
                name not in columns
                or other == name
                or (other in own and list(own).index(other) < list(own).index(name))
            ):
                continue
            hours = _whole_hours(columns[name].utc, column.utc)
            if hours is None:
                continue
            share, shift, count = hours
            found.append(
                view.finding(
                    NAME, "error", count, view.frame.height,
                    f"{name} and {other} differ by {shift} hours in {share:.0%} of the rows: one was read in another zone"
                    + ("; the epoch number is the surer" if column.epoch else ""),
                    "Read epoch numbers as UTC, and wall times in the zone of their source",
                )
            )  # fmt: skip
    return found


def _seen_before(view: View) -> list[Finding]:
    """Stamps later than the moment at which the text was already fetched: they are wrong."""
    if not view.has("published") or view.dates("published"):
        return []
    found = []
    for name, column in view.other_times.items():
        if column.date_only or not _SEEN.search(name):
            continue
        rows = view.frame.select("row", "published").with_columns(column.utc.alias(name)).drop_nulls()
        wrong = rows.filter(pl.col("published") > pl.col(name) + CLOCKS)
        if wrong.height:
            found.append(
                view.finding(
                    NAME, "warning", wrong.height, rows.height,
                    f"{wrong.height:,} texts are stamped after {name}, when somebody had them already: the stamp is wrong",
                    f"Take such a text as published by {name}, or leave it out", rows=wrong, times=("published",),
                )
            )  # fmt: skip
    return found


def _whole_hours(one: pl.Series, other: pl.Series) -> tuple[float, str, int] | None:
    """Share, hours (one shift, or the two of a summer clock) and rows that differ by whole hours, not 0, up to 14."""
    differ = (one.dt.timestamp("us") - other.dt.timestamp("us")).drop_nulls().to_numpy()
    if len(differ) < FEWEST:
        return None
    hours = np.rint(differ / HOUR).astype(np.int64)
    near = (np.abs(differ - hours * HOUR) <= HOUR / 60) & (hours != 0) & (np.abs(hours) <= 14)
    values, counts = np.unique(hours[near], return_counts=True)
    if not len(values):
        return None
    chosen = [int(values[counts.argmax()])]
    chosen += [int(value) for value in values if abs(int(value) - chosen[0]) == 1]
    count = int(np.isin(hours[near], chosen).sum())
    share = count / len(differ)
    return (share, " or ".join(f"{hour:+d}" for hour in sorted(chosen)), count) if share >= SAME else None


def _hours(view: View) -> list[Finding]:
    """The checks of a feed's clock, on the time of the text."""
    if not view.has("published") or view.dates("published"):
        return []
    feed = feed_of(view)
    clocks = [finding for check in (asian_hours, night) for finding in check(feed)]
    assumed = view.times["published"].assumed_utc
    return [
        view.finding(
            NAME, "warning", len(feed.precise), view.frame.height,
            clock.detail.replace("the feed rests", "the texts rest"),
            "State the zone of the stamps with --zone, or correct the code that reads them",
            times=("published",) if assumed else (),
        )
        for clock in clocks
    ]  # fmt: skip


def feed_of(view: View) -> Feed:
    """The texts of a data set as one feed of its exchange's market."""
    market = EXCHANGE_MARKETS.get(view.zone, "global")
    assert market in MARKET_ZONES
    rows = view.frame.join(view.texts, on="row", how="left", maintain_order="left")
    return Feed(
        view.name,
        market,
        rows.select(
            published_at="published", time_quality=pl.lit("exact"), title=pl.col("text").fill_null(""), body=pl.lit("")
        ),
    )
