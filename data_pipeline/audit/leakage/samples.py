"""The audit of samples that a build has in memory."""

from collections.abc import Iterator, Sequence

import polars as pl

from data_pipeline.audit.leakage.audit import audit_view
from data_pipeline.audit.leakage.finding import AuditResult
from data_pipeline.audit.leakage.inputs import Part, Source
from data_pipeline.audit.leakage.load import load_view


def audit_samples(
    frame: pl.DataFrame, documents: pl.DataFrame | None, *, exchange: str, zone: str, latency_minutes: int
) -> list[tuple[str, str]]:
    """Audit ``Sample`` rows with the same checks as any other data set.

    Args:
        frame: ``Sample`` rows of all splits.
        documents: Documents behind them, schema ``Document``; None: none are known.
        exchange: ISO 10383 code of the exchange.
        zone: Its IANA zone.
        latency_minutes: Time from a document's availability to its use.

    Returns:
        Checks with their results, for the data card; a check that cannot be done is not among them.
    """

    def read(columns: Sequence[str], size: int) -> Iterator[pl.DataFrame]:
        return frame.select(list(columns)).iter_slices(size)

    source = Source("samples", [Part("samples", None, tuple(frame.columns), read)])
    loaded = load_view(
        source,
        {},
        zone=None,
        exchange=exchange,
        exchange_zone=zone,
        documents=documents,
        latency_minutes=latency_minutes,
    )
    return _results(audit_view(loaded, source))


def _results(audit: AuditResult) -> list[tuple[str, str]]:
    rows = []
    for state in audit.checks:
        own = [f"{finding.severity}: {finding.detail}" for finding in audit.findings if finding.check == state.check]
        if state.done:
            rows.append((f"audit: {state.title}", "; ".join(own) or "nothing found"))
    return rows
