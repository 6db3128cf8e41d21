"""Samples of EDGAR. Counts were taken from the files by other ways: grep for accession numbers, entries and rows."""

import json
from datetime import UTC, datetime

from data_pipeline.sources.filings import (
    edgar_current,
    edgar_facts,
    edgar_filing,
    edgar_index,
    edgar_search,
    edgar_submissions,
    edgar_tickers,
)
from data_pipeline.sources.protocol import Request, Scope
from tests.data_pipeline.sources.sample import Sample

EDGAR = "shared:edgar"
SUBMISSIONS = f"{EDGAR}/recorded/submissions"
DOWNLOADER = f"{EDGAR}/sec_downloader/tests/test_data"
WIDE = {"since": "1993-01-01T00:00:00+00:00", "until": "2027-01-01T00:00:00+00:00"}
APPLE_NAMES = json.dumps([["APPLE COMPUTER INC", "1994-01-26", "2007-01-04"], ["Apple Inc.", None, None]])
TESLA_NAMES = json.dumps([["TESLA MOTORS INC", "2005-02-17", "2017-01-27"], ["Tesla, Inc.", None, None]])


def submissions(body, cik, expected, **context):
    step = {"step": "company", "cik": cik, **context}
    name = body.rpartition("/")[2].partition(".")[0].removeprefix("submissions_")
    request = Request(url=f"https://data.sec.gov/submissions/{name}.json", context=step)
    return Sample(edgar_submissions.SOURCE, request, body, expected, scope=Scope(symbols=(cik, "AAPL")), mode="range")


def current(start):
    params = f"action=getcurrent_count=100_start={start}_type=_owner=include_output=atom.zst"
    return Sample(
        edgar_current.SOURCE,
        edgar_current.current_request("", start, {"after": "2026-01-09T14:00:00+00:00"}),
        f"{EDGAR}/recorded/atom_getcurrent/cgi-bin_browse-edgar_{params}",
        {"documents": 100, "follow": 1},
        fetched_at=datetime(2026, 1, 12, 16, 28, 52, tzinfo=UTC),
        content_type="application/atom+xml",
    )


def index(body, expected, **context):
    request = Request(url=f"https://www.sec.gov/Archives/edgar/daily-index/{body}", expects="text", context=context)
    path = body if body == "edgar_index/index.json" else f"{EDGAR}/index/{body}"
    return Sample(edgar_index.SOURCE, request, path, expected, mode="range", content_type="text/plain", damaged=12)


def filing(body, expected=None, damaged=20, **context):
    kind = "text/plain" if body.endswith((".txt", ".txt.zst")) else "text/html"
    url = f"https://www.sec.gov/Archives/edgar/data/{body.rpartition('/')[2].rpartition('_')[2].removesuffix('.zst')}"
    request = Request(url=url, expects="text", context=context)
    scope = Scope(symbols=("320193",))
    return Sample(
        edgar_filing.SOURCE,
        request,
        body,
        expected or {"documents": 1},
        content_type=kind,
        scope=scope,
        damaged=damaged,
    )


def page(body, follow):
    return filing(f"{EDGAR}/recorded/docs/{body}", {"follow": follow}, step="page")


def document(body, form, company="", cik="", damaged=20):
    return filing(f"{EDGAR}/{body}", damaged=damaged, step="document", form=form, company=company, cik=cik)


