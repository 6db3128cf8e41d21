"""EDGAR submissions: all filings of a company by date, from data.sec.gov."""

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import acceptance, companies, sec
from data_pipeline.sources.filings.names import Name, name_on, names_of
from data_pipeline.sources.protocol import Cursor, Parsed, Request, Response, Scope, Source, SourceInfo, Window


class EdgarSubmissions(Source):
    """A document for each filing of the named companies (title and address, no text), and their tickers of today."""

    info = SourceInfo(
        name="edgar_submissions",
        title="SEC EDGAR, filings of a company",
        fingpt_row=27,
        category="filing",
        market="US",
        modes=("range",),
        access="JSON API data.sec.gov, no key: all filings of a company, by CIK or ticker",
        needs=("symbols",),
        rate=sec.RATE,
        zone=sec.NEW_YORK,
        zone_rule=acceptance.SUBMISSIONS_ZONE_RULE,
        backfill_lag=sec.PROCESSING,
        terms=sec.TERMS,
        licence=sec.LICENCE,
        redistributable=True,
        evidence="recorded",
        evidence_note="edgar/recorded/submissions/submissions_CIK0000320193.json.zst",
        parser_version="edgar_submissions-2",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each company, and one for the ticker file where tickers are named."""
        return companies.company_requests(scope, companies.window_context(window))

    def parse(self, response: Response) -> Parsed:
        """Read the ticker file, a company, or a file of its older filings."""
        sec.refuse_page(response)
        out = Collector(self.info, response)
        context = response.request.context
        match context.get("step", "company"):
            case "tickers":
                companies.follow_tickers(out, response)
            case "older":
                self._filings(out, companies.read_columns(response), "", context["cik"], names_of(context))
            case _:
                company = companies.read_company(out, response)
                if company is not None:
                    names = companies.company_names(company)
                    self._filings(out, company.filings.recent, "/filings/recent", company.cik, names)
                    companies.add_instruments(out, company, response.fetched_at)
                    companies.follow_older(out, company, response)
        return out.parsed

    def _filings(self, out: Collector, columns: dict[str, object], where: str, cik: str, names: list[Name]) -> None:
        for address, filing in companies.read_filings(out, columns, where):
            stamp = out.stamp(address, acceptance.from_submissions, filing.acceptanceDateTime, filing.filingDate)
            if stamp is None or not out.in_window(stamp):
                continue
            items = [item for item in filing.items.split(",") if item]
            out.document(
                address,
                native_id=filing.accessionNumber,
                title=sec.filing_title(
                    name_on(names, filing.filingDate), filing.form, items, filing.primaryDocDescription
                ),
                url=sec.index_url(cik, filing.accessionNumber),
                published=stamp,
                symbols=[(sec.cik_symbol(cik), "cik")],
                raw=repr(filing),
            )


SOURCE = EdgarSubmissions()
