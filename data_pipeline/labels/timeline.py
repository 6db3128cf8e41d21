"""The timeline: for each decision, its time, the text it may read, and the sessions of its entry and exit."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from data_pipeline.labels.registry import PUBLISHED_DAY_ZONE, label_spec
from data_pipeline.labels.sessions import (
    MINUTE,
    Indices,
    Sessions,
    Times,
    decision_times,
    entry_session,
    first_of_week,
    last_of_week,
    local_time,
)
from data_pipeline.labels.spec import LabelSpec
from tickertune.core.recipe import MovementDataConfig


@dataclass(frozen=True)
class Timeline:
    """One row a decision, ascending in time; all instruments share it. Times are UTC."""

    as_of: Times
    text_after: Times
    """A document must be ready (available plus latency) after this and by ``as_of``."""
    entry: Indices
    """Session of the entry, an index."""
    exit: Indices
    """Session of the last possible exit: a label may end earlier (a barrier), never later."""
    entry_time: Times
    exit_time: Times
    last_open: Indices
    """Last session whose open is known at ``as_of``."""
    last_close: Indices

    def __len__(self) -> int:
        return len(self.as_of)


def calendar_span(config: MovementDataConfig) -> tuple[date, date]:
    """Days whose sessions can matter: from the first trailing statistic to the last exit, with room for holidays."""
    spec = label_spec(config.label)
    back = max(spec.volatility_sessions + 1, spec.trailing_sessions + 1, config.sessions_back, 1)
    ahead = spec.horizon + config.latency_minutes // 1440
    return (
        config.split.train_start - timedelta(days=config.lookback_days + 2 * back + 30),
        config.split.test_end + timedelta(days=2 * ahead + 15),
    )


def build_timeline(config: MovementDataConfig, spec: LabelSpec, sessions: Sessions) -> Timeline:
    """Lay out every decision whose entry falls in [train_start, test_end) and whose exit the calendar holds."""
    as_of, text_after, entry = _decisions(config, spec, sessions)
    if spec.span == "calendar_week":
        exits = last_of_week(sessions)[entry.clip(max=len(sessions) - 1)]
        exits[entry == len(sessions)] = len(sessions)
    else:
        exits = entry + spec.sessions_ahead
    first, end = sessions.at_or_after(config.split.train_start), sessions.at_or_after(config.split.test_end)
    keep = (entry >= first) & (entry < end) & (exits < len(sessions))
    as_of, text_after, entry, exits = as_of[keep], text_after[keep], entry[keep], exits[keep]
    return Timeline(
        as_of=as_of,
        text_after=text_after,
        entry=entry,
        exit=exits,
        entry_time=sessions.times(spec.event)[entry],
        exit_time=sessions.times(spec.out)[exits],
        last_open=sessions.last_known("open", as_of),
        last_close=sessions.last_known("close", as_of),
    )


def _decisions(config: MovementDataConfig, spec: LabelSpec, sessions: Sessions) -> tuple[Times, Times, Indices]:
    """Decision times, starts of their text, and entries, before the recipe's dates choose among them."""
    if spec.text_window == "calendar_days":
        return _whole_days(config.lookback_days, sessions)
    if spec.cutoff is not None:  # published: the entry is the open of the decision's own day, which came before it
        as_of = local_time(sessions, spec.cutoff)
        entry = np.arange(len(sessions), dtype=np.int64)
    else:
        as_of = decision_times(sessions, spec.event, config.decision_minutes_before_open)
        if spec.span == "calendar_week":
            as_of = as_of[first_of_week(sessions)]
        entry = entry_session(as_of, sessions, config.latency_minutes, spec.event)
    text_after = as_of - np.timedelta64(config.lookback_days, "D")
    if config.fresh_only and spec.honours_fresh_only:
        text_after[1:] = as_of[:-1]
    return as_of, text_after, entry


def text_starts(timeline: Timeline, sessions: Sessions, latency_minutes: int) -> Times:
    """For every session, the time after which the text of samples that enter there, or later, became available."""
    decision = np.searchsorted(timeline.entry, np.arange(len(sessions))).clip(max=len(timeline) - 1)
    starts: Times = timeline.text_after[decision] - latency_minutes * MINUTE
    return starts


def _whole_days(lookback_days: int, sessions: Sessions) -> tuple[Times, Times, Indices]:
    """The published window: ``lookback_days`` whole days before session d; the entry is the close of session d-1."""
    zone = ZoneInfo(PUBLISHED_DAY_ZONE)
    days = [day.item() for day in sessions.dates[1:]]
    return (
        np.array([_midnight(day, zone) for day in days], dtype="datetime64[us]"),
        np.array([_midnight(day - timedelta(days=lookback_days), zone) for day in days], dtype="datetime64[us]"),
        np.arange(len(sessions) - 1, dtype=np.int64),
    )


def _midnight(day: date, zone: ZoneInfo) -> np.datetime64:
    return np.datetime64(datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC).replace(tzinfo=None), "us")
