"""Symbol and company name of an instrument on a day."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from data_pipeline.linking import name_on


@dataclass(frozen=True)
class Company:
    """How the market called an instrument on one day."""

    symbol: str
    name: str


class Companies:
    """Looks up symbol spans: symbols are reused and companies renamed, so each answer has a day."""

    def __init__(self, instruments: pl.DataFrame) -> None:
        self._spans: dict[str, list[dict[str, Any]]] = {}
        for span in instruments.sort("instrument_id", "valid_from", nulls_last=False).iter_rows(named=True):
            self._spans.setdefault(span["instrument_id"], []).append(span)

    def on(self, instrument_id: str, day: date) -> Company | None:
        """Symbol and name valid on ``day``; None where the instrument had no symbol then."""
        for span in self._spans.get(instrument_id, []):
            started = span["valid_from"] is None or span["valid_from"] <= day
            if started and (span["valid_to"] is None or day < span["valid_to"]):
                return Company(span["symbol"], name_on(span["name"], span["names"], day))
        return None
