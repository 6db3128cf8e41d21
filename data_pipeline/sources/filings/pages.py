"""A filing's index page: when it was accepted, and its documents."""

import re
from datetime import date
from typing import Any

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import acceptance
from data_pipeline.sources.markup import element_text, html_root
from data_pipeline.sources.protocol import RefusedResponse, Request

_HREF = re.compile(r"(?:/ix\?doc=)?(/Archives/edgar/data/\d{1,10}/\d{18}/[A-Za-z0-9_.\-]{1,120}\.(?:html?|txt|xml))")
_COMPANY = re.compile(r"^(?P<name>.+?) \((?P<role>[^()]+)\) CIK: (?P<cik>\d{10})", re.MULTILINE)
_FORM = re.compile(r"Form (?P<form>[A-Z0-9][A-Z0-9/-]*(?: [A-Z0-9/-]*[A-Z0-9])*)")
_TEXT_TYPES = re.compile(r"EX-99(\.\d+)?$")


def follow_documents(out: Collector) -> None:
    """Add the requests for a filing's main document and its press releases, with what the page says of the filing.

    Raises:
        RefusedResponse: It is no index page.
    """
    root = html_root(out.response)
    facts = _facts(root)
    number = re.search(r"\d{10}-\d{2}-\d{6}", _text(root, "secNum"))
    form = _FORM.match(_text(root, "formName"))
    accepted, filed = facts.get("Accepted"), facts.get("Filing Date")
    if number is None or form is None or not accepted or not filed:
        raise RefusedResponse("expected the index page of a filing, with its number, form, filing date and Accepted")
    stamp = out.stamp(out.response.url, lambda: acceptance.from_page(accepted, date.fromisoformat(filed)))
    if stamp is None or not out.in_window(stamp):
        return
    company = _COMPANY.search(_companies(root))
    kept = {name: value for name, value in out.response.request.context.items() if name in ("since", "until")}
    context = {
        **kept,
        "step": "document",
        "accession": number[0],
        "form": form["form"],
        "accepted": accepted,
        "filed": filed,
        "items": str(len(re.findall(r"^Item ", facts.get("Items", ""), re.MULTILINE))),
        "company": company["name"].strip() if company else "",
        "cik": company["cik"] if company else "",
    }
    for row in root.iter("tr"):
        cells = list(row.iterchildren("td"))
        links = [_HREF.fullmatch(link.get("href") or "") for link in row.iter("a")]
        if len(cells) < 4 or not links or links[0] is None:
            continue
        kind = element_text(cells[3]).strip()
        if kind == context["form"] or _TEXT_TYPES.fullmatch(kind):
            url = f"https://www.sec.gov{links[0][1]}"
            out.parsed.follow.append(Request(url=url, expects="html", context={**context, "type": kind}))


def _facts(root: Any) -> dict[str, str]:
    """Return the boxes of the page: a head and what follows it."""
    heads = (node for node in root.iter("div") if node.get("class") == "infoHead")
    return {element_text(head): element_text(head.getnext()) for head in heads if head.getnext() is not None}


def _text(root: Any, name: str) -> str:
    return next((element_text(node) for node in root.iter("div") if node.get("id") == name), "")


def _companies(root: Any) -> str:
    nodes = (node for node in root.iter("span") if node.get("class") == "companyName")
    return "\n".join(" ".join(element_text(node).split()) for node in nodes)
