"""Tiingo: figures of financial statements as they were reported, with the day of the report.

Tiingo has two forms. The one with revisions is dated by the period's end and says nothing of when its figures were
known; the one as reported is dated by the day of the report, and has no period. The first is asked for the ends of the
fiscal periods alone, the second for the figures, which are known from the end of their day in New York. Daily ratios
(market value, P/E) come without the day on which their inputs were known and are not read.
"""

import json
from datetime import date, timedelta
from typing import Any

from pydantic import ValidationError

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.parsing import Payload, clean_text, expect_list, read_json
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
from data_pipeline.sources.us_symbols import us_listing, us_symbol
from tickertune.core.observation import Observation

_API = "https://api.tiingo.com/tiingo/fundamentals"
_KEY = (Auth(place="header", name="Authorization", env="TIINGO_API_KEY", template="Token {}"),)
_ZONE = "America/New_York"
_BACK = timedelta(days=800)
"""How long before its report a period may have ended: an annual report that is a year late."""


class Statement(Payload):
    """The figures of one fiscal quarter, or of a year where ``quarter`` is 0."""

    date: str
    year: int
    quarter: int
    statementData: dict[str, Any]


class Figure(Payload):
    """One line of a statement."""

    dataCode: str
    value: float | None = None


class TiingoFundamentals(Source):
    """Statement figures as reported in the window, two requests a symbol."""

    info = SourceInfo(
        name="tiingo_fundamentals",
        title="Tiingo (fundamentals)",
        category="filing",
        market="US",
        modes=("range",),
        access="REST API, key: free for the 30 companies of the Dow, an add-on for the others",
        needs=("symbols",),
        credentials=("TIINGO_API_KEY",),
        rate=RateLimit(calls=50, seconds=3600, per_day=1000, shared="tiingo"),
        zone=_ZONE,
        zone_rule="dates of reports without a time: known from the end of that day in New York",
        terms="Internal use; redistribution needs a contract.",
        licence="proprietary (Tiingo)",
        evidence="recorded",
        evidence_note="payloads/tiingo/fundamentals_statements*.0.json",
        parser_version="tiingo_fundamentals-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the request for the ends of each symbol's fiscal periods."""
        first, last = window.since.date(), (window.until - timedelta(microseconds=1)).date()
        requests = []
        for symbol in (us_symbol(symbol.upper()) for symbol in scope.symbols):
            params = {"startDate": (first - _BACK).isoformat(), "endDate": last.isoformat()}
            context = {"symbol": symbol, "first": first.isoformat(), "last": last.isoformat()}
            requests.append(_request(symbol, params | {"asReported": "false"}, context))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read the ends of periods, which lead to the figures, or the figures."""
        payload = read_json(response)
        if isinstance(payload, dict) and isinstance(payload.get("detail"), str):
            detail = clean_text(payload["detail"])[:200]
            spent = any(word in detail.lower() for word in ("run over", "allocation", "limit"))
            refused = any(word in detail.lower() for word in ("token", "permission", "auth"))
            raise RefusedResponse(
                f"Tiingo answered: {detail}", "budget" if spent else "credentials" if refused else "content"
            )
        out = Collector(self.info, response)
        statements = list(out.items(Statement, expect_list(payload, "the top"), ""))
        if response.request.params.get("asReported") == "true":
            for address, item in statements:
                _figures(out, address, item)
            return out.parsed
        periods = {}
        for address, item in statements:
            if _date(out, address, item.date) is not None:
                periods[f"{item.year}Q{item.quarter}"] = item.date.strip()
        context = response.request.context
        params = {"startDate": context["first"], "endDate": context["last"], "asReported": "true"}
        follow = {"symbol": context["symbol"], "periods": json.dumps(periods, sort_keys=True)}
        if periods:
            out.parsed.follow.append(_request(context["symbol"], params, follow))
        return out.parsed


def _request(symbol: str, params: dict[str, str], context: dict[str, str]) -> Request:
    url = f"{_API}/{symbol}/statements"
    return Request(url=url, params=params | {"format": "json"}, auth=_KEY, context=context)


def _date(out: Collector, address: str, text: str) -> date | None:
    try:
        value = date.fromisoformat(text.strip())
        day(value, _ZONE)
    except (ValueError, OverflowError) as error:
        out.set_aside(address, f"time: {error}", text)
        return None
    return value


def _figures(out: Collector, address: str, item: Statement) -> None:
    context = out.response.request.context
    reported = _date(out, address, item.date)
    end = json.loads(context["periods"]).get(f"{item.year}Q{item.quarter}")
    if reported is None:
        return
    if end is None or date.fromisoformat(end) > reported:
        out.set_aside(address, f"no period is known that ended before the report of {reported}", item)
        return
    ended = day(reported, _ZONE).latest
    known = min(ended or out.response.fetched_at, out.response.fetched_at)  # what is in our hands is known
    for statement in sorted(item.statementData):
        lines = item.statementData[statement]
        name = clean_text(statement)[:60]
        for where, figure in out.items(
            Figure, lines if isinstance(lines, list) else [lines], f"{address.partition('#')[2]}/{name}"
        ):
            if figure.value is None:
                out.parsed.counts["missing_values"] += 1
                continue
            try:
                observation = Observation(
                    series_id=f"tiingo:{name}.{clean_text(figure.dataCode)[:80]}",
                    instrument_id=us_listing(context["symbol"]),
                    period_end=date.fromisoformat(end),
                    value=figure.value,
                    unit="",
                    available_at=known,
                    detail=f"{'year' if item.quarter == 0 else f'Q{item.quarter}'} {item.year}, reported {reported}",
                    source=out.info.name,
                    raw_sha256=out.raw_sha256,
                    parser_version=out.info.parser_version,
                )
            except ValidationError:
                out.set_aside(where, f"value {figure.value} is no number", figure)
                continue
            out.parsed.observations.append(observation)


SOURCE = TiingoFundamentals()
