"""Cashtags: ``$AAPL`` as a token of its own, and none of its look-alikes."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from data_pipeline.linking.spans import covers

_CASHTAG = re.compile(
    r"""
    (?<![\w$#@%*^~\\])                 # not U$D, A$AP, S#$T, $$T
    \$
    ([A-Za-z]{1,6}(?:[.\-_/][A-Za-z](?![\w$]))?)   # with a share class: $BRK.A
    (?![\w$*^\\])                      # not $T$, $T4
    (?!(?:\.\.\.|\u2026)(?:\s+http\S*)?\s*$)  # not "$D..." at the end: the length limit cut it, from $DIS perhaps
    """,
    re.VERBOSE,
)
_BEFORE_ONE_LETTER = frozenset("([{\"'\u201c\u2018,;:/|<>\u2013\u2014-")
_AFTER_ONE_LETTER = re.compile(
    r"(?:$|[\s)\]}\"\u201d,;:!?/|<>\u2013\u2014]|\.(?![\w.])|['\u2019](?:s\b|(?!\w))|-(?![\w>]))"
)


def cashtags(text: str) -> list[str]:
    """Return the distinct cashtags of a text in upper case, in order of appearance, ``$BRK.A`` as ``BRK-A``.

    Tags of one letter ($T, $C, $V, $D) and two must be upper case, and those of one letter must stand between
    white space or punctuation: "$T-Mobile", "$T∆R" and "HEI$T" are none. "US$", "U$D" and "$5" never match.
    """
    found: dict[str, None] = {}
    for match in _CASHTAG.finditer(text):
        tag = match.group(1)
        if len(tag) <= 2 and not tag.isupper():
            continue
        if len(tag) == 1 and not _stands_alone(text, match.start(), match.end()):
            continue
        found.setdefault(re.sub(r"[._/]", "-", tag.upper()))
    return list(found)


def _stands_alone(text: str, start: int, end: int) -> bool:
    before = text[start - 1] if start else " "
    return (before.isspace() or before in _BEFORE_ONE_LETTER) and _AFTER_ONE_LETTER.match(text, end) is not None


class SymbolIndex:
    """Finds the instrument that a symbol meant on a day: symbols are reused, ids are not."""

    def __init__(self, instruments: Iterable[Mapping[str, Any]]) -> None:
        """Index rows of ``Instrument``; a share class is found with its hyphen and without."""
        self._spans: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._by_id: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in instruments:
            self._by_id[row["instrument_id"]].append(row)
            symbol = re.sub(r"[._/]", "-", row["symbol"].upper())
            for form in {symbol, symbol.replace("-", "")}:
                self._spans[form].append(row)

    def find(self, symbol: str, day: date) -> tuple[str, str] | None:
        """Return (instrument_id, symbol) of the one instrument that had the symbol on ``day``, else None."""
        form = re.sub(r"[._/]", "-", symbol.upper())
        rows = {row["instrument_id"]: row["symbol"] for row in self._spans.get(form, ()) if covers(row, day)}
        return next(iter(rows.items())) if len(rows) == 1 else None

    def valid(self, instrument_id: str, symbol: str, day: date) -> bool:
        """Whether a payload's (instrument_id, symbol) held on ``day``."""
        found = self.find(symbol, day)
        return found is not None and found[0] == instrument_id

    def symbol_on(self, instrument_id: str, day: date) -> str | None:
        """Return the symbol that an instrument had on ``day``, or None."""
        return next((row["symbol"] for row in self._by_id.get(instrument_id, ()) if covers(row, day)), None)
