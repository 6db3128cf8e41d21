"""Submissions JSON of data.sec.gov: a company, its names by date, its tickers of today, its filings by column."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings.names import Name, name_spans, write_names
from data_pipeline.sources.filings.sec import ACCESSION, DATA, NEW_YORK, TICKERS, cik10, is_cik, may_hold
from data_pipeline.sources.parsing import Payload, clean_text, expect_object, read_json
from data_pipeline.sources.protocol import RefusedResponse, Request, Response, Scope, Window
from data_pipeline.sources.times import zone_info
from tickertune.core.market import Instrument, NameSpan

MICS = {"Nasdaq": "XNAS", "NYSE": "XNYS", "CBOE": "BATS", "OTC": "OTCM"}
"""EDGAR's exchange names as ISO 10383 codes. EDGAR's NYSE also covers NYSE American and NYSE Arca."""
_Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class FormerName(Payload):
    """A former name: ``from`` and ``to`` are the dates of the first and the last filing under it."""

    name: str
    first: datetime | None = Field(default=None, alias="from")
    last: datetime | None = Field(default=None, alias="to")


class OlderFile(Payload):
    """A further file with older filings."""

    name: str
    filingCount: int = 0
    filingFrom: date
    filingTo: date


class Filing(Payload):
    """One filing."""

    accessionNumber: str = Field(pattern=ACCESSION)
    filingDate: date
    reportDate: _Text = ""
    acceptanceDateTime: str
    act: _Text = ""
    form: str
    fileNumber: _Text = ""
    filmNumber: _Text = ""
    items: _Text = ""
    core_type: _Text = ""
    size: int = 0
    isXBRL: int = 0
    isInlineXBRL: int = 0
    isXBRLNumeric: int | None = None
    primaryDocument: _Text = ""
    primaryDocDescription: _Text = ""


class Filings(Payload):
    """The newest filings by column, and the files with the older ones."""

    recent: dict[str, Any]
    files: list[OlderFile] = []


class Company(Payload):
    """A company with its filings."""

    cik: str
    name: str
    tickers: list[str] = []
    exchanges: list[str | None] = []
    formerNames: list[FormerName] = []
    filings: Filings
    entityType: Any = None
    sic: Any = None
    sicDescription: Any = None
    ownerOrg: Any = None
    insiderTransactionForOwnerExists: Any = None
    insiderTransactionForIssuerExists: Any = None
    ein: Any = None
    lei: Any = None
    description: Any = None
    website: Any = None
    investorWebsite: Any = None
    category: Any = None
    fiscalYearEnd: Any = None
    stateOfIncorporation: Any = None
    stateOfIncorporationDescription: Any = None
    addresses: Any = None
    phone: Any = None
    flags: Any = None


class Ticker(Payload):
    """A row of company_tickers.json."""

    cik_str: str
    ticker: str
    title: str = ""


def company_requests(scope: Scope, context: dict[str, str]) -> list[Request]:
    """Return the first requests for the companies of a scope: CIKs directly, tickers by the ticker file."""
    ciks = sorted({cik10(symbol) for symbol in scope.symbols if is_cik(symbol)})
    tickers = sorted({symbol.strip().upper() for symbol in scope.symbols if not is_cik(symbol)})
    requests = [_company_request(cik, context) for cik in ciks]
    if tickers:
        requests.append(Request(url=TICKERS, context={**context, "step": "tickers", "tickers": ",".join(tickers)}))
    return requests


def _company_request(cik: str, context: dict[str, str]) -> Request:
    return Request(url=f"{DATA}/submissions/CIK{cik}.json", context={**context, "step": "company", "cik": cik})


def window_context(window: Window) -> dict[str, str]:
    """Return the window as context of a request."""
    return {"since": window.since.isoformat(), "until": window.until.isoformat()}


def follow_tickers(out: Collector, response: Response) -> None:
    """Add the submissions request of every ticker that was asked for; unknown ones are set aside."""
    context = dict(response.request.context)
    wanted = set(context.pop("tickers", "").split(",")) - {""}
    found: dict[str, str] = {}
    for address, row in out.items(Ticker, expect_object(read_json(response), "the top").values(), ""):
        # Berkshire's class B is BRK-B here and BRK.B elsewhere.
        for spelling in {row.ticker.upper(), row.ticker.upper().replace("-", ".")} & wanted:
            if is_cik(row.cik_str):
                found[spelling] = cik10(row.cik_str)
            else:
                out.set_aside(address, f"{row.cik_str!r} is no CIK", repr(row))
    out.parsed.follow.extend(_company_request(cik, context) for cik in sorted(set(found.values())))
    for missing in sorted(wanted - found.keys()):
        out.set_aside(f"{response.url}#{missing}", "no company has this ticker today", missing)


def read_company(out: Collector, response: Response) -> Company | None:
    """Read a company's submissions; None after it was quarantined.

    Raises:
        RefusedResponse: It is no such answer, or names another company than asked for.
    """
    payload = expect_object(read_json(response), "the top")
    company = out.validate(Company, payload, response.url)
    if company is not None and not is_cik(company.cik):
        raise RefusedResponse(f"expected a company number, got {company.cik[:30]!r}")
    return company


def read_filings(out: Collector, columns: dict[str, Any], where: str) -> Iterator[tuple[str, Filing]]:
    """Yield (address, filing) from equally long columns.

    Raises:
        RefusedResponse: The columns differ in length: rows would be mixed up.
    """
    lists = {name: values for name, values in columns.items() if isinstance(values, list)}
    if "accessionNumber" not in lists:
        raise RefusedResponse(f"expected columns at {where}, with accessionNumber")
    if len({len(values) for values in lists.values()}) > 1:
        raise RefusedResponse(f"the columns at {where} differ in length")
    for name in columns.keys() - lists.keys():
        out.parsed.unknown_fields[f"columns.{clean_text(str(name))[:60]}"] += 1
    rows = ({name: values[index] for name, values in lists.items()} for index in range(len(lists["accessionNumber"])))
    yield from out.items(Filing, rows, where)


def follow_older(out: Collector, company: Company, response: Response) -> None:
    """Add the requests for the files of older filings that may reach into the window."""
    context = dict(response.request.context)
    context |= {"step": "older", "cik": cik10(company.cik), "names": write_names(company_names(company))}
    for file in company.filings.files:
        if re.fullmatch(rf"CIK{cik10(company.cik)}-submissions-\d{{3}}\.json", file.name, re.ASCII) is None:
            out.set_aside(f"{response.url}#/filings/files", f"{file.name[:80]!r} is no file of this company", file.name)
        elif may_hold(context, file.filingFrom, file.filingTo):
            out.parsed.follow.append(Request(url=f"{DATA}/submissions/{file.name}", context=context))


def company_names(company: Company) -> list[Name]:
    """Return the company's names, the former ones by date and the present one last."""
    former = [
        (entry.name, entry.first.date() if entry.first else None, entry.last.date() if entry.last else None)
        for entry in company.formerNames
    ]
    return [*sorted(former, key=lambda name: name[1] or date.min), (company.name, None, None)]


