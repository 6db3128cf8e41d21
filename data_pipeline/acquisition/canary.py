"""Canary: fetch one page of each configured source and report what drifted from what its parser knows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data_pipeline.acquisition.client import PoliteClient, utc_now
from data_pipeline.acquisition.collect import parse
from data_pipeline.acquisition.failures import FetchError
from data_pipeline.acquisition.secrets import missing
from data_pipeline.acquisition.store import Store
from data_pipeline.sources.protocol import Cursor, Request, Scope, Source, Window

WINDOW = timedelta(days=3)
"""What a source without a stream is asked for."""


@dataclass
class Finding:
    """How one source is."""

    source: str
    state: str
    """ok; drift: fields or items that the parser does not know; failed; or skipped, with the reason."""
    reason: str = ""
    items: int = 0
    quarantined: int = 0
    unknown: dict[str, int] = field(default_factory=dict)


async def canary(
    store: Store,
    client: PoliteClient,
    wanted: Sequence[tuple[Source, Scope]],
    clock: Callable[[], datetime] = utc_now,
    told: Callable[[Finding], None] = lambda finding: None,
) -> list[Finding]:
    """Look at one page of each source. The answers go to the archive; no document is stored and no cursor moves."""
    findings = []
    for source, scope in wanted:
        finding = await _look(store, client, source, scope, clock())
        findings.append(finding)
        told(finding)
    return findings


async def _look(store: Store, client: PoliteClient, source: Source, scope: Scope, now: datetime) -> Finding:
    info = source.info
    unset = [*missing(info), *(need for need in info.needs if not getattr(scope, need))]
    if unset:
        return Finding(info.name, "skipped", f"needs {', '.join(unset)}")
    request = _first_request(source, scope, now)
    if request is None:
        return Finding(info.name, "skipped", "nothing to ask for without a scope")
    try:
        response = await client.fetch(info, request, "stream" if "stream" in info.modes else "range")
    except FetchError as error:
        return Finding(info.name, "failed", error.reason)
    store.record_answer(info.name, response)
    parsed, refusal = parse(source, response)
    if refusal is not None:
        return Finding(info.name, "failed", refusal.reason)
    items = len(parsed.documents) + len(parsed.bars) + len(parsed.observations) + len(parsed.instruments)
    unknown = dict(sorted(parsed.unknown_fields.items()))
    reasons = (
        [f"{len(parsed.quarantine)} item(s) quarantined: {parsed.quarantine[0].reason}"] if parsed.quarantine else []
    )
    reasons += [f"unknown fields: {', '.join(unknown)}"] if unknown else []
    reasons += ["no item at all"] if not items and not parsed.follow else []
    state = "drift" if reasons else "ok"
    return Finding(info.name, state, "; ".join(reasons), items, len(parsed.quarantine), unknown)


def _first_request(source: Source, scope: Scope, now: datetime) -> Request | None:
    if "stream" in source.info.modes:
        plan = source.stream(Cursor(), scope)
    elif "range" in source.info.modes:
        plan = source.plan(Cursor(), Window(since=now - WINDOW, until=now), scope)
    else:
        plan = []
    return plan[0] if plan else None
