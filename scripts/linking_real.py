"""What the linker does on real texts: StockNet's tweets, Yahoo's articles, EDGAR's names; and how fast it is."""

import json
import lzma
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from data_pipeline.linking import link
from data_pipeline.linking.cashtags import SymbolIndex, cashtags
from data_pipeline.linking.names import NameIndex
from data_pipeline.linking.spellings import FORM_TAIL, cleaned
from data_pipeline.sources import SourceData, load_source
from tickertune.core.document import Document, SymbolLink
from tickertune.core.market import Instrument
from tickertune.core.recipe import SimulatedSourceConfig, StockNetSourceConfig
from tickertune.core.table import frame_of

YAHOO_NAMES = {
    "AAPL": "APPLE INC", "GOOGL": "Alphabet Inc.", "C": "CITIGROUP INC", "AMZN": "AMAZON COM INC", "META": "FACEBOOK INC",
    "T": "AT&T INC.", "NFLX": "NETFLIX INC", "TSLA": "Tesla, Inc.", "MSFT": "MICROSOFT CORP", "GS": "GOLDMAN SACHS GROUP INC",
    "V": "VISA INC.", "JPM": "JPMORGAN CHASE & CO", "BA": "BOEING CO", "MA": "Mastercard Inc",
    "BABA": "Alibaba Group Holding Ltd", "WFC": "WELLS FARGO & COMPANY/MN", "DIS": "WALT DISNEY CO/",
    "MU": "MICRON TECHNOLOGY INC", "INTC": "INTEL CORP", "BAC": "BANK OF AMERICA CORP /DE/", "GE": "GENERAL ELECTRIC CO",
    "NVDA": "NVIDIA CORP", "KO": "COCA COLA CO", "QCOM": "QUALCOMM INC/DE", "WMT": "Walmart Inc.",
    "VZ": "VERIZON COMMUNICATIONS INC", "BRK": "BERKSHIRE HATHAWAY INC", "XOM": "EXXON MOBIL CORP",
    "PYPL": "PayPal Holdings, Inc.", "ROKU": "ROKU, INC", "CVX": "CHEVRON CORP", "HD": "HOME DEPOT, INC.",
    "CMCSA": "COMCAST CORP", "JNJ": "JOHNSON & JOHNSON", "ADBE": "ADOBE INC.", "ORCL": "ORACLE CORP", "SQ": "Square, Inc.",
    "PFE": "PFIZER INC", "CSCO": "CISCO SYSTEMS, INC.", "MRK": "Merck & Co., Inc.", "AVGO": "Broadcom Inc.",
    "CRM": "SALESFORCE COM INC", "LLY": "ELI LILLY & Co", "NIO": "NIO Inc.", "COST": "COSTCO WHOLESALE CORP /NEW",
    "MRNA": "Moderna, Inc.", "SHOP": "SHOPIFY INC.", "PG": "PROCTER & GAMBLE Co",
}  # fmt: skip
"""Registered names of 2017 to 2019, as EDGAR writes them, of the tickers in the articles' tags."""
TOLD_BY = {
    "META": "Facebook", "AMZN": "Amazon", "GE": "GE|General Electric", "BAC": "Bank of America", "HD": "Home Depot",
    "KO": "Coca-Cola", "NIO": "NIO", "JPM": "JPMorgan", "PYPL": "PayPal", "LLY": "Lilly", "DIS": "Disney", "T": "AT&T",
    "NVDA": "Nvidia", "CRM": "Salesforce", "ROKU": "Roku",
}  # fmt: skip
"""A word without which a text cannot name the company; the first word of the name where none is given."""
LOOK_ALIKES = (
    ("inside a word (U$D, HEI$T)", r"[^\s$(\[{{\"'\u201c\u2018,;:/|<>\u2013\u2014-]\${s}"),
    ("dollar signs around ($$T, $T$)", r"\$\${s}|\${s}\$|[#@]\${s}"),
    ("a name's part ($T-Mobile)", r"\${s}-(?![NO]\b)\w"),
    ("with an exchange ($DIS-N, $V.N)", r"\${s}[-.][A-Z]{{1,2}}\b"),
    ("cut by the length limit ($D...)", r"\${s}(?:\.\.\.|…)"),
    ("runs on ($TÝLLO, $C4)", r"\${s}[^\s.,;:!?)\]}}'\"…-]"),
    ("small letters ($c, $so)", r"(?i:\${s})\b"),
)
"""Kinds of refused payload links and what shows them, tried in this order; ``{{s}}`` is the symbol."""


