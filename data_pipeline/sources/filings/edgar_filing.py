"""EDGAR filings with their text: the full submission, whose header settles when it was accepted."""

import re
from datetime import timedelta

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import acceptance, companies, edgar_current, edgar_index, sec
from data_pipeline.sources.filings.documents import read_document
from data_pipeline.sources.filings.ownership import read_ownership
from data_pipeline.sources.filings.pages import follow_documents
from data_pipeline.sources.filings.sections import read_text
from data_pipeline.sources.filings.sgml import Submission, read_submission
from data_pipeline.sources.markup import response_text
from data_pipeline.sources.protocol import Cursor, Mark, Parsed, Request, Response, Scope, Source, SourceInfo, Window
from data_pipeline.sources.times import Stamp, iso, zone_info
from tickertune.core.errors import TickerTuneError

EXHIBITS = re.compile(r"EX-99(\.\d+)?$")
"""Press releases and presentations: an 8-K often says no more than that they are attached."""
_COMPANIES = ("FILER", "ISSUER", "SUBJECT COMPANY")


class EdgarFiling(Source):
    """A document for each filing: company, form and items; text of the items, and of press releases attached to it."""

    info = SourceInfo(
        name="edgar_filing",
        title="SEC EDGAR, filings with text",
        fingpt_row=27,
        category="filing",
        market="US",
        modes=("range", "stream"),
        access="full submissions on sec.gov, no key: text of 8-K, 10-K, 10-Q, 6-K, 20-F and 40-F, or of the forms named",
        accepts=("symbols", "query", "urls"),
        rate=sec.RATE,
        zone=sec.NEW_YORK,
        settles=timedelta(hours=36),
        zone_rule=acceptance.SGML_ZONE_RULE,
        backfill_lag=sec.PROCESSING,
        poll_seconds=15,
        max_bytes=256 << 20,
        terms=sec.TERMS,
        licence=sec.LICENCE,
        redistributable=True,
        evidence="recorded",
        evidence_note="edgar/sec_downloader/tests/test_data/sample_filings/aapl-8k-20191115.txt, edgar/recorded/fulltxt",
        parser_version="edgar_filing-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the requests that lead to the submissions: of the addresses, the companies, or of all filers.

        ``scope.query`` names the forms, such as ``8-K,10-Q``. A filing may be dated days after it was accepted, so the
        daily indexes are read beyond the window's end; what was accepted outside is left out.

        Raises:
            TickerTuneError: An address is not one of EDGAR's archive.
        """
        context = companies.window_context(window) | {"forms": _forms(scope)}
        if scope.urls:
            return [_address_request(url, context) for url in dict.fromkeys(scope.urls)]
        if scope.symbols:
            return companies.company_requests(scope, context)
        return edgar_index.listing_requests(window, sec.LATE_DATE, context)

    def stream(self, cursor: Cursor, scope: Scope) -> list[Request]:
        """Return the page of the newest filings of each form; without a cursor only what is newest is fetched.

        Submissions of the last minutes are asked for again, under the same request: sec.gov then answers that nothing
        has changed, and sends no text twice.
        """
        requests = []
        for form in _forms(scope).split(","):
            at = cursor.at(form)
            context = {"step": "current", "form": form} | ({"after": at.isoformat()} if at else {})
            requests.append(edgar_current.current_request(form, 0, context))
        return requests

    def parse(self, response: Response) -> Parsed:
        """Read a submission or a document, or follow a list to the submissions that it names."""
        sec.refuse_page(response)
        out = Collector(self.info, response)
        match response.request.context.get("step", ""):
            case "tickers":
                companies.follow_tickers(out, response)
            case "company" | "older" as step:
                self._follow_company(out, step)
            case "listing":
                edgar_index.follow_listing(out)
            case "index":
                self._follow_index(out)
            case "current":
                self._follow_current(out)
            case "page":
                follow_documents(out)
            case "document":
                read_document(out)
            case _:
                self._submission(out)
        return out.parsed

    def _follow_company(self, out: Collector, step: str) -> None:
        response, context = out.response, out.response.request.context
        if step == "older":
            columns, cik = companies.read_columns(response), context["cik"]
        else:
            company = companies.read_company(out, response)
            if company is None:
                return
            columns, cik = company.filings.recent, company.cik
            companies.follow_older(out, company, response)
        for address, filing in companies.read_filings(out, columns, ""):
            stamp = out.stamp(address, acceptance.from_submissions, filing.acceptanceDateTime, filing.filingDate)
            if stamp is None or stamp.at is None or stamp.latest is None:
                continue
            # Either reading of an ambiguous acceptance time may be the true one; the submission's header decides.
            if "since" in context and not (
                stamp.at < iso(context["until"]).at and stamp.latest >= iso(context["since"]).at  # type: ignore[operator]
            ):
                out.parsed.counts["outside_window"] += 1
                continue
            self._follow(out, cik, filing.accessionNumber, filing.form)

    def _follow_index(self, out: Collector) -> None:
        for address, row in out.items(edgar_index.IndexRow, edgar_index.index_rows(out.response), ""):
            accession = edgar_index.accession_of(row.path)
            if accession is None or not sec.is_cik(row.cik):
                out.set_aside(address, f"{row.cik[:20]!r}, {row.path[:80]!r} is no filing", repr(row))
                continue
            self._follow(out, row.cik, accession, row.form)

    def _follow_current(self, out: Collector) -> None:
        any_new = False
        for address, entry in out.items(edgar_current.Entry, edgar_current.read_entries(out.response), "/entry"):
            listed = edgar_current.read_entry(out, address, entry)
            stamp = out.stamp(address, iso, entry.updated) if listed else None
            if listed is None or stamp is None or stamp.at is None:
                continue
            if edgar_current.may_be_new(out, stamp.at, listed.filed):
                any_new = True
                self._follow(out, listed.cik, listed.accession, listed.form)
        edgar_current.follow_page(out, any_new)

    def _follow(self, out: Collector, cik: str, accession: str, form: str) -> None:
        context = out.response.request.context
        forms = context.get("forms") or context.get("form") or ",".join(sec.TEXT_FORMS)
        if not sec.wanted_form(form, forms.split(",")):
            out.parsed.counts["other_forms"] += 1
            return
        kept = {name: context[name] for name in ("since", "until", "form") if name in context}
        request = Request(
            url=sec.submission_url(cik, accession), expects="text", context={**kept, "step": "submission"}
        )
        # A filing of several companies is listed once for each, under the same number: one address is enough.
        if any(known.url.rpartition("/")[2] == f"{accession}.txt" for known in out.parsed.follow[-20:]):
            out.parsed.counts["listed_again"] += 1
            return
        out.parsed.follow.append(request)

    def _submission(self, out: Collector) -> None:
        submission = read_submission(response_text(out.response, "latin-1"))
        values, address = submission.values, out.response.url
        accession, form = values["ACCESSION NUMBER"], values.get("CONFORMED SUBMISSION TYPE", "")
        filed = out.stamp(address, iso, values.get("FILED AS OF DATE", ""), sec.NEW_YORK)
        if filed is None:
            return
        stamp: Stamp | None = filed
        if submission.accepted is not None and filed.at is not None:
            day = filed.at.astimezone(zone_info(sec.NEW_YORK)).date()
            stamp = out.stamp(address, acceptance.from_sgml, submission.accepted, day)
        if stamp is None or not out.in_window(stamp):
            return
        if re.fullmatch(sec.ACCESSION, accession) is None:
            out.set_aside(address, f"{accession[:40]!r} is no accession number", accession)
            return
        title, body, symbols = _content(submission, form)
        out.parsed.counts["items"] += 1
        out.document(
            address, native_id=accession, title=title, body=body, url=address, published=stamp, symbols=symbols
        )
        if stamp.at is not None:
            out.mark(Mark(at=stamp.at), out.response.request.context.get("form", ""))


def _content(submission: Submission, form: str) -> tuple[str, str, list[tuple[str, str]]]:
    """Return title, body and (symbol, field) of a submission."""
    parties = [party for party in submission.parties if party.role in _COMPANIES] or submission.parties
    symbols = [(sec.cik_symbol(party.cik), party.role.lower()) for party in parties]
    company = parties[0].name if parties else ""
    main = next((part for part in submission.parts if part.type == form), None) or next(iter(submission.parts), None)
    report = read_ownership(main.text) if main is not None else None
    if report is not None:
        symbols += [(report.symbol, "issuerTradingSymbol")] if report.symbol else []
        return sec.filing_title(company, form, description="; ".join(report.owners)), report.body, symbols
    text = read_text(main.text if main else "", form, len(submission.items))
    symbols += [(symbol, "dei:TradingSymbol") for symbol in text.symbols]
    attached = [
        f"{part.type} {part.description}\n{read_text(part.text, '').body}"
        for part in submission.parts
        if part is not main and EXHIBITS.fullmatch(part.type)
    ]
    items = text.items if form.removesuffix("/A") == "8-K" and text.items else submission.items
    body = "\n\n".join(piece for piece in (text.body, *attached) if piece)
    return sec.filing_title(company, form, items), body, symbols


def _forms(scope: Scope) -> str:
    return ",".join(form.strip() for form in (scope.query or "").split(",") if form.strip()) or ",".join(sec.TEXT_FORMS)


def _address_request(url: str, context: dict[str, str]) -> Request:
    if not url.startswith(f"{sec.ARCHIVES}/data/"):
        raise TickerTuneError(f"{url} is no address of EDGAR's archive", f"Give addresses below {sec.ARCHIVES}/data/")
    if re.search(r"-index\.html?$", url):
        return Request(url=url, expects="html", context={**context, "step": "page"})
    return Request(url=url, expects="text", context={**context, "step": "submission"})


SOURCE = EdgarFiling()
