"""Renamings and delistings, read from corporate actions."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from data_pipeline.instruments.markets import split_listing
from tickertune.core.market import CorporateAction

_RENAMED = re.compile(r"(?P<old>\S{1,20}) to (?P<new>\S{1,20})")
"""How the sources write the detail of a symbol change."""


@dataclass(frozen=True, order=True)
class Event:
    """A symbol is given up; ``day`` is the first on which it no longer holds, ``new`` is empty for a delisting."""

    day: date
    market: str
    old: str
    new: str


def read_events(actions: Iterable[CorporateAction], counts: dict[str, int]) -> list[Event]:
    """Return the renamings and delistings among actions with provisional ids, sorted, each once.

    A renaming that does not say both symbols is counted and left out.
    """
    events = set()
    for action in actions:
        market, symbol = split_listing(action.instrument_id) or ("US", action.instrument_id)
        if action.kind == "delisting":
            events.add(Event(action.ex_date, market, symbol.upper(), ""))
        elif action.kind == "symbol_change":
            renamed = _RENAMED.fullmatch(action.detail)
            if renamed is None:
                counts["renamings_without_symbols"] = counts.get("renamings_without_symbols", 0) + 1
            else:
                events.add(Event(action.ex_date, market, renamed["old"].upper(), renamed["new"].upper()))
    return sorted(events)
