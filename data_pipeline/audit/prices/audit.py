"""The audit of a table of bars: every detector over every instrument."""

from collections.abc import Callable, Iterator

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.audit.prices.adjusted import adjusted_closes
from data_pipeline.audit.prices.calendar import off_session
from data_pipeline.audit.prices.duplicates import duplicated_actions, duplicates
from data_pipeline.audit.prices.ends import ends
from data_pipeline.audit.prices.findings import FINDINGS_SCHEMA, Finding, findings_frame
from data_pipeline.audit.prices.impossible import impossible_bars
from data_pipeline.audit.prices.missing import missing_sessions
from data_pipeline.audit.prices.payouts import payouts
from data_pipeline.audit.prices.series import Series, series_of
from data_pipeline.audit.prices.shared import shared_prices
from data_pipeline.audit.prices.spikes import spikes
from data_pipeline.audit.prices.splices import splices
from data_pipeline.audit.prices.splits import splits
from data_pipeline.audit.prices.stale import stale_closes
from data_pipeline.audit.prices.volume import zero_volume
from data_pipeline.labels.prices import PAYOUTS
from data_pipeline.labels.sessions import Sessions, load_sessions

OF_DAYS = (off_session, duplicates, duplicated_actions)
"""Detectors that ask for no two bars on sessions."""
OF_PRICES: tuple[Callable[[Series], Iterator[Finding]], ...] = (
    splits,
    splices,
    spikes,
    missing_sessions,
    zero_volume,
    stale_closes,
    impossible_bars,
    adjusted_closes,
    payouts,
)


def audit_prices(
    bars: pl.DataFrame, actions: pl.DataFrame, instruments: pl.DataFrame, sessions: Sessions
) -> pl.DataFrame:
    """Look for faults in the bars of one market.

    The audit knows what came later, as whoever checks a file does: its findings may withhold a label, never
    make a feature.

    Args:
        bars: Schema ``Bar``, rows in any order; those outside the span of ``sessions`` are ignored.
        actions: Schema ``CorporateAction``.
        instruments: Schema ``Instrument``; bars of instruments that it lacks are not audited.
        sessions: Sessions of the instruments' exchange.

    Returns:
        Findings, schema ``FINDINGS_SCHEMA``.
    """
    first, last = (pl.lit(sessions.dates[at]).cast(pl.Date) for at in (0, -1))
    bars = bars.filter(pl.col("session").is_between(first, last)).join(instruments, on="instrument_id", how="semi")
    acted = actions.partition_by("instrument_id", as_dict=True)
    paid = bool(actions["kind"].is_in(PAYOUTS).any())
    found: list[Finding] = list(ends(bars, sessions))
    audited = [
        series_of(str(instrument_id), own, acted.get((instrument_id,), actions.clear()), sessions, paid)
        for (instrument_id,), own in sorted(bars.partition_by("instrument_id", as_dict=True).items())
    ]
    for series in audited:
        for detector in (*OF_DAYS, *(OF_PRICES if len(series) > 1 else ())):
            found += detector(series)
    found += shared_prices([series for series in audited if not series.closes_only])
    return findings_frame(found)


def audit_markets(bars: pl.DataFrame, actions: pl.DataFrame, instruments: pl.DataFrame) -> pl.DataFrame:
    """Audit bars of any exchanges, each against its own calendar over the days that its bars span.

    Raises:
        TickerTuneError: An exchange has no calendar, or none over those days.
    """
    parts = [pl.DataFrame(schema=FINDINGS_SCHEMA)]
    for (exchange,), listed in sorted(instruments.partition_by("exchange", as_dict=True).items()):
        own = bars.join(listed, on="instrument_id", how="semi")
        if not own.is_empty():
            days = own["session"].sort()
            parts.append(audit_prices(own, actions, listed, load_sessions(str(exchange), days[0], days[-1])))
    return pl.concat(parts).sort("instrument_id", "first_session", "kind", "last_session", "detail")


def suspect_sessions(findings: pl.DataFrame, instruments: list[str], sessions: Sessions) -> NDArray[np.bool_]:
    """Mark the sessions of suspect findings.

    Args:
        findings: Schema ``FINDINGS_SCHEMA``; notes mark nothing.
        instruments: Rows of the result.
        sessions: Columns of the result.

    Returns:
        Booleans, instrument x session.
    """
    rows = {instrument: row for row, instrument in enumerate(instruments)}
    suspect = np.zeros((len(instruments), len(sessions)), dtype=bool)
    for finding in findings.filter(pl.col("severity") == "suspect").iter_rows(named=True):
        if (row := rows.get(finding["instrument_id"])) is not None:
            low = sessions.at_or_after(finding["first_session"])
            high = int(np.searchsorted(sessions.dates, np.datetime64(finding["last_session"]), side="right"))
            suspect[row, low:high] = True
    return suspect
