"""Observation: one value of a series, with the time from which it was known."""

from datetime import date

from tickertune.core.noun import Noun, UtcTime


class Observation(Noun):
    """A macro figure by vintage, or a fundamental as filed. All times are aware UTC."""

    series_id: str
    """Such as ``fred:GDPC1`` or ``us-gaap:Revenues``."""
    instrument_id: str | None = None
    period_start: date | None = None
    period_end: date
    """Last day of the period that the value describes; it is not when the value became known."""
    value: float
    unit: str
    available_at: UtcTime
    """When this value became known: release of the vintage, acceptance of the filing."""
    superseded_at: UtcTime | None = None
    """When a later vintage replaced it, where the source says so."""
    detail: str = ""
    """Accession number and form, or the vintage."""
    source: str
    raw_sha256: str
    parser_version: str
