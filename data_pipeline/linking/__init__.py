"""Linking: from documents to the instruments they are about, with the evidence for each link.

Evidence comes from four places. A cashtag, a symbol qualified by its exchange or a Chinese code in the text, and a company
name (guards in ``cashtags``, ``exchanges``, ``chinese`` and ``names``), stand for themselves. A payload link stands as given
for news, filings and data sets, whose publishers tag by hand; for social posts it counts only where the text bears it out,
because such links come from a substring search (StockNet filed "U$D" under ticker D). Publishers search too: a symbol of
one or two letters is refused where an article of ``ARTICLE_WORDS`` words nowhere names the company (Yahoo tagged a USB-C
charger with C). Names link a document only where it
has no symbol and no payload link: a post that has tags names its subjects by them, and a bare name beside them is often
the broker's ("Bank of America cuts $AAPL").

Symbols and names must have been valid on the document's UTC date, which at the open of the American and the
Asian exchanges is also the session's date, so that a symbol change takes effect with the session.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from data_pipeline.curation.drops import Drop, drops_frame
from data_pipeline.curation.text import full_text
from data_pipeline.instruments.markets import market_of
from data_pipeline.linking.cashtags import SymbolIndex, cashtags
from data_pipeline.linking.chinese import ChineseIndex, normal_code
from data_pipeline.linking.exchanges import qualified
from data_pipeline.linking.names import NameIndex
from data_pipeline.linking.spans import name_on
from tickertune.core.document import SymbolLink
from tickertune.core.table import schema_of

__all__ = ["MAX_SYMBOLS", "cashtags", "link", "name_on", "refused_links"]

MAX_SYMBOLS = 8
"""A document that names more is a list (a screener's output, a watch list, tags for reach): it says nothing about
each, and linked to all of them it would outweigh real news by its number of samples. It is dropped."""
ARTICLE_WORDS = 50
"""From so many words on a text is expected to name the company that it is about."""


def link(
    documents: pl.DataFrame, instruments: pl.DataFrame, aliases: pl.DataFrame | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give each document its links, and drop those without one.

    Args:
        documents: Schema ``Document``; links it brings are payload links.
        instruments: Schema ``Instrument``, a row a symbol span.
        aliases: Schema ``Alias``: further names that the user gives.

    Returns:
        Documents in the order given, ``symbols`` holding one link an instrument, sorted by instrument_id; and
        drops with reason ``no_symbol`` (detail: the payload links refused) or ``list``.
    """
    linker = _Linker(instruments.to_dicts(), aliases.to_dicts() if aliases is not None else [])
    found: list[tuple[int, dict[str, str]]] = []
    drops: list[Drop] = []
    columns = documents.select(
        "doc_id",
        "revision",
        "category",
        pl.coalesce("published_at", "available_at").dt.date(),
        "symbols",
        full_text().alias("text"),
        pl.col("title").str.len_chars(),
    )
    for number, (doc_id, revision, category, day, payload, raw, lead) in enumerate(columns.iter_rows()):
        text = raw.replace("&amp;", "&")
        tags = cashtags(text)
        links = [] if day is None else linker.links(text, lead, tags, category, day, payload)
        if max(len(tags), len(links)) > MAX_SYMBOLS:
            drops.append(Drop(doc_id, revision, "list", None, f"{max(len(tags), len(links))} symbols"))
        elif not links:
            refused = ", ".join(sorted(entry["symbol"] for entry in payload))
            drops.append(Drop(doc_id, revision, "no_symbol", None, f"refused {refused}" if refused else ""))
        else:
            found += [(number, entry) for entry in links]
    return _with_links(documents, found), drops_frame(drops)


def _with_links(documents: pl.DataFrame, found: list[tuple[int, dict[str, str]]]) -> pl.DataFrame:
    """The documents that have links, by (number of the document, link), in their order."""
    flat = pl.DataFrame(
        {"row": pl.Series([number for number, _ in found], dtype=pl.UInt32)}
        | {"symbols": pl.Series([entry for _, entry in found], dtype=pl.Struct(schema_of(SymbolLink)))}
    )
    grouped = flat.group_by("row", maintain_order=True).agg("symbols")
    joined = documents.drop("symbols").with_row_index("row").join(grouped, on="row", maintain_order="left")
    return joined.select(documents.columns)


def refused_links(documents: pl.DataFrame, linked: pl.DataFrame) -> int:
    """How many payload links were refused of documents that stay for another one; a dropped document says it in its drop.

    Args:
        documents: As they were given to ``link``.
        linked: What it kept.
    """
    pairs = [
        frame.select("doc_id", "revision", pl.col("symbols").list.eval(pl.element().struct.field("instrument_id")))
        .explode("symbols")
        .drop_nulls("symbols")
        for frame in (documents.join(linked, on=["doc_id", "revision"], how="semi"), linked)
    ]
    return pairs[0].join(pairs[1], on=["doc_id", "revision", "symbols"], how="anti").height


class _Linker:
    """The indexes of all instruments."""

    def __init__(self, rows: list[dict[str, Any]], aliases: list[dict[str, Any]]) -> None:
        self._symbols, self._names = SymbolIndex(rows), NameIndex(rows, aliases)
        self._chinese = ChineseIndex(rows, aliases)
        self._markets = {row["instrument_id"]: market_of(row["exchange"]) for row in rows}

    def links(
        self, text: str, lead: int, tags: list[str], category: str, day: date, payload: list[Mapping[str, Any]]
    ) -> list[dict[str, str]]:
        """Return the links of one document by the order of evidence; ``lead`` is the length of its title."""
        found: dict[str, dict[str, str]] = {}

        def add(instrument_id: str, symbol: str, evidence: str, detail: str) -> None:
            entry = {"symbol": symbol, "instrument_id": instrument_id, "evidence": evidence, "detail": detail}
            found.setdefault(instrument_id, entry)

        for tag in tags:
            if hit := self._symbols.find(tag, day):
                add(*hit, "cashtag", f"${tag}")
        for instrument_id, symbol, detail in self._chinese.codes(text, day):
            add(instrument_id, symbol, "code", detail)
        for market, spelled, detail in qualified(text):
            hit = self._in_market(market, spelled, day)
            if hit:
                add(*hit, "exchange", detail)
        valid = [entry for entry in payload if self._symbols.valid(entry["instrument_id"], entry["symbol"], day)]
        unproven = [entry for entry in valid if entry["instrument_id"] not in found]
        if not unproven and (found or tags):
            return [found[key] for key in sorted(found)]
        named = self._names.find(text, day, 0 if unproven else lead) | self._chinese.names(text, day)
        for entry in unproven:
            if entry["instrument_id"] in named:
                add(entry["instrument_id"], entry["symbol"], "name", named[entry["instrument_id"]])
            elif category != "social" and not self._is_chance_hit(entry, category, text, day):
                add(entry["instrument_id"], entry["symbol"], "payload", entry["detail"])
        if not found and not tags:
            for instrument_id, spelling in named.items():
                if current := self._symbols.symbol_on(instrument_id, day):
                    add(instrument_id, current, "name", spelling)
        return [found[key] for key in sorted(found)]

    def _is_chance_hit(self, entry: Mapping[str, Any], category: str, text: str, day: date) -> bool:
        """Whether a short symbol of an article's payload looks like a hit of a substring search."""
        instrument_id, symbol = entry["instrument_id"], entry["symbol"]
        if len(symbol) > 2 or category == "filing" or len(text.split()) < ARTICLE_WORDS:
            return False
        if re.search(rf"[(:]\s?{re.escape(symbol)}\b", text) or instrument_id not in self._names.named:
            return False
        return all(mention.instrument_id != instrument_id for mention in self._names.mentions(text, day))

    def _in_market(self, market: str, spelled: str, day: date) -> tuple[str, str] | None:
        """The instrument of a market that had a symbol on ``day``; Chinese markets go by code."""
        if market in ("CN", "HK"):
            code = normal_code(f"{spelled}.HK" if market == "HK" else spelled) if spelled.isdigit() else None
            return self._chinese.by_code(code, day) if code else None
        hit = self._symbols.find(spelled, day)
        return hit if hit and self._markets[hit[0]] == market else None