def stocknet(folder: Path) -> dict[str, Any]:
    """Count the payload links of StockNet that the linker refuses, by kind of look-alike, with examples."""
    data = load_source(StockNetSourceConfig(path=folder / "stocknet"), date(2014, 1, 1), date(2016, 1, 1))
    kept, drops = link(data.documents, data.instruments)
    links = {
        row[0]: {entry["instrument_id"] for entry in row[1]} for row in kept.select("doc_id", "symbols").iter_rows()
    }
    lists = set(drops.filter(pl.col("reason") == "list")["doc_id"])
    counts: Counter[str] = Counter()
    examples: dict[str, list[str]] = defaultdict(list)
    payload = 0
    for doc_id, title, symbols in data.documents.select("doc_id", "title", "symbols").iter_rows():
        payload += len(symbols)
        for entry in () if doc_id in lists else symbols:
            if entry["instrument_id"] not in links.get(doc_id, ()):
                kind = look_alike(title, entry["symbol"])
                counts[kind] += 1
                examples[kind].append(" ".join(title.split())[:90])
    evidence = Counter(entry["evidence"] for row in kept["symbols"] for entry in row)
    return {
        "names_beside_tags": _names_beside_tags(data),
        "documents": len(data.documents),
        "payload_links": payload,
        "refused": dict(counts.most_common()),
        "examples": {kind: sorted(set(texts))[:: max(1, len(set(texts)) // 3)][:3] for kind, texts in examples.items()},
        "documents_kept": len(kept),
        "lists": len(lists),
        "links_by_evidence": dict(evidence),
    }


def _names_beside_tags(data: SourceData) -> dict[str, Any]:
    """Strip the cashtags from tweets, look for names in the rest, and judge them by the authors' own tags."""
    rows = data.instruments.to_dicts()
    names, symbols = NameIndex(rows), SymbolIndex(rows)
    words = {row["instrument_id"]: cleaned(row["name"]).removeprefix("The ").split()[0].rstrip(",") for row in rows}
    sums: Counter[str] = Counter()
    for title, day in data.documents.select("title", pl.col("published_at").dt.date()).iter_rows():
        text = title.replace("&amp;", "&")
        tags = {hit[0] for tag in cashtags(text) if (hit := symbols.find(tag, day))}
        if not tags:
            continue
        bare = re.sub(r"\$[A-Za-z]{1,6}(?:[.\-_/][A-Za-z])?\b", " ", text)
        found = set(names.find(bare, day))
        told = {key for key in tags if re.search(rf"\b{re.escape(words[key])}\b", bare)}
        sums += Counter(
            tweets=1, found=len(found), tagged=len(found & tags), told=len(told), told_found=len(found & told)
        )
    return {**sums, "precision": sums["tagged"] / sums["found"], "recall_of_told": sums["told_found"] / sums["told"]}


def look_alike(text: str, symbol: str) -> str:
    """Return the kind of look-alike that a text holds of a symbol."""
    for kind, pattern in LOOK_ALIKES:
        if re.search(pattern.format(s=re.escape(symbol)), text):
            return kind
    return "no such tag in the text"


def yahoo(folder: Path) -> dict[str, Any]:
    """Compare the names found in Yahoo's articles with the publisher's tags."""
    rows = [_row(symbol, symbol, name) for symbol, name in YAHOO_NAMES.items()]
    index = NameIndex(rows)
    sums: Counter[str] = Counter()
    documents: list[Document] = []
    articles = 0
    for year in (2017, 2018, 2019):
        path = folder / "yahoo_articles" / f"{year}_processed.json.xz"
        for article in json.loads(lzma.decompress(path.read_bytes())):
            articles += 1
            title, day = article["title"] or "", date(year, 7, 1)
            text = f"{title}\n{article['maintext'] or ''}"
            tags = set(article["mentioned_companies"]) & YAHOO_NAMES.keys()
            named = {tag for tag in tags if re.search(rf"\b(?:{_told_by(tag)})\b", text, re.IGNORECASE)}
            sums += Counter(tags=len(tags), tags_named=len(named))
            found, in_title = set(index.find(text, day)), set(index.find(title, day))
            sums += Counter(found=len(found), found_tagged=len(found & tags), found_named=len(found & named))
            sums += Counter(title_found=len(in_title), title_tagged=len(in_title & tags))
            documents.append(_article(f"{year}-{articles}", title, article["maintext"] or "", day, sorted(tags)))
    frame = frame_of(Document, documents)
    kept, _ = link(frame, frame_of(Instrument, [Instrument.model_validate(row) for row in rows]))
    links = {row[0]: {entry["symbol"] for entry in row[1]} for row in kept.select("doc_id", "symbols").iter_rows()}
    refused = Counter(
        link.symbol for entry in documents for link in entry.symbols if link.symbol not in links.get(entry.doc_id, ())
    )
    return {
        "articles": articles,
        **sums,
        "tags_refused": dict(refused.most_common()),
        "precision_title": sums["title_tagged"] / sums["title_found"],
        "precision_all": sums["found_tagged"] / sums["found"],
        "recall_of_tags": sums["found_tagged"] / sums["tags"],
        "recall_of_tags_whose_name_is_in_the_text": sums["found_named"] / sums["tags_named"],
    }


def _article(doc_id: str, title: str, body: str, day: date, tags: list[str]) -> Document:
    moment = datetime(day.year, day.month, day.day, 15, tzinfo=UTC)
    return Document(
        doc_id=doc_id,
        source="yahoo_articles",
        category="news",
        market="US",
        licence="CC BY-NC-SA 4.0",
        redistributable=False,
        title=title,
        body=body,
        published_at=moment,
        time_quality="day",
        available_at=moment,
        symbols=[SymbolLink(symbol=tag, instrument_id=tag, evidence="payload", detail="tags") for tag in tags],
        raw_sha256="0" * 64,
        parser_version="measure_linking",
    )


def _told_by(symbol: str) -> str:
    return TOLD_BY.get(symbol) or re.escape(YAHOO_NAMES[symbol].split()[0].rstrip(","))


def edgar(folder: Path) -> dict[str, Any]:
    """Find the companies of EDGAR's indexes of 2018 and 2020 in the titles of its feed of 2026, judged by company number."""
    names = dict(_index_names(folder))
    index = NameIndex([_row(cik, f"Z{number}", name, cik) for number, (cik, name) in enumerate(sorted(names.items()))])
    sums: Counter[str] = Counter()
    missed: list[tuple[str, str]] = []
    wrong: list[tuple[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for path in sorted((folder / "edgar" / "recorded" / "atom_getcurrent").glob("*.zst")):
        text = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes()).decode("utf-8", "replace")
        for name, cik in re.findall(r"<title>[^<]*? - ([^<]+?) \((\d{10})\) \(", text):
            name, cik = name.replace("&amp;", "&"), cik.lstrip("0")
            if (name, cik) in seen or FORM_TAIL.search(name) is None:
                continue
            seen.add((name, cik))
            found = set(index.find(name, date(2026, 1, 9)))
            sums += Counter(titles=1, known=cik in names, found=len(found), right=cik in found)
            if cik in names and cik not in found:
                missed.append((names[cik], name))
            wrong += [(names[other], name) for other in sorted(found - {cik})]
    return {"companies": len(names), **sums, "missed": missed, "wrong": wrong}


def _index_names(folder: Path) -> Iterator[tuple[str, str]]:
    base = folder / "edgar" / "index"
    packed = (base / "form.20200318.idx.zst").read_bytes()
    text = zstandard.ZstdDecompressor().decompressobj().decompress(packed).decode("latin-1")
    fixed = re.findall(r"^.{12}(.{62})(\d+)\s", text, re.MULTILINE)
    barred = re.findall(r"^(\d+)\|([^|]+)\|", (base / "master.20181231.idx").read_text("latin-1"), re.MULTILINE)
    for name, cik in (*((name.strip(), cik) for name, cik in fixed), *((name, cik) for cik, name in barred)):
        if FORM_TAIL.search(name):
            yield cik, name


def _row(identity: str, symbol: str, name: str, cik: str | None = None) -> dict[str, Any]:
    return Instrument(
        instrument_id=identity, symbol=symbol, exchange="XNYS", currency="USD", name=name, cik=cik
    ).model_dump()


def speed(headlines: int = 100_000, companies: int = 5_000) -> dict[str, Any]:
    """Link simulated headlines with a table of so many companies, and return documents per second of processor time."""
    config = SimulatedSourceConfig.model_validate({"companies": 120, "dirt": {"links": 1.0}})
    data = load_source(config, date(2020, 1, 2), date(2023, 7, 1))
    filler = [
        Instrument(
            instrument_id=f"F{number}",
            symbol=f"F{number}",
            exchange="XNYS",
            currency="USD",
            name=f"{root}{number} {kind} Inc.",
        )
        for number in range(companies - len(data.instruments))
        for root, kind in [
            (("Bralo", "Cendra", "Dovark", "Elmora")[number % 4], ("Systems", "Holdings", "Foods")[number % 3])
        ]
    ]
    instruments = pl.concat([data.instruments, frame_of(Instrument, filler)])
    documents = data.documents.with_columns(symbols=pl.lit([], dtype=data.documents.schema["symbols"])).head(headlines)
    started = time.process_time()
    kept, _ = link(documents, instruments)
    seconds = time.process_time() - started
    return {
        "documents": len(documents),
        "companies": instruments["instrument_id"].n_unique(),
        "linked": len(kept),
        "cpu_seconds": round(seconds, 2),
        "documents_per_cpu_second": round(len(documents) / seconds),
    }
