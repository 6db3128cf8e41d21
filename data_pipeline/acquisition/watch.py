"""Watch: look at the newest of many sources at once, each at its own pace, until told to stop."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data_pipeline.acquisition.client import PoliteClient, utc_now
from data_pipeline.acquisition.collect import Outcome, collect
from data_pipeline.acquisition.store import Store
from data_pipeline.acquisition.wanted import check_wanted
from data_pipeline.sources.protocol import Scope, Source
from tickertune.core.disk import is_disk_full
from tickertune.core.errors import TickerTuneError

logger = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(hours=1)
"""A source that keeps failing is asked at least so often."""


@dataclass
class Watched:
    """One source under watch, for the status table."""

    source: Source
    scope: Scope
    state: str = "waiting"
    looks: int = 0
    failures: int = 0
    """Failed looks in a row."""
    new: Counter[str] = field(default_factory=Counter)
    last_success: datetime | None = None
    next_look: datetime | None = None
    reason: str = ""


async def watch(
    store: Store,
    client: PoliteClient,
    wanted: Sequence[tuple[Source, Scope]],
    *,
    looks: int | None = None,
    interval: float | None = None,
    clock: Callable[[], datetime] = utc_now,
    changed: Callable[[Sequence[Watched]], None] = lambda watched: None,
) -> list[Watched]:
    """Stream sources until cancelled, or for a number of looks.

    One source's trouble is shown in its row and does not hold up the others: after a failed look the pause doubles.

    Args:
        store: Where everything goes.
        client: Who asks.
        wanted: Sources with their scopes.
        looks: Looks at each source; None: for ever.
        interval: Seconds between two looks; None: each source's own.
        clock: Gives the time, aware UTC.
        changed: Told when a row of the table changes.

    Raises:
        TickerTuneError: A source has no stream, needs something, or lacks a key: told before anything is asked.
    """
    for source, scope in wanted:
        check_wanted(source, scope, "stream")
    table = [
        Watched(source, scope)
        for source, scope in {source.info.name: (source, scope) for source, scope in wanted}.values()
    ]
    async with asyncio.TaskGroup() as group:
        for row in table:
            group.create_task(_follow(store, client, row, looks, interval, clock, lambda: changed(table)))
    return table


async def _follow(
    store: Store,
    client: PoliteClient,
    row: Watched,
    looks: int | None,
    interval: float | None,
    clock: Callable[[], datetime],
    changed: Callable[[], None],
) -> None:
    pace = interval if interval is not None else row.source.info.poll_seconds
    name = row.source.info.name
    while looks is None or row.looks < looks:
        row.state = "asking"
        changed()
        try:
            outcome = await collect(store, row.source, client, row.scope, clock=clock)
        except TickerTuneError as error:  # such as a lock that another command holds; a full disk stops everything
            if is_disk_full(error.__cause__):
                raise
            outcome = Outcome(name, "failed", str(error))
        # A defect of one source's parser does not stop the others: it is logged whole and shown in the row.
        except Exception as error:
            logger.exception("source %s", name)
            outcome = Outcome(name, "failed", f"defect: {type(error).__name__}: {error}")
        _note(row, outcome, clock())
        pause = _pause(row, pace, clock())
        row.next_look = clock() + pause
        changed()
        if looks is None or row.looks < looks:
            await asyncio.sleep(pause.total_seconds())


def _note(row: Watched, outcome: Outcome, now: datetime) -> None:
    row.looks += 1
    row.new += outcome.new
    row.state, row.reason = outcome.state, outcome.reason
    row.failures = row.failures + 1 if outcome.state == "failed" else 0
    if outcome.state == "done":
        row.last_success = now
    if outcome.until is not None:
        row.next_look = outcome.until


def _pause(row: Watched, pace: float, now: datetime) -> timedelta:
    if row.state == "paused" and row.next_look is not None:
        return max(row.next_look - now, timedelta(seconds=pace))
    return min(timedelta(seconds=pace * 2**row.failures), max(LONGEST_PAUSE, timedelta(seconds=pace)))
