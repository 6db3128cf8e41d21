"""Which rows speak of one instrument, and where their spans end.

Rows are one instrument where a source gives them one id of its own, where company number and symbol agree, or where
they claim one symbol of one market on the same day without contradiction: a market has one listing of a symbol at a
time. A provisional id (``US:META``) is a name and no identity: its rows belong together only if the company number
agrees or one begins where the other ends.

Rows are taken in the order of their start, each joins at most one instrument, and an instrument is named after its
earliest row. So rows that begin later never change what was resolved before they begin.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from data_pipeline.instruments.events import Event
from data_pipeline.instruments.markets import market_of, split_listing
from data_pipeline.instruments.registry import covers, end, ordered, start
from tickertune.core.market import Instrument, NameSpan

Place = tuple[str, str]
"""Market and symbol."""


@dataclass
class _Group:
    """The rows of one instrument as they came, what identifies it, and its spans as known so far."""

    rows: list[Instrument] = field(default_factory=list)
    ciks: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    spans: dict[Place, list[Instrument]] = field(default_factory=lambda: defaultdict(list))

    def agrees(self, row: Instrument) -> bool:
        """Whether nothing says that ``row`` is of another instrument."""
        own = own_id(row)
        same_company = not row.cik or not self.ciks or row.cik in self.ciks
        return same_company and (own is None or not self.ids or own in self.ids)

    def continues(self, row: Instrument) -> bool:
        """Whether a row of a known provisional id is of this group: the company agrees, or it begins where one ended."""
        rows = [known for known in self.rows if known.instrument_id == row.instrument_id]
        touches = any(known.valid_to is not None and known.valid_to == row.valid_from for known in rows)
        return self.agrees(row) and (touches or (row.cik is not None and row.cik in self.ciks))

    def claims(self, row: Instrument) -> bool:
        """Whether the group holds the row's symbol on the day on which the row begins."""
        return any(end(span) > start(row) for span in self.spans.get(place(row), ()))

    def add(self, row: Instrument) -> None:
        """Add a row: where it overlaps or touches the last span of its symbol both are one, with the end that is known."""
        self.rows.append(row)
        self.ciks |= {row.cik} if row.cik else set()
        self.ids |= {own} if (own := own_id(row)) else set()
        spans = self.spans[place(row)]
        if spans and start(row) <= end(spans[-1]):
            ends = [known for known in (spans[-1].valid_to, row.valid_to) if known is not None]
            spans[-1] = spans[-1].model_copy(update={"valid_to": max(ends, default=None)})
        else:
            spans.append(row)

    def close(self, where: Place, day: date) -> None:
        """End the open spans of a symbol that began before ``day``."""
        spans = self.spans.get(where, [])
        for index, span in enumerate(spans):
            if span.valid_to is None and start(span) < day:
                spans[index] = span.model_copy(update={"valid_to": day})

    def named(self) -> list[Instrument]:
        """Return the spans under the instrument's registry id."""
        names = {(name.name, name.valid_from): name for name in _names(self.rows)}
        shared = {
            "instrument_id": _identity(self.rows[0]),
            "cik": next((row.cik for row in self.rows if row.cik), None),
            "names": sorted(names.values(), key=lambda name: (name.valid_from or date.min, name.name)),
        }
        return [span.model_copy(update=shared) for spans in self.spans.values() for span in spans]


def place(row: Instrument) -> Place:
    """Return market and symbol of a row."""
    return market_of(row.exchange), row.symbol


def own_id(row: Instrument) -> str | None:
    """Return the id that a source gave an instrument; None where it is a name: a market or CIK and a symbol."""
    named = split_listing(row.instrument_id) is not None
    return None if named or _of_edgar(row) else row.instrument_id


def _of_edgar(row: Instrument) -> bool:
    return row.cik is not None and row.instrument_id == f"CIK{row.cik}:{row.symbol}"


def _names(rows: list[Instrument]) -> Iterator[NameSpan]:
    """The names of all rows. EDGAR tells all names at each fetch: what an older one called present has an end in the newest."""
    newest = max((row for row in rows if row.names and _of_edgar(row)), key=start, default=None)
    for row in rows:
        outdated = _of_edgar(row) and newest is not None and start(row) < start(newest)
        yield from (name for name in row.names if not (outdated and name.valid_to is None))


