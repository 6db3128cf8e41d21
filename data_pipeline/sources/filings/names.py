"""The names that a company bore, by date."""

import json
from datetime import date, timedelta

from tickertune.core.market import NameSpan

Name = tuple[str, date | None, date | None]
"""A company name, and the first and the last filing date under it. In a list the present name stands last."""


def write_names(names: list[Name]) -> str:
    """Return names as text for a request's context."""
    return json.dumps(names, default=str)


def names_of(context: dict[str, str]) -> list[Name]:
    """Return the names that ``write_names`` put into a request's context."""
    raw = json.loads(context.get("names", "[]"))
    return [(name, *(date.fromisoformat(day) if day else None for day in days)) for name, *days in raw]


def name_on(names: list[Name], day: date) -> str:
    """Return the name that a filing of ``day`` bore: today's name on an old filing would come from its future.

    Between the last filing under one name and the first under the next the older one counts. The present name counts
    after the last filing under any former one.
    """
    former = names[:-1]
    if all(last is not None and last < day for _, _, last in former):
        return names[-1][0] if names else ""
    begun = [entry for entry in former if entry[1] is not None and entry[1] <= day]
    if not begun:
        return former[0][0]
    covering = [entry for entry in begun if entry[2] is None or entry[2] >= day]
    return (covering[-1] if covering else max(begun, key=lambda entry: entry[2] or date.max))[0]


def name_spans(names: list[Name]) -> list[NameSpan]:
    """Return the names with the dates between which they are known to have been used."""
    spans = [NameSpan(name=name, valid_from=first, valid_to=_next(last)) for name, first, last in names[:-1]]
    since = max((span.valid_to for span in spans if span.valid_to), default=None)
    return [*spans, NameSpan(name=names[-1][0], valid_from=since)]


def _next(day: date | None) -> date | None:
    return None if day is None or day == date.max else day + timedelta(days=1)
