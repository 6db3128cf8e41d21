"""Massive (formerly Polygon): figures of filed financial statements, each with the date of its filing.

A figure is known from the end of the filing's day in New York: a report that the SEC accepts in the evening bears the
next day's date, so this is never too early. The period's end is when it ends, not when it was known.
"""

from datetime import date, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import ValidationError

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import Payload, clean_text, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Auth,
    Cursor,
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
from data_pipeline.sources.us_symbols import dotted_symbol, us_listing, us_symbol
from tickertune.core.observation import Observation

_URL = "https://api.massive.com/vX/reference/financials"
_KEY = (Auth(place="header", name="Authorization", env="MASSIVE_API_KEY", template="Bearer {}"),)
_ZONE = "America/New_York"
_PAGES = 1000
_INSTANT = "balance_sheet"
"""The statement whose figures stand for a day, not for a span."""


class Report(Payload):
    """The statements of one filing."""

    start_date: str
    end_date: str
    filing_date: str
    cik: str
    fiscal_period: str
    financials: dict[str, Any]
    fiscal_year: str = ""

    unused = frozenset(
        (
            "acceptance_datetime", "company_name", "sic", "source_filing_file_url", "source_filing_url", "tickers",
            "timeframe",
        )
    )  # fmt: skip


class Figure(Payload):
    """One line of a statement."""

    value: float
    unit: str

    unused = frozenset(("label", "order", "formula", "xpath", "source"))


class MassiveFinancials(Source):
    """Figures of quarterly and annual reports that were filed in the window."""

    info = SourceInfo(
        name="massive_financials",
        title="Massive (formerly Polygon), financial statements",
        category="filing",
        market="US",
        modes=("range",),
        access="REST API, key: statements out of the XBRL of filings, by filing date",
        needs=("symbols",),
        credentials=("MASSIVE_API_KEY",),
        rate=RateLimit(calls=5, seconds=60, shared="massive"),
        zone=_ZONE,
        zone_rule="dates of filings without a time: known from the end of that day in New York",
        terms="For display and own use while subscribed; stored data must be deleted when the account ends.",
        licence="filings are public; the vendor's selection is proprietary (Massive)",
        evidence="recorded",
        evidence_note="payloads/massive_polygon/vX_reference_financials.json",
        parser_version="massive_financials-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the request for the reports of each symbol."""
        first, last = window.since.date(), (window.until - timedelta(microseconds=1)).date()
        return [
            Request(
                url=_URL,
                params={
                    "ticker": dotted_symbol(symbol),
                    "filing_date.gte": first.isoformat(),
                    "filing_date.lte": last.isoformat(),
                    "sort": "filing_date",
                    "order": "asc",
                    "limit": "100",
                },
                auth=_KEY,
                context={"symbol": symbol},
            )
            for symbol in (us_symbol(symbol.upper()) for symbol in scope.symbols)
        ]

    def parse(self, response: Response) -> Parsed:
        """Read a page of reports."""
        payload = expect_object(read_json(response), "the top")
        if payload.get("status", "OK") not in ("OK", "DELAYED"):
            message = clean_text(str(payload.get("error") or payload.get("message") or payload["status"]))[:200]
            refused = payload["status"] == "NOT_AUTHORIZED" or "key" in message.lower()
            spent = "exceeded the maximum requests" in message.lower()
            raise RefusedResponse(
                f"Massive answered: {message}", "budget" if spent else "credentials" if refused else "content"
            )
        out = Collector(self.info, response)
        for address, item in out.items(Report, expect_list(payload.get("results", []), "results"), "/results"):
            _figures(out, address, item)
        _follow(out, payload.get("next_url"))
        return out.parsed


def _figures(out: Collector, address: str, item: Report) -> None:
    try:
        start, end, filed = (
            date.fromisoformat(text.strip()) for text in (item.start_date, item.end_date, item.filing_date)
        )
        ended = day(filed, _ZONE).latest
    except (ValueError, OverflowError) as error:
        out.set_aside(address, f"time: {error}", item)
        return
    known = min(ended or out.response.fetched_at, out.response.fetched_at)  # what is in our hands is known
    symbol = out.response.request.context.get("symbol")
    for statement in sorted(item.financials):
        lines = item.financials[statement]
        if not isinstance(lines, dict):
            out.set_aside(f"{address}/financials/{clean_text(statement)[:60]}", "no lines", lines)
            continue
        for name in sorted(lines):
            where = f"{address}/financials/{clean_text(statement)[:60]}/{clean_text(name)[:80]}"
            figure = out.validate(Figure, lines[name], where)
            if figure is None:
                continue
            try:
                observation = Observation(
                    series_id=f"massive:{clean_text(statement)[:60]}.{clean_text(name)[:80]}",
                    instrument_id=us_listing(symbol) if symbol else None,
                    period_start=None if statement == _INSTANT else start,
                    period_end=end,
                    value=figure.value,
                    unit=clean_text(figure.unit)[:40],
                    available_at=known,
                    detail=f"CIK {clean_text(item.cik)[:20]}, {clean_text(item.fiscal_period)[:10]} "
                    f"{clean_text(item.fiscal_year)[:10]}, filed {filed}",
                    source=out.info.name,
                    raw_sha256=out.raw_sha256,
                    parser_version=out.info.parser_version,
                )
            except ValidationError:
                out.set_aside(where, f"value {figure.value} is no number", figure)
                continue
            out.parsed.observations.append(observation)


def _follow(out: Collector, following: Any) -> None:
    """Ask for the next page: its cursor is taken out of ``next_url``, the address is our own."""
    request = out.response.request
    page = int(request.context.get("page", "1"))
    if not isinstance(following, str) or not out.parsed.counts["items"] or page >= _PAGES:
        return
    try:
        cursors = parse_qs(urlsplit(following).query).get("cursor", [])
    except ValueError:
        return
    cursor = clean_text(cursors[0])[:5000] if cursors else ""
    if cursor and cursor != request.params.get("cursor"):
        params, context = {**request.params, "cursor": cursor}, {**request.context, "page": str(page + 1)}
        out.parsed.follow.append(request.model_copy(update={"params": params, "context": context}))


SOURCE = MassiveFinancials()
