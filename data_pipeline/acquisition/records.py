"""From a ``Parsed`` to rows: identities, revisions, and what an equal item seen again changes."""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from typing import Any

from data_pipeline.sources.protocol import Parsed
from tickertune.core.document import Document
from tickertune.core.files import sha256_text
from tickertune.core.noun import Noun


def write_parsed(db: sqlite3.Connection, source: str, parser: str, response_id: int, parsed: Parsed) -> Counter[str]:
    """Write everything that an answer gave; within a transaction of the caller.

    Returns:
        What was new: counts by kind, ``revisions`` and ``seen_again``.
    """
    new: Counter[str] = Counter()
    for kind, key, content, noun in _nouns(parsed):
        new[_write(db, (source, parser, kind, key), content, response_id, noun)] += 1
    db.executemany(
        "INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?)",
        [(source, parser, response_id, item.item, item.reason, item.raw_sha256) for item in parsed.quarantine],
    )
    counted = Counter({f"unknown:{name}": count for name, count in parsed.unknown_fields.items()})
    counted += parsed.counts
    counted["quarantined"] += len(parsed.quarantine)
    counted["seen_again"] += new["seen_again"]
    db.executemany(
        "INSERT INTO counts VALUES (?, ?, ?, ?)"
        " ON CONFLICT (source, parser, name) DO UPDATE SET count = count + excluded.count",
        [(source, parser, name, count) for name, count in sorted(counted.items()) if count],
    )
    return new


def _nouns(parsed: Parsed) -> Iterator[tuple[str, str, str, Noun]]:
    """Yield (kind, key, content hash, noun)."""
    for document in parsed.documents:
        text = f"{document.title}\x1f{document.body}".encode()
        yield "document", document.doc_id, hashlib.blake2b(text, digest_size=16).hexdigest(), document
    for bar in parsed.bars:
        yield "bar", f"{bar.instrument_id} {bar.session} {bar.basis}", _content(bar), bar
    for action in parsed.actions:
        yield (
            "action",
            f"{action.instrument_id} {action.ex_date} {action.kind} {action.detail}",
            _content(action),
            action,
        )
    for instrument in parsed.instruments:
        key = f"{instrument.instrument_id} {instrument.symbol} {instrument.valid_from}"
        yield "instrument", key, _content(instrument), instrument
    for fact in parsed.observations:
        parts = (fact.series_id, fact.instrument_id, fact.period_start, fact.period_end, fact.unit, fact.available_at)
        yield "observation", " ".join(map(str, parts)) + f" {fact.detail}", _content(fact, "raw_sha256"), fact


def _content(noun: Noun, *without: str) -> str:
    return sha256_text(noun.model_dump_json(exclude={*without, "parser_version"}))[:32]


def _write(
    db: sqlite3.Connection, identity: tuple[str, str, str, str], content: str, response_id: int, noun: Noun
) -> str:
    """Write one noun; returns what it was: its kind, ``revisions`` or ``seen_again``."""
    last = db.execute(
        "SELECT id, revision, content, value FROM records WHERE source = ? AND parser = ? AND kind = ? AND key = ?"
        " ORDER BY revision DESC LIMIT 1",
        identity,
    ).fetchone()
    if last is not None and last[2] == content:
        if isinstance(noun, Document) and noun.symbols:
            _merge_links(db, last[0], json.loads(last[3]), noun)
        return "seen_again"
    revision = 0 if last is None else last[1] + 1
    if revision and isinstance(noun, Document):
        noun = noun.model_copy(update={"revision": revision})
    db.execute(
        "INSERT INTO records (source, parser, kind, key, revision, content, response_id, value)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*identity, revision, content, response_id, noun.model_dump_json()),
    )
    return identity[2] if revision == 0 else "revisions"


def _merge_links(db: sqlite3.Connection, row: int, value: dict[str, Any], again: Document) -> None:
    """Add the links of a document that was seen again, asked for under another symbol, to those that it has."""
    known = {link["symbol"] for link in value["symbols"]}
    added = [link.model_dump() for link in again.symbols if link.symbol not in known]
    if added:
        value["symbols"] = sorted([*value["symbols"], *added], key=lambda link: str(link["symbol"]))
        db.execute("UPDATE records SET value = ? WHERE id = ?", (json.dumps(value, ensure_ascii=False), row))
