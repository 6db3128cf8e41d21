"""EDGAR ticker file: the tickers, exchanges and company numbers of today."""

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import companies, sec
from data_pipeline.sources.parsing import Payload, clean_text, expect_list, expect_object, read_json
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


class Row(Payload):
    """One ticker; ``exchange`` is empty where EDGAR knows none."""

    cik: str
    name: str
    ticker: str
    exchange: str | None = None


class EdgarTickers(Source):
    """Instruments for the registry, each valid from the day of the fetch: the file tells nothing of earlier days."""

    info = SourceInfo(
        name="edgar_tickers",
        title="SEC EDGAR, tickers and exchanges",
        fingpt_row=27,
        category="filing",
        market="US",
        modes=("range",),
        access="JSON file on sec.gov, no key: the tickers of today for the instrument registry; no documents",
        rate=sec.RATE,
        zone=sec.NEW_YORK,
        zone_rule="no times: what holds on the day of the fetch, in New York",
        terms=sec.TERMS,
        licence=sec.LICENCE,
        redistributable=True,
        evidence="documented",
        evidence_note="https://www.sec.gov/search-filings/edgar-search-assistance/accessing-edgar-data",
        parser_version="edgar_tickers-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return the one request; the file has no dates."""
        return [Request(url="https://www.sec.gov/files/company_tickers_exchange.json")]

    def parse(self, response: Response) -> Parsed:
        """Read the rows under the names that the file itself gives its columns."""
        sec.refuse_page(response)
        out = Collector(self.info, response)
        payload = expect_object(read_json(response), "the top")
        fields = expect_list(payload.get("fields"), "/fields")
        if not all(isinstance(name, str) for name in fields) or not {"cik", "name", "ticker"} <= set(fields):
            raise RefusedResponse(f"expected the columns cik, name and ticker, got {str(fields)[:80]}")
        for name in payload.keys() - {"fields", "data"}:
            out.parsed.unknown_fields[f"top.{clean_text(name)[:60]}"] += 1
        data = expect_list(payload.get("data"), "/data")
        rows = (dict(zip(fields, row, strict=False)) if isinstance(row, list) else row for row in data)
        for address, row in out.items(Row, rows, "/data"):
            if not sec.is_cik(row.cik):
                out.set_aside(address, f"{row.cik[:30]!r} is no CIK", repr(row))
                continue
            companies.add_instrument(out, row.cik, row.ticker, row.exchange, row.name, response.fetched_at, [])
        return out.parsed


SOURCE = EdgarTickers()
