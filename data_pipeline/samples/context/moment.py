"""Where and when a context block is asked."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Moment:
    """One instrument at one decision."""

    instrument_id: str
    row: int
    """Row of the instrument in the price panel."""
    last_close: int
    """Last session whose close is known, an index; -1 for none."""
    as_of: datetime
    """Decision time, aware UTC."""
    day: date
    """Day of the entry's session, on which names and symbols hold."""
