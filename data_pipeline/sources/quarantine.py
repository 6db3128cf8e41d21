"""Rows that could not be parsed: kept with the reason, never dropped in silence."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from data_pipeline.sources.base import QUARANTINE_SCHEMA


@dataclass(frozen=True, order=True)
class Quarantined:
    """One item that was set aside."""

    item: str
    """Where it stands: file, and line or row from 1."""
    reason: str
    raw_sha256: str
    """Hex SHA-256 of the item's bytes, or of its text where the bytes are gone."""


def quarantined(item: str, reason: str, raw: bytes | str) -> Quarantined:
    """Set an item aside with the hash of what it held."""
    data = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    return Quarantined(item, reason, hashlib.sha256(data).hexdigest())


def quarantine_frame(items: Iterable[Quarantined]) -> pl.DataFrame:
    """Return the items as a table of ``QUARANTINE_SCHEMA``, sorted."""
    rows = [(entry.item, entry.reason, entry.raw_sha256) for entry in sorted(items)]
    return pl.DataFrame(rows, schema=QUARANTINE_SCHEMA, orient="row")
