"""What price parsers share: bars, corporate actions and instruments of one answer, with impossible ones set aside.

A bar is a finished session. A vendor's answer of a live day ends with a row that still moves; it is counted as
``unfinished_sessions`` and left out. A vendor that gives no value at all for a session says that it has none: counted
as ``missing_sessions``, never filled.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import clean_text
from data_pipeline.sources.protocol import Mark, Response, SourceInfo, Window
from data_pipeline.sources.times import day, zone_info
from tickertune.core.market import ActionKind, Bar, Basis, CorporateAction, Instrument

US_ZONE = "America/New_York"
US_FINAL = time(20)
"""New York time from which a US vendor's daily row no longer moves: the end of late trading and of corrections."""
CN_FINAL = time(16)
"""Shanghai time from which a Chinese vendor's daily row no longer moves: after the fixed-price session of STAR."""
SETTLES = timedelta(days=4)
"""How far before a window's start its bars are asked once more: a session that was unfinished when the window before
ended (its last day, over a long weekend) is then read by the next one."""
_EARLIEST, _LATEST = date(1900, 1, 1), date(2200, 1, 1)
_ROUNDING = 1e-6
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|[+-]00:?00)?)?")


class Ohlcv(NamedTuple):
    """Prices in the instrument's currency and volume in shares; None where the vendor gives none."""

    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None


def read_day(text: str) -> date:
    """Read a date, also one written as midnight (``2018-01-05T00:00:00.000Z``).

    Raises:
        ValueError: It is none, lies outside 1900 to 2200, or has a time of day: then it is no session's date.
    """
    found = _DAY.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is not the date of a session")
    value = date(*map(int, found.groups()))
    if not _EARLIEST <= value < _LATEST:
        raise ValueError(f"date {value} is out of range")
    return value


def first_and_last(window: Window) -> tuple[date, date]:
    """Return the first and the last session date of a window, both inside."""
    return window.since.date(), (window.until - timedelta(microseconds=1)).date()


def window_context(window: Window, **more: str) -> dict[str, str]:
    """Return a request's context: the window as ISO text and what else the parser needs."""
    return {"since": window.since.isoformat(), "until": window.until.isoformat(), **more}


def end_of_day(value: date, zone: str) -> datetime:
    """Return the aware end of a day in an IANA zone: what has a date alone was known by then."""
    latest = day(value, zone).latest
    assert latest is not None
    return latest


