"""Company names: which one held on a day, and where a text says it.

Names are matched conservatively, since a wrong link poisons a label while a missed one costs a sample:

- case counts, and the name must stand alone between word boundaries;
- the legal form may be left out where two or more words remain ("Exxon Mobil" for "Exxon Mobil Corporation"),
  but a single word ("Visa", "Apple", "Target") links only with its legal form ("Visa Inc.") or where the
  registered name is that one word;
- a name that fits two instruments (BHP Billiton Limited and plc) links neither.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

LEGAL_FORMS = (
    "Incorporated", "Inc", "Corporation", "Corp", "Company", "Co", "Limited", "Ltd", "LLC", "plc", "PLC", "L.P", "LP",
    "N.V", "NV", "S.A", "SA", "SE", "AG", "SA/NV",
)  # fmt: skip
_FORM = "|".join(re.escape(form) for form in sorted(LEGAL_FORMS, key=len, reverse=True))
_TAIL = re.compile(rf"(?:,?\s+(?:&\s+)?(?:{_FORM})\.?)+$")


def name_on(name: str, names: Iterable[Mapping[str, Any]], day: date) -> str:
    """Return the company name that held on ``day``.

    Args:
        name: The instrument's present name, used where no span covers the day.
        names: Rows of ``NameSpan``.
        day: A calendar date.
    """
    return next((str(span["name"]) for span in names if covers(span, day)), name)


def covers(span: Mapping[str, Any], day: date) -> bool:
    """Whether ``valid_from`` <= day < ``valid_to``, a missing end being open."""
    start, end = span["valid_from"], span["valid_to"]
    return (start is None or start <= day) and (end is None or day < end)


def spellings(name: str) -> list[str]:
    """Return the spellings under which a name may stand in a text, longest first."""
    full = " ".join(name.split()).rstrip(".")
    bare = full.removeprefix("The ")
    core = _TAIL.sub("", bare)
    found = {full, bare} if bare == core or len(bare.split()) > 1 else {full}
    if len(core.split()) > 1 or core == bare:
        found.add(core)
    return sorted((form for form in found if len(form) > 2), key=lambda form: (-len(form), form))


class NameIndex:
    """Finds company names that were valid on the day of the text."""

    def __init__(self, instruments: Iterable[Mapping[str, Any]]) -> None:
        """Index rows of ``Instrument``."""
        self._spans: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in instruments:
            spans = row["names"] or [{"name": row["name"], "valid_from": None, "valid_to": None}]
            for span in spans:
                for form in spellings(span["name"]):
                    self._spans[form].append({**span, "instrument_id": row["instrument_id"]})
        forms = sorted(self._spans, key=lambda form: (-len(form), form))
        alternatives = "|".join(re.escape(form) for form in forms) or r"(?!)"
        self._pattern = re.compile(rf"(?<![\w$#@&-])(?:{alternatives})(?!\w|[&-]\w)")

    def find(self, text: str, day: date) -> dict[str, str]:
        """Return instrument_id -> matched spelling, for names that held on ``day`` and mean one instrument."""
        found: dict[str, str] = {}
        for match in self._pattern.finditer(text):
            ids = {span["instrument_id"] for span in self._spans[match.group()] if covers(span, day)}
            if len(ids) == 1:
                found.setdefault(ids.pop(), match.group())
        return found
