"""EDGAR company facts: every XBRL value of a company, as filed."""

from datetime import date
from typing import Any

from pydantic import ValidationError

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import companies, sec
from data_pipeline.sources.filings.acceptance import from_filing_date
from data_pipeline.sources.parsing import Payload, clean_text, expect_object, listing_id, read_json
from data_pipeline.sources.protocol import Cursor, Parsed, Request, Response, Scope, Source, SourceInfo, Window
from tickertune.core.observation import Observation


class Fact(Payload):
    """One value as reported in one filing; a later filing that repeats or restates it is another fact."""

    end: date
    val: float
    accn: str
    form: str
    filed: date
    start: date | None = None
    fy: int | None = None
    fp: str | None = None
    frame: str | None = None


class Concept(Payload):
    """A reported quantity, by unit."""

    units: dict[str, list[Any]]
    label: str | None = None
    description: str | None = None


class EdgarFacts(Source):
    """An observation for each fact, known from the end of the day on which it was filed.

    The fiscal period ends weeks before; ``frame`` is assigned by the SEC afterwards and is not part of what was known.
    """

    info = SourceInfo(
        name="edgar_facts",
        title="SEC EDGAR, company facts (XBRL)",
        fingpt_row=27,
        category="filing",
        market="US",
        modes=("range",),
        access="JSON API data.sec.gov, no key: every XBRL value of a company, by CIK or ticker; observations, no text",
        needs=("symbols",),
        rate=sec.RATE,
        zone=sec.NEW_YORK,
        zone_rule="filing date alone: known from the end of that day in New York, never from the end of the fiscal period",
        max_bytes=128 << 20,
        terms=sec.TERMS,
        licence=sec.LICENCE,
        redistributable=True,
        evidence="recorded",
        evidence_note="edgar/recorded/companyfacts/api_xbrl_companyfacts_CIK0000320193.json.zst",
        parser_version="edgar_facts-1",
    )

    def plan(self, cursor: Cursor, window: Window, scope: Scope) -> list[Request]:
        """Return a request for each company, and one for the ticker file where tickers are named."""
        requests = companies.company_requests(scope, companies.window_context(window))
        return [_facts_request(request) for request in requests]

    def parse(self, response: Response) -> Parsed:
        """Read the ticker file or the facts of a company."""
        sec.refuse_page(response)
        out = Collector(self.info, response)
        if response.request.context.get("step") == "tickers":
            companies.follow_tickers(out, response)
            out.parsed.follow = [_facts_request(request) for request in out.parsed.follow]
            return out.parsed
        payload = expect_object(read_json(response), "the top")
        cik = str(payload.get("cik", ""))
        facts = expect_object(payload.get("facts"), "/facts")
        if not sec.is_cik(cik):
            out.set_aside(f"{response.url}#/cik", f"{cik[:30]!r} is no CIK", cik)
            return out.parsed
        for name in payload.keys() - {"cik", "entityName", "facts"}:
            out.parsed.unknown_fields[f"top.{clean_text(name)[:60]}"] += 1
        for taxonomy, concepts in facts.items():
            for concept, value in expect_object(concepts, f"/facts/{taxonomy[:60]}").items():
                self._concept(out, cik, f"{taxonomy}:{concept}", value)
        return out.parsed

    def _concept(self, out: Collector, cik: str, series: str, value: Any) -> None:
        concept = out.validate(Concept, value, f"{out.response.url}#{series}")
        for unit, facts in concept.units.items() if concept is not None else ():
            for address, fact in out.items(Fact, facts, f"{series}/{unit}"):
                stamp = out.stamp(address, from_filing_date, fact.filed)
                if stamp is None or stamp.latest is None or not out.in_window(stamp):
                    continue
                try:
                    observation = Observation(
                        series_id=clean_text(series),
                        instrument_id=listing_id(self.info.market, sec.cik_symbol(cik)),
                        period_start=fact.start,
                        period_end=fact.end,
                        value=fact.val,
                        unit=clean_text(unit),
                        available_at=min(stamp.latest, max(stamp.at or stamp.latest, out.response.fetched_at)),
                        detail=clean_text(f"{fact.accn} {fact.form}"),
                        source=self.info.name,
                        raw_sha256=out.raw_sha256,
                        parser_version=self.info.parser_version,
                    )
                except ValidationError as error:
                    out.set_aside(address, str(error.errors()[0]["msg"]), repr(fact))
                    continue
                out.parsed.observations.append(observation)


def _facts_request(request: Request) -> Request:
    url = request.url.replace("/submissions/", "/api/xbrl/companyfacts/")
    return request.model_copy(update={"url": url})


SOURCE = EdgarFacts()