class PriceCollector(Collector):
    """A collector that also builds bars, actions and instruments."""

    def __init__(self, info: SourceInfo, response: Response, final: time = US_FINAL) -> None:
        super().__init__(info, response)
        self._final = final
        self._recent = (response.fetched_at - timedelta(days=3)).date()
        self._seen: set[tuple[Any, ...]] = set()
        self._newest: dict[str, date] = {}
        self._acted: dict[tuple[Any, ...], tuple[int, list[float]]] = {}
        context = response.request.context
        self.window: Window | None = None
        if "since" in context:
            since, until = (datetime.fromisoformat(context[name]) for name in ("since", "until"))
            self.window = Window(since=since, until=until)
        self._span = first_and_last(self.window) if self.window else (date.min, date.max)

    def day(self, address: str, text: str) -> date | None:
        """Read a session's or an ex-date; None after the item was quarantined."""
        try:
            return read_day(text)
        except ValueError as error:
            self.set_aside(address, f"time: {error}", text)
            return None

    def bar(
        self,
        address: str,
        instrument_id: str,
        session: date,
        prices: Ohlcv,
        basis: Basis,
        *,
        adj_close: float | None = None,
        final: datetime | None = None,
    ) -> None:
        """Add the bar of a finished session inside the window, or count or quarantine it.

        Args:
            address: Where the row stands.
            instrument_id: As ``listing_id`` makes it.
            session: Date in the exchange's zone.
            prices: Open, high, low, close and volume.
            basis: What the vendor has applied to the prices.
            adj_close: The vendor's total-return close.
            final: From when the row no longer moves, where the answer says so; else by the source's rule.
        """
        if not self._covers(session):
            self.parsed.counts["outside_window"] += 1
            return
        if prices[:4] == (None, None, None, None):
            self.parsed.counts["missing_sessions"] += 1
            return
        if session >= self._recent and self.response.fetched_at < (final or self._final_moment(session)):
            self.parsed.counts["unfinished_sessions"] += 1
            return
        raw = (instrument_id, session.isoformat(), *prices)
        key = ("bar", instrument_id, session)
        reason = "the session stands there twice" if key in self._seen else _impossible(prices)
        if reason is None:
            reason = self._add(
                self.parsed.bars,
                Bar,
                instrument_id=instrument_id,
                session=session,
                basis=basis,
                adj_close=adj_close,
                **prices._asdict(),
            )
        if reason is not None:
            self.set_aside(address, f"bar of {session}: {reason}", repr(raw))
            return
        self._seen.add(key)
        if session > self._newest.get(instrument_id, date.min):
            self._newest[instrument_id] = session
            self.mark(Mark(at=datetime.combine(session, time(), UTC)), instrument_id)

    def action(
        self,
        address: str,
        instrument_id: str,
        ex_date: date,
        kind: ActionKind,
        value: float,
        detail: str = "",
        *,
        later: bool = False,
    ) -> None:
        """Add a corporate action that has happened, or count or quarantine it.

        The store knows an action by instrument, ex-date, kind and detail: of two with these in common the later would
        replace the earlier. So unequal payouts of one day (a regular dividend and a special one that the vendor does not
        tell apart) become one action of their sum, counted as ``summed_payouts``; equal ones are one event that stands
        there twice. That two unequal splits of one day multiply, or two final values of a delisting add up, is in no
        vendor's documentation that we know: the second is set aside. The sum is of one answer; payouts of a day that
        a vendor spreads over two pages are not added.

        Args:
            address: Where the item stands.
            instrument_id: As ``listing_id`` makes it.
            ex_date: First session that trades without it.
            kind: What happens.
            value: As ``CorporateAction.value`` says.
            detail: What else the vendor tells; never an id, since two ids for one event are one event.
            later: Whether one after the window's end is wanted too: bars that are adjusted for it need it.
        """
        if not self._covers(ex_date) and not (later and self.window and ex_date >= self.window.until.date()):
            self.parsed.counts["outside_window"] += 1
            return
        if ex_date > self.response.fetched_at.date():
            self.parsed.counts["announced_actions"] += 1
            return
        detail = clean_text(detail)
        key = (instrument_id, ex_date, kind, detail)
        index, values = self._acted.get(key, (len(self.parsed.actions), []))
        reason = None
        if kind in ("split", "cash_dividend") and not value > 0:
            reason = f"a value of {value}"
        elif value in values:
            reason = "it stands there twice"
        elif values and kind != "cash_dividend":
            reason = f"another {kind} of that day says {values[0]}"
        if reason is None:
            reason = self._add(
                self.parsed.actions,
                CorporateAction,
                instrument_id=instrument_id,
                ex_date=ex_date,
                kind=kind,
                value=sum(sorted((*values, value))),  # sorted: the order of rows changes no rounding
                detail=detail,
            )
        if reason is not None:
            self.set_aside(address, f"{kind} of {ex_date}: {reason}", repr((*key, value)))
            return
        if values:
            self.parsed.actions[index] = self.parsed.actions.pop()
            self.parsed.counts["summed_payouts"] += 1
        self._acted[key] = (index, [*values, value])

    def instrument(self, address: str, **fields: Any) -> None:
        """Add an instrument, or quarantine it."""
        reason = self._add(self.parsed.instruments, Instrument, **fields)
        if reason is not None:
            self.set_aside(address, f"instrument: {reason}", repr(sorted(fields.items())))

    def _add(self, found: list[Any], noun: Any, **fields: Any) -> str | None:
        """Append a noun; return the reason why it cannot be one."""
        try:
            found.append(noun(**fields))
        except ValidationError as error:
            problem = error.errors(include_url=False, include_context=False)[0]
            return f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}, got {str(problem['input'])[:60]!r}"
        return None

    def _final_moment(self, session: date) -> datetime:
        return datetime.combine(session, self._final, zone_info(self.info.zone))

    def _covers(self, value: date) -> bool:
        return self._span[0] <= value <= self._span[1]


def _impossible(prices: Ohlcv) -> str | None:
    """Say why no session can have had these prices; None where one can."""
    missing = [name for name, value in prices._asdict().items() if value is None]
    if missing:
        return f"{', '.join(missing)} missing"
    opened, high, low, close, _ = (float(value) for value in prices if value is not None)
    if high < low:
        return f"the high {high} is below the low {low}"
    for name, value in (("open", opened), ("close", close)):
        if not low * (1 - _ROUNDING) <= value <= high * (1 + _ROUNDING):
            return f"the {name} {value} lies outside the range {low} to {high}"
    return None
