"""FRED and ALFRED: macro series by vintage.

A vintage has a date alone, that of its release: the value is taken as known from the end of that day in Chicago, FRED's
zone, and as superseded at the end of the next vintage's day. An answer clips the vintages to the span that was asked,
so a value that begins on the span's first day may be older: each span is asked from a day earlier, and only what begins
inside it is taken. A series' frequency and units change between vintages (chained dollars of 2012, then of 2017), so
the facts of the series are asked first, by vintage too, and the values with them. FRED names a month, quarter or year by
its first day; a week by its last.

At most 2000 vintages may be asked at once: a span has at most five years. Series that ALFRED does not keep (some
market rates) are answered with an error: without vintages nobody knows what was known.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from pydantic import ValidationError

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import Payload, clean_text, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
    Mark,
    Parsed,
    RateLimit,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import day
from tickertune.core.observation import Observation

_API = "https://api.stlouisfed.org/fred"
_KEY = (Auth(place="query", name="api_key", env="FRED_API_KEY"),)
_ZONE = "America/Chicago"
_PAGE = 100_000
_SPAN = timedelta(days=5 * 365)
_DAY = timedelta(days=1)
_MONTHS = {"M": 1, "Q": 3, "SA": 6, "A": 12}
_DAYS = {"D": 1, "W": 7, "BW": 14}


class Series(Payload):
    """Facts of a series, true between two vintage dates."""

    id: str
    realtime_start: str
    realtime_end: str
    frequency_short: str
    units: str

    unused = frozenset(
        (
            "title", "observation_start", "observation_end", "frequency", "units_short", "seasonal_adjustment",
            "seasonal_adjustment_short", "last_updated", "popularity", "group_popularity", "notes",
        )
    )  # fmt: skip


class Value(Payload):
    """One value; ``.`` where there is none."""

    realtime_start: str
    realtime_end: str
    date: str
    value: str


class Fred(Source):
    """All vintages that were released in the window, of the series that ``scope.symbols`` names."""

    info = SourceInfo(
        name="fred",
        title="FRED and ALFRED (Federal Reserve Bank of St. Louis)",
        category="macro",
        market="US",
        modes=("range",),
        access="REST API, free key: every vintage of a series with its release date",
        needs=("symbols",),
        credentials=("FRED_API_KEY",),
        rate=RateLimit(calls=120, seconds=60, shared="fred"),
        zone=_ZONE,
        zone_rule="dates of vintages without a time: known from the end of that day in Chicago",
        terms="Free by the FRED API terms of use, which ask for a notice; some series belong to others and say so.",
        licence="mostly public domain; series with a copyright notice belong to their source",
        evidence="documented",
        evidence_note="https://fred.stlouisfed.org/docs/api/fred/series_observations.html",
        parser_version="fred-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the request for the facts of each series during the window."""
        first, last = window.since.date(), (window.until - timedelta(microseconds=1)).date()
        return [
            Request(
                url=f"{_API}/series",
                params={"series_id": name.strip().upper(), **_realtime(first, last), "file_type": "json"},
                auth=_KEY,
                context={"since": window.since.isoformat(), "until": window.until.isoformat()},
            )
            for name in scope.symbols
        ]

    def parse(self, response: Response) -> Parsed:
        """Read the facts of a series, which lead to its values, or a page of values."""
        payload = expect_object(read_json(response), "the top")
        if "error_message" in payload:
            message = clean_text(str(payload["error_message"]))[:300]
            raise RefusedResponse(f"FRED answered: {message}", "credentials" if "api_key" in message else "content")
        out = Collector(self.info, response)
        if response.request.url.endswith("/series"):
            for address, item in out.items(Series, expect_list(payload.get("seriess"), "seriess"), "/seriess"):
                _ask_values(out, address, item)
            return out.parsed
        rows = expect_list(payload.get("observations"), "observations")
        for address, value in out.items(Value, rows, "/observations"):
            _add(out, address, value)
        offset = int(response.request.params.get("offset", "0"))
        if len(rows) >= _PAGE:
            params = {**response.request.params, "offset": str(offset + _PAGE)}
            out.parsed.follow.append(response.request.model_copy(update={"params": params}))
        return out.parsed


