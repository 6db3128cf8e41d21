"""Texts about the cast, each with the companies that it is truly about, and texts that only look like it."""

from dataclasses import dataclass, replace
from datetime import date, datetime

import polars as pl

from data_pipeline.sources.base import SourceData
from data_pipeline.sources.simulated import phrases
from data_pipeline.sources.simulated.cast import cast_aliases, cast_instruments, changes, instrument_id
from data_pipeline.sources.simulated.draws import generator
from data_pipeline.sources.simulated.mention_phrases import CHINESE, KINDS
from data_pipeline.sources.simulated.newswire import Window, moment
from data_pipeline.sources.simulated.phrase import Phrase
from tickertune.core.document import Document
from tickertune.core.files import sha256_text
from tickertune.core.table import schema_of

TRUTH = pl.Schema(
    [
        ("doc_id", pl.String()),
        ("revision", pl.Int64()),
        ("kind", pl.String()),
        ("phrase", pl.String()),
        ("instrument_ids", pl.List(pl.String())),
    ]
)
"""The truth table ``links``: what a text is about, empty for a look-alike, by the phrase that it was made from."""


@dataclass(frozen=True)
class Mention:
    """One text and its truth."""

    doc_id: str
    kind: str
    phrase: str
    title: str
    published_at: datetime
    session: date
    about: tuple[str, ...]
    payload: tuple[str, ...]
    social: bool


def mentions(seed: int, window: Window, since: date, share: float) -> list[Mention]:
    """Return at most one text of each kind of evidence, with probability ``share``.

    What is drawn depends on the seed, the session and the kind alone, so that switching it on changes no other item.
    """
    found = []
    for number, (kind, pool) in enumerate(KINDS.items()):
        rng = generator(seed, f"mentions-{kind}", window.session)
        if rng.random() >= share:
            continue
        index = int(rng.integers(len(pool)))
        phrase = pool[index]
        published = moment(window, rng)
        slots = {
            "{city}": str(rng.choice(phrases.CITIES)),
            "{org}": str(rng.choice(phrases.ORGS)),
            "{n}": str(rng.integers(2, 30)),
        }
        title = phrase.text
        for slot, value in slots.items():
            title = title.replace(slot, value)
        found.append(
            Mention(
                doc_id=f"sim-{window.session:%Y%m%d}-m{number:02d}",
                kind=kind,
                phrase=f"{kind}/{index}",
                title=title,
                published_at=published,
                session=window.session,
                about=_about(phrase, since, published.date()),
                payload=phrase.payload,
                social=phrase.social,
            )
        )
    return found


def _about(phrase: Phrase, since: date, day: date) -> tuple[str, ...]:
    """The ids of the companies that a phrase is about on a UTC day, sorted."""
    days = changes(since)
    held = [phrase.about, *(keys for event, keys in phrase.later if day >= days[event])]
    return tuple(sorted(instrument_id(key) for key in held[-1]))


def with_mentions(data: SourceData, found: list[Mention], since: date) -> SourceData:
    """Return a simulated world with the cast and its texts added to documents, instruments and truth."""
    cast = cast_instruments(since)
    licence, parser_version = data.documents.select("licence", "parser_version").row(0)
    added = _documents(found, cast, licence, parser_version)
    truth = data.truth | {
        "documents": pl.concat([data.truth["documents"], _document_truth(found, data.truth["documents"].schema)]),
        "links": _link_truth(found),
        "aliases": cast_aliases(since),
    }
    return replace(
        data,
        documents=pl.concat([data.documents, added]).sort("available_at", "doc_id", "revision"),
        instruments=pl.concat([data.instruments, cast]),
        counts=data.counts | {"mentions": len(found)},
        truth=truth,
    )


def _documents(found: list[Mention], cast: pl.DataFrame, licence: str, parser_version: str) -> pl.DataFrame:
    """Return the texts as a table of documents; the payload names a company by its first symbol."""
    symbols = dict(
        cast.unique("instrument_id", keep="first", maintain_order=True).select("instrument_id", "symbol").rows()
    )
    rows = []
    for mention in found:
        ids = [instrument_id(key) for key in mention.payload]
        rows.append(
            {
                "doc_id": mention.doc_id,
                "revision": 0,
                "source": "simulated",
                "category": "social" if mention.social else "news",
                "market": "CN" if mention.kind in CHINESE or mention.kind.startswith("cn_") else "US",
                "url": None,
                "licence": licence,
                "redistributable": True,
                "title": mention.title,
                "body": "",
                "language": None,
                "published_at": mention.published_at,
                "time_quality": "exact",
                "updated_at": None,
                "first_seen_at": None,
                "available_at": mention.published_at,
                "availability": "lag",
                "symbols": [
                    {"symbol": symbols[key], "instrument_id": key, "evidence": "payload", "detail": "wire"}
                    for key in ids
                ],
                "raw_sha256": sha256_text(f"{mention.doc_id}\n{mention.title}"),
                "parser_version": parser_version,
            }
        )
    return pl.DataFrame(rows, schema=schema_of(Document))


def _link_truth(found: list[Mention]) -> pl.DataFrame:
    rows = [(entry.doc_id, 0, entry.kind, entry.phrase, list(entry.about)) for entry in found]
    return pl.DataFrame(rows, schema=TRUTH, orient="row")


def _document_truth(found: list[Mention], schema: pl.Schema) -> pl.DataFrame:
    """Kind ``mention``, or ``mention_like`` for a look-alike."""
    rows = [
        {
            "doc_id": entry.doc_id,
            "revision": 0,
            "kind": "mention" if entry.about else "mention_like",
            "instrument_id": next(iter(entry.about), None),
            "session": entry.session,
            "tone": 0.0,
            "original": None,
        }
        for entry in found
    ]
    return pl.DataFrame(rows, schema=schema)