def add_instruments(out: Collector, company: Company, fetched_at: datetime) -> None:
    """Add an instrument for each ticker of today, valid from the day of the fetch: older spans are not told."""
    for ticker, exchange in zip(company.tickers, company.exchanges, strict=False):
        add_instrument(out, company.cik, ticker, exchange, company.name, fetched_at, name_spans(company_names(company)))
    if len(company.tickers) != len(company.exchanges):
        out.parsed.counts["tickers_without_exchange"] += abs(len(company.tickers) - len(company.exchanges))


def add_instrument(
    out: Collector,
    cik: str,
    ticker: str,
    exchange: str | None,
    name: str,
    fetched_at: datetime,
    names: list[NameSpan],
) -> None:
    """Add the instrument that a ticker of today names; a ticker without a known exchange is counted."""
    mic, symbol = MICS.get(exchange or ""), clean_text(ticker).upper()
    if mic is None or not symbol:
        out.parsed.counts["tickers_without_exchange"] += 1
        return
    out.parsed.instruments.append(
        Instrument(
            instrument_id=f"CIK{cik10(cik)}:{symbol}",
            symbol=symbol,
            valid_from=fetched_at.astimezone(UTC).astimezone(zone_info(NEW_YORK)).date(),
            exchange=mic,
            currency="USD",
            name=clean_text(name),
            cik=cik10(cik),
            names=names,
        )
    )


def read_columns(response: Response) -> dict[str, Any]:
    """Read a file of older filings.

    Raises:
        RefusedResponse: It is no JSON object.
    """
    return expect_object(read_json(response), "the top")
