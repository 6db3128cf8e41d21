"""When a filing was accepted and when it became public.

``published_at`` is the acceptance. A filing accepted after 17:30 in New York is dated the next business day, and is
public from 06:00 of that day; forms 3, 4, 5, 144 and a few others keep the day and are public at once. Both follow
from the filing date, without a table of forms: nothing is public before 06:00 of its filing date.
"""

from datetime import UTC, date, datetime, time

from data_pipeline.sources.filings.sec import NEW_YORK
from data_pipeline.sources.times import Stamp, iso, local, zone_info

SUBMISSIONS_ZONE_RULE = (
    "acceptanceDateTime ends in Z but is UTC for some companies and New York clock time for others: taken as an interval "
    "from the one reading to the other (4 or 5 hours, quality day), public at its end and not before 06:00 New York of "
    "the filing date"
)
SGML_ZONE_RULE = (
    "ACCEPTANCE-DATETIME of the full submission and Accepted of the index page are New York time, to the second; public "
    "not before 06:00 New York of the filing date"
)


def from_sgml(text: str, filed: date) -> Stamp:
    """Read ``<ACCEPTANCE-DATETIME>``, such as ``20191115060224`` in New York."""
    return _public(local(text, "%Y%m%d%H%M%S", NEW_YORK), filed)


def from_page(text: str, filed: date) -> Stamp:
    """Read ``Accepted`` of a filing's index page, such as ``2026-03-06 16:11:25`` in New York."""
    return _public(local(text, "%Y-%m-%d %H:%M:%S", NEW_YORK), filed)


def from_submissions(text: str, filed: date) -> Stamp:
    """Read ``acceptanceDateTime`` of submissions JSON, such as ``2019-11-15T06:02:24.000Z``.

    Recorded files show both meanings: those of NVIDIA and Tesla are UTC, those of Apple are the digits of the SGML
    header, New York time. Nothing in the file says which, so both are allowed.
    """
    as_utc = iso(text)
    if not text.strip().endswith("Z") or as_utc.at is None:
        return _public(as_utc, filed)
    as_new_york = iso(text.strip().removesuffix("Z"), NEW_YORK)
    return _public(Stamp(as_utc.at, "day", as_new_york.latest), filed)


def from_filing_date(filed: date) -> Stamp:
    """Read a filing date alone: public on that day in New York."""
    return iso(filed.isoformat(), NEW_YORK)


def public_at(accepted: datetime, filed: str) -> datetime:
    """Return when a filing became public: at its acceptance, and not before 06:00 New York of the filing date.

    Args:
        accepted: Acceptance, aware.
        filed: Filing date as ``2026-01-12``; where it is none, the acceptance stands alone.
    """
    try:
        opening = _opening(date.fromisoformat(filed))
    except (ValueError, OverflowError):
        return accepted
    return max(accepted, opening)


def _opening(filed: date) -> datetime:
    return datetime.combine(filed, time(6), zone_info(NEW_YORK)).astimezone(UTC)


def _public(accepted: Stamp, filed: date) -> Stamp:
    opening = _opening(filed)
    latest = opening if accepted.latest is None else max(accepted.latest, opening)
    return Stamp(accepted.at, accepted.quality, latest)
