"""Jobs: what was wanted, the requests that are still to be asked, and the cursor that moves when all are answered."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_pipeline.acquisition.store import Store, mode_of, scope_key
from data_pipeline.sources.protocol import Cursor, Mark, Mode, Request, Scope, Window


@dataclass(frozen=True)
class Job:
    """One wanted window, or one look at the newest."""

    id: int
    source: str
    mode: Mode
    scope: Scope
    state: str


@dataclass(frozen=True)
class Step:
    """One request of a job."""

    position: int
    request: Request


def host_of(request: Request) -> str:
    """Host and port of a request; empty where its address has none."""
    return request.url.partition("://")[2].partition("/")[0].partition("?")[0]


def find_job(store: Store, source: str, mode: Mode, scope: Scope, window: Window | None) -> Job | None:
    """Return the newest job with this aim: an open one is taken up again, a done one need not be repeated."""
    since, until = _ends(window)
    rows = store.rows(
        "SELECT id, state FROM jobs WHERE source = ? AND mode = ? AND scope = ? AND since IS ? AND until IS ?"
        " ORDER BY id DESC LIMIT 1",
        (source, mode, scope_key(scope), since, until),
    )
    return Job(rows[0]["id"], source, mode, scope, rows[0]["state"]) if rows else None


def windows_to_now(store: Store, source: str, scope: Scope, since: datetime, now: datetime) -> list[Window]:
    """Return the windows that are still wanted of [since, now), where earlier runs have had an earlier "now".

    Windows that are done and follow each other from ``since`` on are left out; one that is open comes first, as it was.
    """
    rows = store.rows(
        "SELECT since, until, state FROM jobs WHERE source = ? AND mode = 'range' AND scope = ?",
        (source, scope_key(scope)),
    )
    wanted: list[Window] = []
    start = since.isoformat()
    while found := [row for row in rows if row["since"] == start and row["until"] > start]:
        furthest = max(found, key=lambda row: (row["state"] == "done", row["until"]))
        if furthest["state"] != "done":
            since_then, until = (datetime.fromisoformat(furthest[name]) for name in ("since", "until"))
            wanted.append(Window(since=since_then, until=until))
        start = furthest["until"]
    last = datetime.fromisoformat(start)
    return [*wanted, Window(since=last, until=now)] if last < now else wanted


def start_job(
    store: Store, source: str, mode: Mode, scope: Scope, window: Window | None, plan: Sequence[Request], now: datetime
) -> Job:
    """Write a job and its planned requests, in one step."""
    since, until = _ends(window)
    with store.transaction() as db:
        identity = db.execute(
            "INSERT INTO jobs (source, mode, scope, since, until, state, started_at) VALUES (?, ?, ?, ?, ?, 'open', ?)",
            (source, mode, scope_key(scope), since, until, now.isoformat()),
        ).lastrowid
        assert identity is not None
        add_requests(db, identity, plan)
    return Job(identity, source, mode, scope, "open")


def add_requests(db: Any, job: int, requests: Sequence[Request]) -> int:
    """Append requests that the job does not have yet, within a transaction; returns how many were new."""
    last = db.execute("SELECT coalesce(max(position), -1) FROM frontier WHERE job_id = ?", (job,)).fetchone()[0]
    added = 0
    for request in requests:
        text = request.model_dump_json(exclude_defaults=True)
        row = (job, last + 1 + added, request.key, host_of(request), text)
        added += db.execute(
            "INSERT OR IGNORE INTO frontier (job_id, position, request_key, host, request, state)"
            " VALUES (?, ?, ?, ?, ?, 'waiting')",
            row,
        ).rowcount
    return added


def retry_failed(store: Store, job: int) -> None:
    """Let the requests that failed be asked again, after those that were never asked."""
    with store.transaction() as db:
        db.execute("UPDATE frontier SET state = 'waiting', tried = 1 WHERE job_id = ? AND state = 'failed'", (job,))


def fail_host(store: Store, job: int, host: str, reason: str) -> None:
    """Let a host alone that fails again and again: its requests that wait are given up until the next run."""
    with store.transaction() as db:
        db.execute(
            "UPDATE frontier SET state = 'failed', reason = ? WHERE job_id = ? AND state = 'waiting' AND host = ?",
            (reason, job, host),
        )


def next_step(store: Store, job: int) -> Step | None:
    """Return the first request that waits; those that failed before come last."""
    rows = store.rows(
        "SELECT position, request FROM frontier WHERE job_id = ? AND state = 'waiting' ORDER BY tried, position LIMIT 1",
        (job,),
    )
    return Step(rows[0]["position"], Request.model_validate_json(rows[0]["request"])) if rows else None


def settle(db: Any, job: int, position: int, state: str, reason: str = "") -> None:
    """Note how a request ended: ``done``, ``gone`` or ``failed``; within a transaction."""
    db.execute(
        "UPDATE frontier SET state = ?, reason = ? WHERE job_id = ? AND position = ?", (state, reason, job, position)
    )


def note_marks(db: Any, job: int, marks: dict[str, Mark]) -> None:
    """Merge marks into the job's; within a transaction."""
    text = db.execute("SELECT marks FROM jobs WHERE id = ?", (job,)).fetchone()[0]
    cursor = Cursor(marks={name: Mark.model_validate(mark) for name, mark in json.loads(text).items()})
    moved = cursor.advanced(marks).model_dump(mode="json")["marks"]
    db.execute("UPDATE jobs SET marks = ? WHERE id = ?", (json.dumps(moved, sort_keys=True), job))


