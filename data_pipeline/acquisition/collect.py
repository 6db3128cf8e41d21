"""Collect: take a source's requests one by one, make each answer durable with what it gave, and go on where a kill stopped."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data_pipeline.acquisition import jobs
from data_pipeline.acquisition.answers import NOT_MODIFIED
from data_pipeline.acquisition.client import PoliteClient, utc_now
from data_pipeline.acquisition.failures import (
    CredentialsError,
    ForbiddenError,
    GoneError,
    PausedError,
    PermanentError,
    TransientError,
)
from data_pipeline.acquisition.records import Origin, write_parsed
from data_pipeline.acquisition.store import Store, note_health
from data_pipeline.acquisition.wanted import check_wanted
from data_pipeline.sources.protocol import Mode, Parsed, RefusedResponse, Request, Response, Scope, Source, Window
from tickertune.core.errors import TickerTuneError
from tickertune.core.lock import folder_lock

MAX_IN_A_ROW = 3
"""Requests to one host in a row that fail after all tries: then the host is left alone until the next run."""

_PAUSE_AFTER_BUDGET = timedelta(hours=1)
"""A vendor that says that the calls are used up is asked again after so long at the earliest."""


@dataclass
class Outcome:
    """How a collection of one source ended."""

    source: str
    state: str = "done"
    """done; paused: the budget ended or the host asked for time, the same command resumes; failed: some requests did."""
    reason: str = ""
    until: datetime | None = None
    """When a paused source may be asked again."""
    new: Counter[str] = field(default_factory=Counter)
    """New nouns by kind, ``revisions``, ``seen_again``, ``quarantined``, ``answers``."""
    failed: list[str] = field(default_factory=list)


Progress = Callable[[dict[str, int], Counter[str]], None]
"""Told after each request: requests by state, and what is new so far."""


async def collect(
    store: Store,
    source: Source,
    client: PoliteClient,
    scope: Scope,
    window: Window | None = None,
    *,
    again: bool = False,
    clock: Callable[[], datetime] = utc_now,
    progress: Progress = lambda states, new: None,
) -> Outcome:
    """Collect a window, the files of a data set, or (without either) the newest items of a source.

    Args:
        store: Where everything goes.
        source: What to ask.
        client: Who asks.
        scope: Companies, words, addresses or folder.
        window: Publication times that are wanted.
        again: Ask a window that is done once more, to see what changed.
        clock: Gives the time, aware UTC.
        progress: Told after each request.

    Returns:
        How it ended. Everything that was answered is durable, whatever the end.

    Raises:
        TickerTuneError: The source cannot do this, or another process collects it into this store.
    """
    name = source.info.name
    mode: Mode = "range" if window else "file" if scope.path is not None else "stream"
    check_wanted(source, scope, mode)
    with folder_lock(store.folder / "locks" / name):
        job = (
            jobs.stream_job(store, name, scope) if mode == "stream" else jobs.find_job(store, name, mode, scope, window)
        )
        if job is not None and job.state == "done":
            if not again:
                return Outcome(name, "done", "this window is collected already: --again asks once more")
            job = None
        if job is None:
            plan = _plan(source, store, scope, window, mode, clock())
            job = jobs.start_job(store, name, mode, scope, window, plan, clock())
        else:
            jobs.retry_failed(store, job.id)
        return await _work(store, source, client, job, clock, progress)


def _plan(
    source: Source, store: Store, scope: Scope, window: Window | None, mode: Mode, now: datetime
) -> list[Request]:
    cursor = store.cursor(source.info.name, scope)
    if mode == "stream":
        return source.stream(cursor, scope)
    if window is None:
        asked = Window(since=datetime(1900, 1, 1, tzinfo=now.tzinfo), until=now)
    else:  # items that appeared late were not there when the window before was asked
        asked = Window(since=window.since - source.info.settles, until=window.until)
    plan = source.plan(cursor, asked, scope)
    if not plan:
        raise TickerTuneError(
            f"Source {source.info.name} found nothing to ask for {scope.model_dump(exclude_defaults=True, mode='json')}",
            "Name symbols, addresses or a folder that it knows (tickertune data sources --name "
            f"{source.info.name} tells what it takes)",
        )
    return plan


async def _work(
    store: Store,
    source: Source,
    client: PoliteClient,
    job: jobs.Job,
    clock: Callable[[], datetime],
    progress: Progress,
) -> Outcome:
    outcome = Outcome(source.info.name)
    states = jobs.progress(store, job.id)
    in_a_row: Counter[str] = Counter()
    while outcome.state == "done" and (step := jobs.next_step(store, job.id)) is not None:
        host = jobs.host_of(step.request)
        try:
            states["waiting"] += await _answer(store, source, client, job, step, outcome)
            in_a_row[host] = 0
        except GoneError as error:
            _fail(store, job, step, outcome, error.reason, "gone")
        except PermanentError as error:
            _fail(store, job, step, outcome, error.reason)
        except (TransientError, ForbiddenError) as error:
            _fail(store, job, step, outcome, error.reason)
            in_a_row[host] += 1
            if in_a_row[host] >= MAX_IN_A_ROW:
                jobs.fail_host(store, job.id, host, f"{host} is left alone: {MAX_IN_A_ROW} requests in a row failed")
        except CredentialsError as error:
            _fail(store, job, step, outcome, error.reason)
            outcome.state, outcome.reason = "failed", error.reason
        except PausedError as error:
            outcome.state, outcome.reason, outcome.until = "paused", error.reason, error.until
            break
        states["waiting"] -= 1
        states["answered"] = states.get("answered", 0) + 1
        progress(states, outcome.new)
    _conclude(store, job, outcome, clock())
    return outcome


def _conclude(store: Store, job: jobs.Job, outcome: Outcome, now: datetime) -> None:
    """Say how the job ended, close it where all is answered, and note the source's health."""
    outcome.failed = jobs.failures(store, job.id)
    states = jobs.progress(store, job.id)
    if outcome.state == "done" and outcome.failed:
        outcome.state, outcome.reason = "failed", f"{len(outcome.failed)} request(s) failed: {outcome.failed[0]}"
    if outcome.state == "done" and states.get("gone") and not states.get("done"):
        outcome.state, outcome.reason = "failed", f"nothing that was asked for exists: {jobs.gone(store, job.id)[0]}"
        jobs.abandon_job(store, job)
    elif outcome.state == "done":
        jobs.finish_job(store, job, now)
    elif outcome.state == "failed" and job.mode == "stream":
        jobs.abandon_job(store, job)
    note_health(store, outcome.source, outcome.state, outcome.reason, now)


