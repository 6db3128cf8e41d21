"""From a ``Parsed`` to rows: identities, revisions, and what an equal item seen again changes."""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data_pipeline.sources.protocol import Mode, Parsed
from tickertune.core.document import Document
from tickertune.core.files import sha256_text
from tickertune.core.noun import Noun


@dataclass(frozen=True)
class Origin:
    """The answer from which nouns come."""

    response_id: int
    fetched_at: datetime
    mode: Mode


def write_parsed(db: sqlite3.Connection, source: str, parser: str, origin: Origin, parsed: Parsed) -> Counter[str]:
    """Write everything that an answer gave; within a transaction of the caller.

    Returns:
        What was new: counts by kind, ``revisions`` and ``seen_again``.
    """
    new: Counter[str] = Counter()
    for kind, key, content, noun in _nouns(parsed):
        new[_write(db, (source, parser, kind, key), content, origin, noun)] += 1
    db.executemany(
        "INSERT OR IGNORE INTO quarantine VALUES (?, ?, ?, ?, ?, ?)",
        [(source, parser, origin.response_id, item.item, item.reason, item.raw_sha256) for item in parsed.quarantine],
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
    db: sqlite3.Connection, identity: tuple[str, str, str, str], content: str, origin: Origin, noun: Noun
) -> str:
    """Write one noun; returns what it was: its kind, ``revisions`` or ``seen_again``."""
    last = db.execute(
        "SELECT id, revision, content, value FROM records WHERE source = ? AND parser = ? AND kind = ? AND key = ?"
        " ORDER BY revision DESC LIMIT 1",
        identity,
    ).fetchone()
    if last is not None and last[2] == content:
        if not isinstance(noun, Document):
            db.execute("UPDATE records SET response_id = ? WHERE id = ?", (origin.response_id, last[0]))
            return "seen_again"
        merged = _with_new_links(json.loads(last[3]), noun)
        if merged is None:
            return "seen_again"
        if (
            origin.mode != "stream"
        ):  # a backfill is asked symbol by symbol: each answer adds the symbol that was asked for
            db.execute("UPDATE records SET value = ? WHERE id = ?", (merged.model_dump_json(), last[0]))
            return "seen_again"
        noun = merged
    revision = 0 if last is None else last[1] + 1
    if revision and isinstance(noun, Document):
        noun = _revised(noun, revision, origin)
    db.execute(
        "INSERT INTO records (source, parser, kind, key, revision, content, response_id, value)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (*identity, revision, content, origin.response_id, noun.model_dump_json()),
    )
    return identity[2] if revision == 0 else "revisions"


def _revised(document: Document, revision: int, origin: Origin) -> Document:
    """Number a later revision, and let it be known from this answer on: our own earlier answer had another text.

    Only where the payload itself says when the text was changed is that time believed. The files of a data set were all
    read on one day, which says nothing.
    """
    changes: dict[str, object] = {"revision": revision}
    if origin.mode != "file" and (document.updated_at is None or origin.mode == "stream"):
        known = document.available_at
        changes |= {
            "available_at": max(known, origin.fetched_at) if known else origin.fetched_at,
            "availability": "seen",
        }
    return document.model_copy(update=changes)


def _with_new_links(known: dict[str, Any], again: Document) -> Document | None:
    """Return the stored document with the links that ``again`` adds; None where it adds none."""
    symbols = {link["symbol"] for link in known["symbols"]}
    added = [link for link in again.symbols if link.symbol not in symbols]
    if not added:
        return None
    stored = Document.model_validate(known)
    links = sorted([*stored.symbols, *added], key=lambda link: link.symbol)
    return stored.model_copy(update={"symbols": links})
