"""Document: one published item, append-only by revision."""

from typing import Literal

from tickertune.core.noun import Noun, UtcTime

Category = Literal["news", "social", "filing", "dataset"]
TimeQuality = Literal["exact", "minute", "day", "unknown"]
Evidence = Literal["payload", "cashtag", "name"]


class SymbolLink(Noun):
    """Why a document is held to be about an instrument."""

    symbol: str
    instrument_id: str
    evidence: Evidence
    detail: str
    """The matched payload field or text."""


class Document(Noun):
    """One revision of one published item. All times are aware UTC."""

    doc_id: str
    revision: int = 0
    source: str
    category: Category
    market: str
    url: str | None = None
    licence: str
    redistributable: bool
    """Whether the licence lets the text itself be published in a data set."""
    title: str
    body: str = ""
    language: str | None = None
    published_at: UtcTime | None
    """None only when ``time_quality`` is ``unknown``."""
    time_quality: TimeQuality
    updated_at: UtcTime | None = None
    first_seen_at: UtcTime | None = None
    available_at: UtcTime | None
    """When a trader could have known; None only when ``time_quality`` is ``unknown``."""
    symbols: list[SymbolLink] = []
    raw_sha256: str
    parser_version: str
