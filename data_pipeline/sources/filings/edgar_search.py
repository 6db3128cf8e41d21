"""EDGAR full-text search: filings since 2001 whose text holds the words."""

import re
from datetime import timedelta

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import companies, sec
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

URL = "https://efts.sec.gov/LATEST/search-index"
PAGE = 100
MAX_HITS = 10_000
"""The search shows no hit beyond this one."""


class Found(Payload):
    """What a hit says of its file."""

    adsh: str
    form: str
    file_date: str
    ciks: list[str] = []
    display_names: list[str] = []
    file_type: str | None = None
    file_description: str | None = None
    items: list[str] | None = None
    root_forms: list[str] | None = None
    period_ending: str | None = None
    sequence: str | None = None
    sics: list[str] | None = None
    biz_states: list[str | None] | None = None
    biz_locations: list[str | None] | None = None
    inc_states: list[str | None] | None = None
    file_num: list[str] | None = None
    film_num: list[str] | None = None
    xsl: str | None = None
    schema_version: str | None = None


class Hit(Payload):
    """One matching file of a filing; its id is the accession number, a colon and the file name."""

    id_: str
    source: Found


class EdgarSearch(Source):
    """A document for each matching file: title and address, no text. An exhibit counts as a file of its own.

    The title names the company by number: whether ``display_names`` are those of the filing's day or today's is not
    documented, and a later name on an old filing would come from its future.
    """

    info = SourceInfo(
        name="edgar_search",
        title="SEC EDGAR, full-text search",
        fingpt_row=27,
        category="filing",
        market="US",
        modes=("range",),
        access="JSON of the full-text search, no key: filings since 2001 that hold the words, of the CIKs where named",
        needs=("query",),
        accepts=("symbols",),
        rate=sec.RATE,
        zone=sec.NEW_YORK,
        zone_rule="filing date alone: public on that day in New York",
        terms=sec.TERMS,
        licence=sec.LICENCE,
        redistributable=True,
        evidence="documented",
        evidence_note="https://www.sec.gov/edgar/search/efts-faq.html; fields as edgartools reads them (edgar/search/efts.py)",
        parser_version="edgar_search-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the first page of hits filed on the days of the window."""
        zone = zone_info(sec.NEW_YORK)
        first = window.since.astimezone(zone).date()
        last = (window.until - timedelta(microseconds=1)).astimezone(zone).date()
        params = {"q": scope.query or "", "dateRange": "custom", "startdt": str(first), "enddt": str(last)}
        ciks = [sec.cik10(symbol) for symbol in scope.symbols if sec.is_cik(symbol)]
        params |= {"ciks": ",".join(ciks)} if ciks else {}
        return [Request(url=URL, params=params, context={**companies.window_context(window), "from": "0"})]

    def parse(self, response: Response) -> Parsed:
        """Read a page of hits; the next one follows where this one was full."""
        sec.refuse_page(response)
        out = Collector(self.info, response)
        payload = expect_object(read_json(response), "the top")
        if "hits" not in payload and ("error" in payload or "message" in payload):
            raise RefusedResponse(f"the search answered: {str(payload.get('error', payload.get('message')))[:200]}")
        raw = expect_list(expect_object(payload.get("hits"), "/hits").get("hits"), "/hits/hits")
        known = {"_id": "id_", "_source": "source"}
        rows = [
            {known.get(name, name): value for name, value in hit.items() if name not in ("_index", "_type", "_score")}
            if isinstance(hit, dict)
            else hit
            for hit in raw
        ]
        for address, hit in out.items(Hit, rows, "/hits/hits"):
            self._document(out, address, hit)
        self._follow(out, len(raw))
        return out.parsed

    def _document(self, out: Collector, address: str, hit: Hit) -> None:
        found = hit.source
        stamp = out.stamp(address, day, found.file_date, sec.NEW_YORK)
        if stamp is None or not out.in_window(stamp):
            return
        accession, _, name = hit.id_.partition(":")
        if re.fullmatch(sec.ACCESSION, accession) is None or not found.ciks or not all(map(sec.is_cik, found.ciks)):
            out.set_aside(address, f"id {hit.id_[:80]!r} or CIKs {found.ciks[:3]} are no filing's", repr(hit))
            return
        folder = f"{sec.ARCHIVES}/data/{int(sec.cik10(found.ciks[0]))}/{accession.replace('-', '')}"
        kind = found.file_type if found.file_type not in (None, found.form) else ""
        out.document(
            address,
            native_id=hit.id_,
            title=sec.filing_title(
                sec.cik_symbol(found.ciks[0]), f"{found.form} {kind or ''}".strip(), found.items or ()
            ),
            url=f"{folder}/{name}" if name else sec.index_url(found.ciks[0], accession),
            published=stamp,
            symbols=[(sec.cik_symbol(cik), "ciks") for cik in found.ciks],
            raw=repr(hit),
        )

    def _follow(self, out: Collector, hits: int) -> None:
        request = out.response.request
        start = int(request.context.get("from", "0")) + PAGE
        if hits < PAGE or start >= MAX_HITS:
            out.parsed.counts["hits_beyond_limit"] += int(hits >= PAGE)
            return
        following = {
            "params": {**request.params, "from": str(start)},
            "context": {**request.context, "from": str(start)},
        }
        out.parsed.follow.append(request.model_copy(update=following))


SOURCE = EdgarSearch()
