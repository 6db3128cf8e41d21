"""EDGAR's latest filings: the Atom stream getcurrent, a hundred filings a page."""

import re
from datetime import datetime
from typing import Any

import lxml.etree

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import sec
from data_pipeline.sources.filings.acceptance import public_at
from data_pipeline.sources.markup import plain_text
from data_pipeline.sources.parsing import Payload
from data_pipeline.sources.protocol import (
    Cursor,
    Mark,
    Parsed,
    RefusedResponse,
    Request,
    Response,
    Scope,
    Source,
    SourceInfo,
    Window,
)
from data_pipeline.sources.times import iso

URL = "https://www.sec.gov/cgi-bin/browse-edgar"
PAGE = 100
MAX_PAGES = 20
"""Pages that one look may turn: two thousand filings are more than two busy hours."""
_ATOM = "{http://www.w3.org/2005/Atom}"
_TITLE = re.compile(r"(?P<form>\S.*?) - (?P<company>.*) \((?P<cik>\d{10})\) \((?P<role>[^()]{1,40})\)\s*", re.DOTALL)
_ACCESSION = re.compile(r"accession-number=(\d{10}-\d{2}-\d{6})$")
_FILED = re.compile(r"\bFiled:\s*(\d{4}-\d{2}-\d{2})")
_ITEM = re.compile(r"^Item (\d\.\d{2}):", re.MULTILINE)


class Entry(Payload):
    """One entry: a filing as seen from one of its companies or persons; ``updated`` is the acceptance."""

    title: str
    updated: str
    id: str
    link: str = ""
    summary: str = ""
    category: str = ""


class Listed(Payload):
    """What an entry says, read."""

    form: str
    company: str
    cik: str
    role: str
    accession: str
    items: list[str]
    filed: str
    """Filing date, empty where the entry tells none."""


def current_request(form: str, start: int, context: dict[str, str]) -> Request:
    """Return the request for a page of the newest filings, of one form (by prefix) or of all (empty)."""
    params = {
        "action": "getcurrent", "type": form, "owner": "include", "count": str(PAGE), "start": str(start), "output": "atom"
    }  # fmt: skip
    return Request(url=URL, params=params, expects="xml", context={**context, "start": str(start)})


def read_entries(response: Response) -> list[dict[str, Any]]:
    """Return the entries of the feed as mappings.

    Raises:
        RefusedResponse: It is no Atom feed.
    """
    sec.refuse_page(response)
    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = lxml.etree.fromstring(response.body, parser)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise RefusedResponse(f"expected an Atom feed: {str(error)[:200]}") from None
    if root.tag != f"{_ATOM}feed":
        raise RefusedResponse(f"expected an Atom feed, got <{str(root.tag)[:80]}>")
    return [_fields(entry) for entry in root.iterchildren(f"{_ATOM}entry")]


def _fields(entry: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for node in entry.iterchildren(tag=lxml.etree.Element):
        name = lxml.etree.QName(node).localname
        fields[name] = node.get("href") if name == "link" else node.get("term") if name == "category" else node.text
    return fields


def read_entry(out: Collector, address: str, entry: Entry) -> Listed | None:
    """Read title, number and items of an entry; None after it was quarantined."""
    title, number = _TITLE.fullmatch(plain_text(entry.title)), _ACCESSION.search(entry.id)
    if title is None or number is None:
        out.set_aside(address, f"title {entry.title[:80]!r} or id {entry.id[:80]!r} is not a filing's", repr(entry))
        return None
    summary = plain_text(entry.summary)
    filed = _FILED.search(summary)
    return Listed(
        **title.groupdict(), accession=number[1], items=_ITEM.findall(summary), filed=filed[1] if filed else ""
    )


def may_be_new(out: Collector, accepted: datetime, filed: str) -> bool:
    """Whether a filing may have entered the feed since the stream's mark (``after`` in the context).

    The feed stands in the order of acceptance, but a filing enters it seconds to minutes later, and one of the evening
    when it becomes public, at 06:00 of its filing date: behind newer ones. So the last minutes before the mark are
    looked at again. Without a mark everything is new.
    """
    after = out.response.request.context.get("after")
    return after is None or public_at(accepted, filed) >= datetime.fromisoformat(after) - sec.SETTLES


def follow_page(out: Collector, any_new: bool) -> None:
    """Add the next page while pages hold what may be new; a stream without a mark reads one page."""
    request = out.response.request
    start = int(request.context.get("start", "0")) + PAGE
    if not any_new or "after" not in request.context:
        return
    if start >= MAX_PAGES * PAGE:
        out.parsed.counts["page_limit_reached"] += 1
        return
    out.parsed.follow.append(current_request(request.params.get("type", ""), start, dict(request.context)))


class EdgarCurrent(Source):
    """A document for each entry: title with form, company and items. A filing has one for each company or person."""

    info = SourceInfo(
        name="edgar_current",
        title="SEC EDGAR, latest filings",
        fingpt_row=27,
        category="filing",
        market="US",
        modes=("stream",),
        access="Atom feed getcurrent, no key: all filings as they are accepted, or those of the forms named (8-K,10-Q)",
        accepts=("query",),
        rate=sec.RATE,
        zone=sec.NEW_YORK,
        zone_rule="RFC 3339 with the offset of New York: the acceptance, to the second",
        backfill_lag=sec.PROCESSING,
        poll_seconds=15,
        terms=sec.TERMS,
        licence=sec.LICENCE,
        redistributable=True,
        evidence="recorded",
        evidence_note="edgar/recorded/atom_getcurrent (six pages of 2026-01-12)",
        parser_version="edgar_current-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return nothing: the feed has no dates."""
        return []

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the first page of each form; older pages follow until none can hold anything new."""
        forms = [form.strip() for form in (scope.query or "").split(",")]
        requests = []
        for form in dict.fromkeys(forms):
            at = cursor.at(form)
            requests.append(current_request(form, 0, {"after": at.isoformat()} if at else {}))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read a page of the feed."""
        out = Collector(self.info, response)
        any_new = False
        for address, entry in out.items(Entry, read_entries(response), "/entry"):
            listed = read_entry(out, address, entry)
            stamp = out.stamp(address, iso, entry.updated) if listed else None
            if listed is None or stamp is None or stamp.at is None:
                continue
            out.document(
                address,
                native_id=f"{listed.accession}:{listed.cik}:{listed.role}",
                title=sec.filing_title(listed.company, listed.form, listed.items),
                url=entry.link or None,
                published=stamp,
                symbols=[(sec.cik_symbol(listed.cik), listed.role)],
                raw=repr(entry),
            )
            any_new |= may_be_new(out, stamp.at, listed.filed)
            out.mark(Mark(at=stamp.at), response.request.params.get("type", ""))
        follow_page(out, any_new)
        return out.parsed


SOURCE = EdgarCurrent()
