"""EDGAR daily and quarterly indexes: every filing of a day, by form, company or company number."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from pydantic import Field

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import companies, sec
from data_pipeline.sources.markup import response_text
from data_pipeline.sources.parsing import Payload, expect_list, expect_object, read_json
from data_pipeline.sources.protocol import (
    Cursor,
    Parsed,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import day, zone_info

_TAIL = re.compile(r"\s(?P<cik>\d{1,10})\s+(?P<filed>\d{8}|\d{4}-\d{2}-\d{2})\s+(?P<path>edgar/\S+)\s*$")
_DAILY = re.compile(r"master\.(\d{8})\.idx")
_PATH = re.compile(r"edgar/data/\d{1,10}/(?:\d{18}/)?(?P<accession>\d{10}-\d{2}-\d{6})\.txt")


class IndexRow(Payload):
    """One filing of one company: a filing of several has a row for each."""

    form: str
    company: str
    cik: str
    filed: str
    path: str


class Listed(Payload):
    """A file of a folder of the archive."""

    name: str
    href: str | None = None
    type: str | None = None
    size: str | None = None
    last_modified: str | None = Field(default=None, alias="last-modified")


def listing_requests(window: Window, late: timedelta, context: dict[str, str]) -> list[Request]:
    """Return a request for the listing of each quarter's folder of daily indexes that the window touches.

    Days without filings have no index, and asking for one is answered like a refusal: the listing tells which exist.

    Args:
        window: Times of publication.
        late: How much later than its acceptance a filing may be dated.
        context: What ``parse`` needs to know.
    """
    first, last = _days(window.since, window.until, late)
    quarters = range(_quarter(first), _quarter(last) + 1)
    days = {"step": "listing", "first": first.isoformat(), "last": last.isoformat()}
    return [
        Request(
            url=f"{sec.ARCHIVES}/daily-index/{number // 4}/QTR{number % 4 + 1}/index.json", context={**context, **days}
        )
        for number in quarters
    ]


def _days(since: datetime, until: datetime, late: timedelta) -> tuple[date, date]:
    zone = zone_info(sec.NEW_YORK)
    return since.astimezone(zone).date(), (until - timedelta(microseconds=1) + late).astimezone(zone).date()


def _quarter(filed: date) -> int:
    return filed.year * 4 + (filed.month - 1) // 3


def follow_listing(out: Collector) -> None:
    """Add the requests for the master indexes of the days that the request's context names."""
    request = out.response.request
    context = {name: value for name, value in request.context.items() if name not in ("first", "last")}
    payload = expect_object(expect_object(read_json(out.response), "the top").get("directory"), "/directory")
    first, last = request.context["first"], request.context["last"]
    for _, file in out.items(Listed, expect_list(payload.get("item"), "/directory/item"), "/directory/item"):
        found = _DAILY.fullmatch(file.name)
        if found is None or not first.replace("-", "") <= found[1] <= last.replace("-", ""):
            out.parsed.counts["other_files"] += 1
            continue
        url = f"{request.url.removesuffix('index.json')}{file.name}"
        out.parsed.follow.append(Request(url=url, expects="text", context={**context, "step": "index"}))


def accession_of(path: str) -> str | None:
    """Return the accession number of an index path; None where it is no filing's."""
    found = _PATH.fullmatch(path)
    return None if found is None else found["accession"]


def index_rows(response: Response) -> Iterator[dict[str, str]]:
    """Yield the rows below the header, of a master index (bars) or one in fixed columns (form, company).

    Raises:
        RefusedResponse: It is no index.
    """
    lines = response_text(response, "latin-1").splitlines()
    ruled = next((number for number, line in enumerate(lines[:40]) if line.startswith("-----")), 0)
    header = lines[ruled - 1] if ruled else ""
    if header.startswith("CIK|Company Name|Form Type|"):
        names = ("cik", "company", "form", "filed", "path")
        return (_barred(line, names) for line in lines[ruled + 1 :] if line.strip())
    columns = {name: header.find(title) for name, title in (("form", "Form Type"), ("company", "Company Name"))}
    if min(columns.values()) < 0:
        raise RefusedResponse(f"expected an index of EDGAR, got {response.body[:80]!r}")
    return (_fixed(line, columns) for line in lines[ruled + 1 :] if line.strip())


def _barred(line: str, names: tuple[str, ...]) -> dict[str, str]:
    cells = line.split("|")
    return dict(zip(names, cells, strict=True)) if len(cells) == len(names) else {"line": line}


def _fixed(line: str, columns: dict[str, int]) -> dict[str, str]:
    tail = _TAIL.search(line)
    if tail is None:
        return {"line": line}
    (first, start), (second, middle) = sorted(columns.items(), key=lambda column: column[1])
    head = line[: tail.start()]
    return {first: head[start:middle].strip(), second: head[middle:].strip(), **tail.groupdict()}


class EdgarIndex(Source):
    """A document for each row: company and form, dated by the day alone."""

    info = SourceInfo(
        name="edgar_index",
        title="SEC EDGAR, daily index",
        fingpt_row=27,
        category="filing",
        market="US",
        modes=("range",),
        access="index files on sec.gov, no key: every filing of every company by filing date",
        accepts=("query",),
        rate=sec.RATE,
        zone=sec.NEW_YORK,
        settles=timedelta(hours=36),
        zone_rule="filing date alone: public on that day in New York, though it may be accepted after 17:30 of the day before",
        terms=sec.TERMS,
        licence=sec.LICENCE,
        redistributable=True,
        evidence="recorded",
        evidence_note="edgar/index/form.20200318.idx.zst, edgar/index/master.20181231.idx; the folder listing is documented",
        parser_version="edgar_index-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each quarter's listing; ``scope.query`` names forms, such as ``8-K,10-Q``."""
        context = companies.window_context(window) | ({"forms": scope.query} if scope.query else {})
        return listing_requests(window, timedelta(0), context)

    def parse(self, response: Response) -> Parsed:
        """Read a listing, or the rows of an index."""
        sec.refuse_page(response)
        out = Collector(self.info, response)
        if response.request.context.get("step") == "listing":
            follow_listing(out)
            return out.parsed
        forms = [form.strip() for form in response.request.context.get("forms", "").split(",") if form.strip()]
        for address, row in out.items(IndexRow, index_rows(response), ""):
            accession = accession_of(row.path)
            if accession is None or not sec.is_cik(row.cik):
                out.set_aside(address, f"{row.cik[:20]!r}, {row.path[:80]!r} is no filing", repr(row))
                continue
            if forms and not sec.wanted_form(row.form, forms):
                out.parsed.counts["other_forms"] += 1
                continue
            stamp = out.stamp(address, day, row.filed, sec.NEW_YORK)
            if stamp is None or not out.in_window(stamp):
                continue
            out.document(
                address,
                native_id=f"{accession}:{sec.cik10(row.cik)}",
                title=sec.filing_title(row.company, row.form),
                url=f"https://www.sec.gov/Archives/{row.path}",
                published=stamp,
                symbols=[(sec.cik_symbol(row.cik), "cik")],
                raw=repr(row),
            )
        return out.parsed


SOURCE = EdgarIndex()
