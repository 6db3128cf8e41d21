"""Document: one published item, append-only by revision."""

from typing import Literal

from tickertune.core.noun import Noun, UtcTime

Category = Literal["news", "social", "filing", "dataset"]
TimeQuality = Literal["exact", "minute", "hour", "day", "unknown"]
"""How precise a stamp is: to the second or finer, a minute, an hour ("14 hours ago"), a day, or not at all."""
Availability = Literal["seen", "vendor", "lag"]
"""Where ``available_at`` comes from: our own first sight, the vendor's, or the publication time and a stated lag."""
Evidence = Literal["payload", "cashtag", "exchange", "code", "name"]
"""payload: the publisher's own field; cashtag: ``$AAPL``; exchange: ``NASDAQ: AAPL``; code: ``600519.SH``; name: in the text."""


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
    """Earliest instant that the stamp allows; None only when ``time_quality`` is ``unknown``."""
    time_quality: TimeQuality
    updated_at: UtcTime | None = None
    first_seen_at: UtcTime | None = None
    available_at: UtcTime | None
    """When a trader could have known; None only when ``time_quality`` is ``unknown`` and nobody saw it appear."""
    availability: Availability = "lag"
    symbols: list[SymbolLink] = []
    raw_sha256: str
    parser_version: str
