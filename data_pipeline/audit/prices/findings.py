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
        "remedy": pl.String(),
    }
)

KINDS: dict[str, str] = {
    "split_applied_twice": "the bars hold a split already that the actions apply again, or hold it twice",
    "split_not_applied": "bars that are called split-adjusted jump by a split",
    "split_inverted": "a split is recorded upside down",
    "split_wrong_date": "the price falls by the split on another session than the recorded ex-date",
    "split_without_action": "a jump by the ratio of a split, and no action there",
    "splice": "the level jumps on a quiet day without an action: two series stand one after the other",
    "shared_prices": "two instruments have the same bars from here on: one company under two symbols",
    "spike": "one bar stands far from both its neighbours",
    "large_move": "the price moves overnight as rarely, on a day that trades as after news",
    "volume_break": "volume changes its unit",
    "volatility_break": "volatility changes many times over from one session to the next, and stays",
    "missing_sessions": "the exchange was open and there is no bar",
    "starts_late": "the series begins after most others",
    "ends_early": "the series ends before most others",
    "zero_volume": "a price without a trade",
    "no_volume": "the series has no volume at all",
    "stale_close": "the close repeats more often than chance allows",
    "off_session": "a bar on a day on which the exchange was closed",
    "shifted_dates": "bars stand on closed days as often as sessions lack theirs: the dates are a day off",
    "duplicated_session": "two bars for one session",
    "repeated_bar": "the same open, high, low, close and volume as the session before",
    "impossible_bar": "the high is below the low, or open or close lies outside them",
    "mixed_basis": "bars of two bases in one series",
    "duplicated_action": "the same action twice on one ex-date",
    "adj_close_inconsistent": "adj_close moves against close as no recorded action explains",
    "dividend_without_action": "adj_close reinvests a payout that no action records",
    "dividend_misstated": "adj_close reinvests another payout than the recorded one",
    "dividend_exceeds_price": "a payout as large as the price",
    "dividend_without_drop": "a large payout after which the price did not fall",
}
"""Every kind of finding, in words."""

_BASIS = "Declare the basis that the bars have, or fetch them again as traded"
_ACTION = "Check the company's announcement; record the action or correct it"
_BAR = "Fetch the session again; leave the bar out where the vendor repeats it"
_LISTING = "Check the symbol's listings and renames; give each company its own instrument_id"

REMEDIES: dict[str, str] = {
    "split_applied_twice": f"{_BASIS}; where the basis is right, delete the doubled action",
    "split_not_applied": _BASIS,
    "split_inverted": "Record the ratio as new shares for one old",
    "split_wrong_date": "Record the ex-date, not the day of announcement or payment",
    "split_without_action": f"{_ACTION}; where the bars change their basis here, fetch all from one vendor",
    "splice": f"{_LISTING}; where the vendor changed, fetch all bars from one",
    "shared_prices": f"{_LISTING}, and each its own bars",
    "spike": _BAR,
    "large_move": "Look for the news of that day; without any, treat it as a splice",
    "volume_break": "Check the unit of volume before it is used",
    "volatility_break": _LISTING,
    "missing_sessions": "Fetch the sessions again; a halt stays a gap, for no bar is ever filled",
    "starts_late": "Check the day of the listing; fetch again what is missing",
    "ends_early": "Record the delisting with its final value, or fetch again what is missing",
    "zero_volume": "Fetch the session again; a day without a trade has no price to enter at",
    "no_volume": "None is needed for returns; give volume where liquidity matters",
    "stale_close": _BAR,
    "off_session": "Check the instrument's exchange and the zone of the dates",
    "shifted_dates": "Read the dates in the exchange's zone and fetch the series again",
    "duplicated_session": "Keep one bar a session: the vendor's correction, or fetch it again",
    "repeated_bar": _BAR,
    "impossible_bar": _BAR,
    "mixed_basis": "Give the instrument bars of one basis",
    "duplicated_action": "Keep one of the two actions",
    "adj_close_inconsistent": "Fetch adj_close and actions again, on the same day",
    "dividend_without_action": _ACTION,
    "dividend_misstated": _ACTION,
    "dividend_exceeds_price": _ACTION,
    "dividend_without_drop": _ACTION,
}
"""What to do about each kind."""


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
    told = {name: dtype for name, dtype in FINDINGS_SCHEMA.items() if name != "remedy"}
    frame = pl.DataFrame(list(findings), schema=told, orient="row").with_columns(
        remedy=pl.col("kind").replace_strict(REMEDIES, return_dtype=pl.String)
    )
    return frame.sort("instrument_id", "first_session", "kind", "last_session", "detail")


def summary(findings: pl.DataFrame) -> pl.DataFrame:
    """Count findings by kind and severity.

    Returns:
        Columns ``kind``, ``severity``, ``findings``, ``instruments``, ``first_session``, ``last_session``,
        ``meaning`` and ``remedy``; suspects first, then by number.
    """
    counted = findings.group_by("kind", "severity").agg(
        findings=pl.len(),
        instruments=pl.col("instrument_id").n_unique(),
        first_session=pl.col("first_session").min(),
        last_session=pl.col("last_session").max(),
    )
    words = {
        name: pl.col("kind").replace_strict(told, return_dtype=pl.String)
        for name, told in (("meaning", KINDS), ("remedy", REMEDIES))
    }
    return counted.with_columns(**words).sort(
        pl.col("severity") != "suspect", -pl.col("findings").cast(pl.Int64), "kind"
    )
