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
