"""What all EDGAR sources share: limits, terms, addresses, company numbers, form and item names."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from data_pipeline.sources.protocol import RateLimit, RefusedResponse, Response

RATE = RateLimit(calls=10, seconds=1, shared="edgar")
"""Fair access: ten requests a second over all machines of a user (sec.gov/os/accessing-edgar-data)."""
TERMS = (
    "Free; at most 10 requests a second over all of a user's machines, with a User-Agent that names a contact "
    "(TICKERTUNE_CONTACT)."
)
LICENCE = "public record (sec.gov: may be copied and distributed without the SEC's permission)"
NEW_YORK = "America/New_York"
ARCHIVES = "https://www.sec.gov/Archives/edgar"
DATA = "https://data.sec.gov"
TICKERS = "https://www.sec.gov/files/company_tickers.json"
PROCESSING = timedelta(minutes=3)
"""Assumed time from acceptance until a filing is public; in one recorded case the file was written 25 s after it."""
SETTLES = timedelta(minutes=15)
"""Assumed bound on how long after it became public a filing may still enter the feed behind newer ones."""
TEXT_FORMS = ("8-K", "10-K", "10-Q", "6-K", "20-F", "40-F")
"""Forms whose text is fetched unless the user names others; amendments (``/A``) belong to them."""
ACCESSION = r"^\d{10}-\d{2}-\d{6}$"

ITEMS_8K = {
    "1.01": "Entry into a Material Definitive Agreement",
    "1.02": "Termination of a Material Definitive Agreement",
    "1.03": "Bankruptcy or Receivership",
    "1.04": "Mine Safety",
    "1.05": "Material Cybersecurity Incidents",
    "2.01": "Completion of Acquisition or Disposition of Assets",
    "2.02": "Results of Operations and Financial Condition",
    "2.03": "Creation of a Direct Financial Obligation",
    "2.04": "Triggering Events That Accelerate a Direct Financial Obligation",
    "2.05": "Costs Associated with Exit or Disposal Activities",
    "2.06": "Material Impairments",
    "3.01": "Notice of Delisting or Failure to Satisfy a Continued Listing Rule",
    "3.02": "Unregistered Sales of Equity Securities",
    "3.03": "Material Modification to Rights of Security Holders",
    "4.01": "Changes in Registrant's Certifying Accountant",
    "4.02": "Non-Reliance on Previously Issued Financial Statements",
    "5.01": "Changes in Control of Registrant",
    "5.02": "Departure or Election of Directors or Certain Officers",
    "5.03": "Amendments to Articles of Incorporation or Bylaws; Change in Fiscal Year",
    "5.04": "Temporary Suspension of Trading Under Employee Benefit Plans",
    "5.05": "Amendments to the Code of Ethics",
    "5.06": "Change in Shell Company Status",
    "5.07": "Submission of Matters to a Vote of Security Holders",
    "5.08": "Shareholder Director Nominations",
    "6.01": "ABS Informational and Computational Material",
    "7.01": "Regulation FD Disclosure",
    "8.01": "Other Events",
    "9.01": "Financial Statements and Exhibits",
}
_PAGE = re.compile(rb"\s*(?:<\?xml[^>]*>\s*)?<(?:!doctype )?html[\s>]", re.IGNORECASE)
_HEADING = re.compile(rb"<(?:title|h1)\b[^>]*>([^<]*)", re.IGNORECASE)
_CIK = re.compile(r"(?:CIK)?0*(\d{1,10})", re.IGNORECASE)
LATE_DATE = timedelta(days=5)
"""A filing is dated at most a long weekend after it was accepted."""


def cik10(value: str) -> str:
    """Return a company number with ten digits.

    Raises:
        ValueError: It is none.
    """
    found = _CIK.fullmatch(value.strip())
    if found is None or not value.isascii():
        raise ValueError(f"{value[:30]!r} is no CIK")
    return found[1].zfill(10)


def is_cik(symbol: str) -> bool:
    """Whether a user's symbol is a company number (``320193``, ``CIK0000320193``) and not a ticker."""
    return symbol.isascii() and _CIK.fullmatch(symbol.strip()) is not None


def cik_symbol(cik: str) -> str:
    """Return the provisional symbol of a company, ``CIK0000320193``.

    A filing names the company and not the ticker of its day; today's ticker need not have been its own then. The
    instrument registry finds the instrument of a company by date.
    """
    return f"CIK{cik10(cik)}"


def submission_url(cik: str, accession: str) -> str:
    """Return the address of the full submission, ``….txt``."""
    return f"{ARCHIVES}/data/{int(cik10(cik))}/{accession.replace('-', '')}/{accession}.txt"


def index_url(cik: str, accession: str) -> str:
    """Return the address of the page that lists a filing's documents."""
    return f"{ARCHIVES}/data/{int(cik10(cik))}/{accession.replace('-', '')}/{accession}-index.htm"


def filing_title(company: str, form: str, items: Iterable[str] = (), description: str = "") -> str:
    """Return a headline: company, form, and the items or the filer's own description."""
    named = [f"{item} {ITEMS_8K[item]}" if item in ITEMS_8K else item for item in items]
    tail = "; ".join(named) or ("" if description.upper().removeprefix("FORM ") == form.upper() else description)
    return " ".join(part for part in (company, form) if part) + (f": {tail}" if tail else "")


def wanted_form(form: str, forms: Iterable[str]) -> bool:
    """Whether a form or the form that it amends is one of ``forms``."""
    return form.removesuffix("/A") in forms or form in forms


def may_hold(context: dict[str, str], first: date, last: date) -> bool:
    """Whether filings dated ``first`` to ``last`` may have been accepted in the window of a request's context."""
    if "since" not in context:
        return True
    since, until = (datetime.fromisoformat(context[name]).date() for name in ("since", "until"))
    return first <= until + LATE_DATE and since - timedelta(days=1) <= last


def refuse_page(response: Response) -> None:
    """Refuse the pages that sec.gov sends to clients without identity or above the rate.

    They are known by the title and heading of a page of HTML: a filing may have the same words in its text.

    Raises:
        RefusedResponse: It is such a page.
    """
    start = response.body[:4000]
    headings = b" ".join(_HEADING.findall(start)) if _PAGE.match(start) else b""
    if b"Undeclared Automated Tool" in headings:
        raise RefusedResponse("sec.gov refuses clients without identity: set TICKERTUNE_CONTACT", "credentials")
    if b"Request Rate Threshold Exceeded" in headings:
        raise RefusedResponse("sec.gov: the request rate was exceeded", "budget")