SAMPLES = [
    submissions(
        f"{SUBMISSIONS}/submissions_CIK0000320193.json.zst",
        "0000320193",
        {"documents": 1005, "instruments": 1, "follow": 1},
    ),
    submissions(
        f"{SUBMISSIONS}/submissions_CIK0001045810.json.zst",
        "0001045810",
        {"documents": 1007, "instruments": 1, "follow": 1},
    ),
    submissions(
        f"{SUBMISSIONS}/submissions_CIK0001318605.json.zst",
        "0001318605",
        {"documents": 1000, "instruments": 1, "follow": 1},
    ),
    submissions(
        f"{SUBMISSIONS}/submissions_CIK0001318605.json__4614a3.zst",
        "0001318605",
        {"documents": 1002, "instruments": 1, "follow": 1},
    ),
    submissions(
        f"{SUBMISSIONS}/submissions_CIK0001318605-submissions-001.json.zst",
        "0001318605",
        {"documents": 720},
        step="older",
        names=TESLA_NAMES,
    ),
    submissions(
        f"{DOWNLOADER}/sample_api_responses/CIK0000320193.json",
        "0000320193",
        {"documents": 1000, "instruments": 1, "follow": 1},
    ),
    submissions(
        f"{DOWNLOADER}/sample_api_responses/CIK0000320193-submissions-001.json",
        "0000320193",
        {"documents": 988},
        step="older",
        names=APPLE_NAMES,
    ),
    submissions(
        "edgar_submissions/company_tickers.json",
        "0000320193",
        {"follow": 2, "quarantine": 1},
        step="tickers",
        tickers="INV.A,MUMO,NOSUCH",
    ),
    *(current(start) for start in (0, 100, 200, 300, 400, 500)),
    index("form.20200318.idx.zst", {"documents": 4084}),
    index("master.20181231.idx", {"documents": 10}),
    index("edgar_index/index.json", {"follow": 2}, step="listing", first="2025-06-02", last="2025-06-19", **WIDE),
    Sample(
        edgar_search.SOURCE,
        Request(url=edgar_search.URL, params={"q": "results"}, context={**WIDE, "from": "0"}),
        "edgar_search/hits.json",
        {"documents": 3},
        mode="range",
        scope=Scope(query="results"),
    ),
    Sample(
        edgar_facts.SOURCE,
        Request(url="https://data.sec.gov/api/xbrl/companyfacts/CIK0000320193.json", context={"step": "company"}),
        f"{EDGAR}/recorded/companyfacts/api_xbrl_companyfacts_CIK0000320193.json.zst",
        {"observations": 24579},
        mode="range",
        scope=Scope(symbols=("320193",)),
    ),
    Sample(
        edgar_tickers.SOURCE,
        Request(url="https://www.sec.gov/files/company_tickers_exchange.json"),
        "edgar_tickers/company_tickers_exchange.json",
        {"instruments": 4},
        mode="range",
    ),
    filing(f"{DOWNLOADER}/sample_filings/aapl-8k-20191115.txt", step="submission"),
    filing(f"{DOWNLOADER}/sample_filings/aapl-4-20201013.xml", step="document", form="4"),
    filing("edgar_filing/late_8k.txt", step="submission", **WIDE),
    *(
        filing(f"{EDGAR}/recorded/fulltxt/Archives_edgar_data_{name}.txt.zst", step="submission")
        for name in (
            "1045810_000104581026000024_0001045810-26-000024",
            "1326801_000162828025058337_0001628280-25-058337",
            "1462356_000032019322000061_0000320193-22-000061",
            "796343_000079634323000044_0000796343-23-000044",
        )
    ),
    page("Archives_edgar_data_1045810_0001045810-26-000024-index.html.zst", 1),
    page("Archives_edgar_data_1326801_0001628280-25-058337-index.html.zst", 1),
    page("Archives_edgar_data_796343_0000796343-23-000044-index.html.zst", 2),
    document("recorded/docs/Archives_edgar_data_1045810_000104581026000024_nvda-20260302.htm.zst", "8-K"),
    document("recorded/docs/Archives_edgar_data_1326801_000162828025058337_meta-20251219.htm.zst", "8-K"),
    document("recorded/docs/Archives_edgar_data_796343_000079634323000044_adbe-20230315.htm.zst", "8-K"),
    document("filings_html/aapl-10-k-2024-11-01.html.zst", "10-K", "Apple Inc.", "320193", damaged=4),
    document("filings_html/aapl-10-q-2025-08-01.html.zst", "10-Q", "Apple Inc.", "320193", damaged=4),
    document(
        "filings_html/ibm-10-k-2025-02-25.html.zst", "10-K", "INTERNATIONAL BUSINESS MACHINES CORP", "51143", damaged=4
    ),
    document("filings_html/Oracle.8-K.html", "8-K", "ORACLE CORP", "1341439"),
    document("filings_html/BuckleInc.8-K.html", "8-K", "BUCKLE INC", "885245"),
    document("filings_html/BuckleInc.8-K.EX99.1.html", "8-K", "BUCKLE INC", "885245"),
]
