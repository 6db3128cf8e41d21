"""What the price audit reports: one row a fault, with where it lies and how bad it is."""

from collections.abc import Iterable
from datetime import date
from typing import Literal, NamedTuple

import polars as pl

Severity = Literal["suspect", "note"]
"""suspect: a return over these sessions is probably false; note: known, harmless to a return, or not decidable."""

FINDINGS_SCHEMA = pl.Schema(
    {
        "instrument_id": pl.String(),
        "kind": pl.String(),
        "first_session": pl.Date(),
        "last_session": pl.Date(),
        "severity": pl.String(),
        "value": pl.Float64(),
        "detail": pl.String(),
    }
)

KINDS: dict[str, str] = {
    "split_applied_twice": "the bars hold a split already that the actions apply again, or hold it twice",
    "split_not_applied": "bars that are called split-adjusted jump by a split",
    "split_inverted": "a split is recorded upside down",
    "split_wrong_date": "the price falls by the split on another session than the recorded ex-date",
    "split_without_action": "a jump by the ratio of a split, and no action there",
    "splice": "the level jumps on a quiet day without an action: two series stand one after the other",
    "spike": "one bar stands far from both its neighbours",
    "volume_break": "volume changes its unit",
    "volatility_break": "volatility changes many times over from one session to the next, and stays",
    "missing_sessions": "the exchange was open and there is no bar",
    "zero_volume": "a price without a trade",
    "no_volume": "the series has no volume at all",
    "stale_close": "the close repeats more often than chance allows",
    "off_session": "a bar on a day on which the exchange was closed",
    "shifted_dates": "bars stand on closed days as often as sessions lack theirs: the dates are a day off",
    "duplicated_session": "two bars for one session",
    "repeated_bar": "the same open, high, low, close and volume as the session before",
    "impossible_bar": "the high is below the low, or open or close lies outside them",
    "mixed_basis": "bars of two bases in one series",
    "adj_close_inconsistent": "adj_close moves against close as no recorded action explains",
    "dividend_exceeds_price": "a payout as large as the price",
    "dividend_without_drop": "a large payout after which the price did not fall",
}
"""Every kind of finding, in words."""


class Finding(NamedTuple):
    """One fault of one series. ``value`` is the size in the kind's own unit, which ``detail`` names."""

    instrument_id: str
    kind: str
    first_session: date
    last_session: date
    severity: Severity
    value: float
    detail: str


def findings_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """Return findings as a table of ``FINDINGS_SCHEMA``, by instrument, session and kind."""
    frame = pl.DataFrame(list(findings), schema=FINDINGS_SCHEMA, orient="row")
    return frame.sort("instrument_id", "first_session", "kind", "last_session", "detail")


def summary(findings: pl.DataFrame) -> pl.DataFrame:
    """Count findings by kind and severity.

    Returns:
        Columns ``kind``, ``severity``, ``findings``, ``instruments``, ``first_session``, ``last_session`` and
        ``meaning``; suspects first, then by number.
    """
    counted = findings.group_by("kind", "severity").agg(
        findings=pl.len(),
        instruments=pl.col("instrument_id").n_unique(),
        first_session=pl.col("first_session").min(),
        last_session=pl.col("last_session").max(),
    )
    meaning = pl.col("kind").replace_strict(KINDS, return_dtype=pl.String)
    return counted.with_columns(meaning=meaning).sort(
        pl.col("severity") != "suspect", -pl.col("findings").cast(pl.Int64), "kind"
    )
