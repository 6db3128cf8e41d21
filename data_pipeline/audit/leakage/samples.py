"""The audit of samples that a build has in memory."""

import polars as pl

from data_pipeline.audit.leakage.audit import audit_view
from data_pipeline.audit.leakage.finding import AuditResult
from data_pipeline.audit.leakage.inputs import Part, Source
from data_pipeline.audit.leakage.load import load_view


def audit_samples(
    frame: pl.DataFrame, documents: pl.DataFrame | None = None, *, exchange: str, zone: str, latency_minutes: int = 0
) -> AuditResult:
    """Audit ``Sample`` rows with the same checks as any other data set.

    Args:
        frame: ``Sample`` rows of all splits.
        documents: Documents behind them, schema ``Document``; None: none are known.
        exchange: ISO 10383 code of the exchange.
        zone: Its IANA zone.
        latency_minutes: Time from a document's availability to its use.
    """
    source = Source(
        "samples",
        [Part("samples", None, tuple(frame.columns), lambda names, size: frame.select(list(names)).iter_slices(size))],
    )
    loaded = load_view(
        source,
        {},
        zone=None,
        exchange=exchange,
        exchange_zone=zone,
        documents=documents,
        latency_minutes=latency_minutes,
    )
    return audit_view(loaded, source)


def results(audit: AuditResult) -> list[tuple[str, str]]:
    """Checks with their results, for a data card: each check that was done, and what it found."""
    rows = []
    for state in audit.checks:
        if not state.done:
            continue
        own = [finding for finding in audit.findings if finding.check == state.check]
        rows.append(
            (
                f"audit: {state.title}",
                "; ".join(f"{finding.severity}: {finding.detail}" for finding in own) or "nothing found",
            )
        )
    return rows
