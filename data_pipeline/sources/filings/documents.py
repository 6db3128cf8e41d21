"""One document of a filing, fetched by itself: a page, or an ownership report in XML."""

import re
from datetime import date

from data_pipeline.sources.collector import Collector
from data_pipeline.sources.filings import acceptance, sec
from data_pipeline.sources.filings.ownership import read_ownership
from data_pipeline.sources.filings.sections import read_text
from data_pipeline.sources.markup import response_text
from data_pipeline.sources.protocol import RefusedResponse
from data_pipeline.sources.times import UNKNOWN


def read_document(out: Collector) -> None:
    """Add the document; what it does not say itself stands in the request's context (``follow_documents``).

    A page says nowhere when it was accepted: without a context its time is unknown.

    Raises:
        RefusedResponse: It is empty.
    """
    context, address = out.response.request.context, out.response.url
    form, kind, company = context.get("form", ""), context.get("type", ""), context.get("company", "")
    text = response_text(out.response, "cp1252")
    if not text.strip():
        raise RefusedResponse("expected a document, got nothing")
    stamp = UNKNOWN
    if "accepted" in context:
        stamp = acceptance.from_page(context["accepted"], date.fromisoformat(context["filed"]))
    if not out.in_window(stamp):
        return
    name = re.sub(r"^.*/", "", address)
    main = kind in ("", form)
    native_id = context.get("accession", name) if main else f"{context.get('accession', '')}:{name}"
    symbols = [(sec.cik_symbol(context["cik"]), "cik")] if context.get("cik") else []
    out.parsed.counts["items"] += 1
    report = read_ownership(text)
    if report is not None:
        if sec.is_cik(report.issuer_cik):
            symbols = [(sec.cik_symbol(report.issuer_cik), "issuerCik")]
        symbols += [(report.symbol, "issuerTradingSymbol")] if report.symbol else []
        title, body = sec.filing_title(report.issuer, report.form, description="; ".join(report.owners)), report.body
    else:
        content = read_text(text, form if main else "", int(context.get("items", "0")))
        symbols += [(symbol, "dei:TradingSymbol") for symbol in content.symbols]
        items = content.items if form.removesuffix("/A") == "8-K" else ()
        title, body = sec.filing_title(company, form if main else f"{form} {kind}", items), content.body
    if not body:
        out.set_aside(address, "the document has no text", text)
        return
    out.document(address, native_id=native_id, title=title, body=body, url=address, published=stamp, symbols=symbols)