async def _answer(
    store: Store, source: Source, client: PoliteClient, job: jobs.Job, step: jobs.Step, outcome: Outcome
) -> int:
    """Fetch one request and make its answer, and all that it gave, durable in one step.

    Returns:
        How many further requests it led to.
    """
    name, parser = source.info.name, source.info.parser_version
    earlier, validators = store.validators(name, step.request.key, parser) if job.mode == "stream" else (None, {})
    response = await client.fetch(source.info, step.request, job.mode, validators)
    if response.status == NOT_MODIFIED and earlier is None:
        raise TransientError(f"{step.request.url} answered 304 to a request that was not conditional")
    store.archive.put(response.body_sha256, response.body)
    # What did not change leads to the same further requests, which may have failed last time.
    answer = store.response(earlier) if response.status == NOT_MODIFIED and earlier is not None else response
    parsed, refusal = await asyncio.to_thread(parse, source, answer)
    added = 0
    with store.transaction() as db:
        identity = store.add_response(name, response)
        db.execute(
            "INSERT INTO parses VALUES (?, ?, ?)", (identity, parser, "ok" if refusal is None else refusal.reason)
        )
        if refusal is None:
            if answer is response:
                origin = Origin(identity, response.fetched_at, response.mode)
                outcome.new += write_parsed(db, name, parser, origin, parsed)
                outcome.new["quarantined"] += len(parsed.quarantine)
            added = jobs.add_requests(db, job.id, parsed.follow)
            jobs.note_marks(db, job.id, parsed.marks)
            jobs.settle(db, job.id, step.position, "done")
    outcome.new["answers"] += 1
    if refusal is not None:
        _raise_refusal(response, refusal)
    return added


def parse(source: Source, response: Response) -> tuple[Parsed, RefusedResponse | None]:
    """Parse an answer; returns what it gave, and the refusal where the whole answer is not what was asked for."""
    try:
        return source.parse(response), None
    except RefusedResponse as refusal:
        return Parsed(), refusal


def _raise_refusal(response: Response, refusal: RefusedResponse) -> None:
    reason = f"{response.request.url}: {refusal.reason}"
    if refusal.kind == "credentials":
        raise CredentialsError(reason)
    if refusal.kind == "budget":
        raise PausedError(reason, response.fetched_at + _PAUSE_AFTER_BUDGET)
    raise PermanentError(reason)


def _fail(store: Store, job: jobs.Job, step: jobs.Step, outcome: Outcome, reason: str, state: str = "failed") -> None:
    with store.transaction() as db:
        jobs.settle(db, job.id, step.position, state, reason)
    outcome.new[state] += 1