def progress(store: Store, job: int) -> dict[str, int]:
    """Count the job's requests by state; those that wait are always among them."""
    rows = store.rows("SELECT state, count(*) AS n FROM frontier WHERE job_id = ? GROUP BY state", (job,))
    return {"waiting": 0} | {row["state"]: row["n"] for row in rows}


def failures(store: Store, job: int) -> list[str]:
    """Return the reasons of the requests that failed."""
    rows = store.rows("SELECT reason FROM frontier WHERE job_id = ? AND state = 'failed' ORDER BY position", (job,))
    return [row["reason"] for row in rows]


def gone(store: Store, job: int) -> list[str]:
    """Return the reasons of the requests that found nothing."""
    rows = store.rows("SELECT reason FROM frontier WHERE job_id = ? AND state = 'gone' ORDER BY position", (job,))
    return [row["reason"] for row in rows]


def finish_job(store: Store, job: Job, now: datetime) -> None:
    """Close a job all of whose requests are answered; a stream job's marks now reach the cursor."""
    with store.transaction() as db:
        if job.mode == "stream":
            text = db.execute("SELECT marks FROM jobs WHERE id = ?", (job.id,)).fetchone()[0]
            marks = {name: Mark.model_validate(mark) for name, mark in json.loads(text).items()}
            moved = store.cursor(job.source, job.scope).advanced(marks)
            db.execute(
                "INSERT INTO cursors VALUES (?, ?, ?, ?) ON CONFLICT (source, scope)"
                " DO UPDATE SET cursor = excluded.cursor, moved_at = excluded.moved_at",
                (job.source, scope_key(job.scope), moved.model_dump_json(), now.isoformat()),
            )
        db.execute("DELETE FROM frontier WHERE job_id = ?", (job.id,))
        if job.mode == "stream":  # a look at the newest leaves its answers and the cursor, not a row for each minute
            db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))
        else:
            db.execute("UPDATE jobs SET state = 'done', ended_at = ? WHERE id = ?", (now.isoformat(), job.id))


def abandon_job(store: Store, job: Job) -> None:
    """Give up a look at the newest in which a request failed.

    The cursor stays, so that the next look starts from the same place: what was answered is stored already and is
    recognised when it is seen again, what was not is asked again.
    """
    with store.transaction() as db:
        db.execute("DELETE FROM frontier WHERE job_id = ?", (job.id,))
        db.execute("DELETE FROM jobs WHERE id = ?", (job.id,))


def stream_job(store: Store, source: str, scope: Scope) -> Job | None:
    """Return the open look at the newest that a kill left behind."""
    rows = store.rows(
        "SELECT id FROM jobs WHERE source = ? AND mode = 'stream' AND scope = ? AND state = 'open' ORDER BY id LIMIT 1",
        (source, scope_key(scope)),
    )
    return Job(rows[0]["id"], source, mode_of("stream"), scope, "open") if rows else None


def _ends(window: Window | None) -> tuple[str | None, str | None]:
    return (window.since.isoformat(), window.until.isoformat()) if window else (None, None)
