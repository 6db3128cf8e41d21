"""Licences from the freest to the strictest: a data set inherits the strictest of its texts."""

import re
from collections.abc import Iterable

UNKNOWN = "other"
"""Hub's name for a licence that is none of the table's: unknown, unstated or proprietary, and so the strictest."""
ORDERED: tuple[tuple[str, str], ...] = (
    ("cc0-1.0", r"cc0(?:[- ]1\.0)?|public (?:domain|record)"),
    ("mit", r"mit"),
    ("apache-2.0", r"apache[- ]2\.0"),
    ("cc-by-3.0", r"cc[- ]by[- ]3\.0"),
    ("cc-by-4.0", r"cc[- ]by[- ]4\.0"),
    ("cc-by-sa-3.0", r"cc[- ]by[- ]sa[- ]3\.0"),
    ("cc-by-sa-4.0", r"cc[- ]by[- ]sa[- ]4\.0"),
    ("cc-by-nc-3.0", r"cc[- ]by[- ]nc[- ]3\.0"),
    ("cc-by-nc-4.0", r"cc[- ]by[- ]nc[- ]4\.0"),
    ("cc-by-nc-sa-3.0", r"cc[- ]by[- ]nc[- ]sa[- ]3\.0"),
    ("cc-by-nc-sa-4.0", r"cc[- ]by[- ]nc[- ]sa[- ]4\.0"),
)
"""Hub's short name and how a source's own words name it. Share-alike is stricter than attribution, a ban on commercial
use stricter than both, the later version of a licence counts as the stricter one."""
_REMARK = re.compile(r"\((?:generated text|sec\.gov: may be copied and distributed [^()]*)\)$")
"""The remarks that our own sources make about a licence without narrowing it."""


def hub_licence(stated: str) -> str:
    """Hub's short name of a licence as a source states it; ``UNKNOWN`` where anything else stands beside it.

    A source of labelled texts puts its name before it ("tfns: MIT"). "MIT (the collection's)" or "data set MIT; tweet
    text under the platform's terms" are not the licence of the text, and so unknown.
    """
    bare = _REMARK.sub("", re.sub(r"^[a-z][a-z0-9_]*: ", "", stated.strip())).strip()
    return next((name for name, words in ORDERED if re.fullmatch(words, bare, re.IGNORECASE)), UNKNOWN)


def strictest(stated: Iterable[str]) -> str:
    """Hub's short name of the strictest of several licences; ``UNKNOWN`` if one is unknown, or none is given."""
    order = [name for name, _ in ORDERED]
    found = {hub_licence(licence) for licence in stated}
    return UNKNOWN if not found or UNKNOWN in found else max(found, key=order.index)