def _realtime(first: date, last: date) -> dict[str, str]:
    return {"realtime_start": first.isoformat(), "realtime_end": last.isoformat()}


def _read(text: str) -> date:
    """Read YYYY-MM-DD.

    Raises:
        ValueError: It is none.
    """
    return date.fromisoformat(text.strip())


def _ask_values(out: Collector, address: str, item: Series) -> None:
    """Ask for the values of the vintages during which these facts held."""
    request = out.response.request
    if item.frequency_short not in _MONTHS | _DAYS:
        out.set_aside(address, f"frequency {clean_text(item.frequency_short)[:10]!r} has no period that is known", item)
        return
    try:
        held = _read(item.realtime_start), _read(item.realtime_end)
        asked = _read(request.params["realtime_start"]), _read(request.params["realtime_end"])
    except ValueError as error:
        out.set_aside(address, f"time: {error}", item)
        return
    first, last = max(held[0], asked[0]), min(held[1], asked[1])
    while first <= last:
        end = min(first + _SPAN, last)
        params = {
            "series_id": request.params["series_id"],
            **_realtime(first - _DAY, end),
            "output_type": "1",
            "sort_order": "asc",
            "limit": str(_PAGE),
            "offset": "0",
            "file_type": "json",
        }
        context = {"units": clean_text(item.units)[:200], "frequency": item.frequency_short}
        out.parsed.follow.append(
            Request(url=f"{_API}/series/observations", params=params, auth=_KEY, context=request.context | context)
        )
        first = end + _DAY


def _add(out: Collector, address: str, item: Value) -> None:
    """Add a value that a vintage inside the span brought."""
    request = out.response.request
    try:
        released, replaced, named = _read(item.realtime_start), _read(item.realtime_end), _read(item.date)
        start, end = _period(named, request.context.get("frequency", ""))
        known = day(released, _ZONE).latest
        until = None if replaced.isoformat() >= request.params["realtime_end"] else day(replaced + _DAY, _ZONE).latest
    except (ValueError, OverflowError) as error:
        out.set_aside(address, f"time: {error}", item)
        return
    assert known is not None
    if item.realtime_start.strip() <= request.params["realtime_start"]:
        out.parsed.counts["older_vintages"] += 1
        return
    if item.value.strip() == ".":
        out.parsed.counts["missing_values"] += 1
        return
    try:
        observation = Observation(
            series_id=f"fred:{request.params['series_id']}",
            period_start=start,
            period_end=end,
            value=float(item.value),
            unit=request.context.get("units", ""),
            # What is in our hands is known, even before its day has ended.
            available_at=min(known, out.response.fetched_at.astimezone(UTC)),
            superseded_at=until,
            detail=f"vintage {released}",
            source=out.info.name,
            raw_sha256=out.raw_sha256,
            parser_version=out.info.parser_version,
        )
    except (ValidationError, ValueError):
        out.set_aside(address, f"value {clean_text(item.value)[:40]!r} is no number", item)
        return
    out.parsed.observations.append(observation)
    out.mark(Mark(at=datetime(released.year, released.month, released.day, tzinfo=UTC)), request.params["series_id"])


def _period(named: date, frequency: str) -> tuple[date, date]:
    """Return the first and last day of the period that FRED calls ``named``.

    Raises:
        ValueError: The frequency is not known.
    """
    if frequency in _DAYS:
        return named - timedelta(days=_DAYS[frequency] - 1), named
    if frequency not in _MONTHS:
        raise ValueError(f"frequency {frequency!r} has no period that is known")
    month = named.month - 1 + _MONTHS[frequency] - 1
    year = named.year + month // 12
    return named, date(year, month % 12 + 1, monthrange(year, month % 12 + 1)[1])


SOURCE = Fred()