def merge(rows: list[Instrument], events: list[Event], counts: dict[str, int]) -> list[Instrument]:
    """Return the spans of all instruments under their registry ids.

    Args:
        rows: Rows whose ``valid_from`` is known, or that have an id of their own.
        events: Renamings and delistings; those of a day come before the rows that begin on it.
        counts: Takes the number of events that found no span.
    """
    book = _Book()
    waiting = sorted(events, reverse=True)
    for row in ordered(rows):
        while waiting and waiting[-1].day <= start(row):
            book.apply(waiting.pop(), counts)
        book.add(row)
    while waiting:
        book.apply(waiting.pop(), counts)
    return ordered(span for group in book.groups for span in group.named())


class _Book:
    """The instruments as known so far, in the order of time: nothing that is added changes what was decided before."""

    def __init__(self) -> None:
        self.groups: list[_Group] = []
        self._by_key: dict[tuple[str, ...], _Group] = {}
        self._by_listing: dict[str, list[_Group]] = defaultdict(list)
        self._by_symbol: dict[tuple[str, str], list[_Group]] = defaultdict(list)

    def add(self, row: Instrument) -> None:
        """Add a row to the instrument that it speaks of, or to a new one."""
        known = [self._by_key[key] for key in _keys(row) if key in self._by_key]
        group = next((group for group in known if group.agrees(row)), None)
        if group is None and split_listing(row.instrument_id) is not None:
            group = _only(group for group in self._by_listing[row.instrument_id] if group.continues(row))
        if group is None:
            group = _only(group for group in self._by_symbol[place(row)] if group.agrees(row) and group.claims(row))
        if group is None:
            group = _Group()
            self.groups.append(group)
        self._put(group, row)

    def apply(self, event: Event, counts: dict[str, int]) -> None:
        """End the span of a symbol on the day of an event, and begin that of its successor."""
        where, eve = (event.market, event.old), event.day - timedelta(days=1) if event.day > date.min else date.min
        holding = [
            (start(span), group, index)
            for group in self._by_symbol[where]
            for index, span in enumerate(group.spans[where])
            if covers(span, eve)
        ]
        if not holding:
            counts["events_without_span"] = counts.get("events_without_span", 0) + 1
            return
        # An older open span may be of an instrument that lost the symbol unseen: the event is about the last one.
        last = max(began for began, _, _ in holding)
        for began, group, index in holding:
            if began < last:
                continue
            span = group.spans[where][index]
            group.spans[where][index] = span.model_copy(update={"valid_to": min(end(span), event.day)})
            if event.new:
                self._put(
                    group, span.model_copy(update={"symbol": event.new, "valid_from": event.day, "valid_to": None})
                )

    def _put(self, group: _Group, row: Instrument) -> None:
        """Add a row to a group, and end earlier open spans: of others with its symbol, of the same under another one.

        A span without an end says no more than that none was known when it was written.
        """
        if row.valid_from is not None:
            market = market_of(row.exchange)
            for other in self._by_symbol[place(row)]:
                if other is not group:
                    other.close(place(row), row.valid_from)
            for where in group.spans:
                if where[0] == market and where[1] != row.symbol:
                    group.close(where, row.valid_from)
        group.add(row)
        for key in _keys(row):
            self._by_key.setdefault(key, group)
        for shelf in (self._by_listing[row.instrument_id], self._by_symbol[place(row)]):
            if not any(known is group for known in shelf):
                shelf.append(group)


def _keys(row: Instrument) -> list[tuple[str, ...]]:
    own = own_id(row)
    keys: list[tuple[str, ...]] = [("id", own)] if own is not None else []
    return [*keys, ("class", row.cik, market_of(row.exchange), row.symbol)] if row.cik else keys


def _only(groups: Iterable[_Group]) -> _Group | None:
    """Return the only group; None where there are several: either could be meant."""
    found = list(groups)
    return found[0] if len(found) == 1 else None


def _identity(row: Instrument) -> str:
    """Return the registry id: a source's own one, else after company number and first symbol, else symbol and start."""
    own = own_id(row)
    if own is not None:
        return own
    return f"CIK{row.cik}:{row.symbol}" if row.cik else f"{market_of(row.exchange)}.{row.symbol}.{row.valid_from}"
