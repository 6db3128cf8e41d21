"""Which name held on a day."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any


def covers(span: Mapping[str, Any], day: date) -> bool:
    """Whether ``valid_from`` <= day < ``valid_to``, a missing end being open."""
    start, end = span["valid_from"], span["valid_to"]
    return (start is None or start <= day) and (end is None or day < end)


def name_on(name: str, names: Iterable[Mapping[str, Any]], day: date) -> str:
    """Return the company name that held on ``day``.

    Args:
        name: The instrument's present name, used where no span covers the day.
        names: Rows of ``NameSpan``.
        day: A calendar date.
    """
    return next((str(span["name"]) for span in names if covers(span, day)), name)


def name_spans(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the name spans of a row of ``Instrument``; without any, its name holds as long as its symbol."""
    own = {"name": row["name"], "valid_from": row["valid_from"], "valid_to": row["valid_to"]}
    return row["names"] or [own]
