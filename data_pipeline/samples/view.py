"""What was known at a decision time: the documents of one instrument, each in its newest revision by then."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Indices, Times

NEVER = np.datetime64("9999-12-31", "us")


@dataclass(frozen=True)
class KnownDocument:
    """One revision of a document as a prompt shows it."""

    doc_id: str
    revision: int
    available_at: datetime
    """Aware UTC."""
    text: str
    date_only: bool


@dataclass(frozen=True)
class _Shelf:
    """Documents of one instrument, ascending in availability."""

    rows: Indices
    ready: Times
    superseded: Times
    """When a higher revision is ready; ``NEVER`` if there is none."""


class DocumentIndex:
    """Documents by instrument, to be asked what was known when.

    Args:
        documents: Documents with links (``symbols``); those without ``available_at`` are never known.
        superseded: When a revision was followed by a higher one, be that kept or dropped (``superseded_at``).
        latency_minutes: Time from availability to use.
        max_chars: Most characters of a document that a prompt shows.
    """

    def __init__(self, documents: pl.DataFrame, superseded: pl.DataFrame, latency_minutes: int, max_chars: int) -> None:
        latency = pl.duration(minutes=latency_minutes)
        known = (
            documents.filter(pl.col("available_at").is_not_null())
            .join(superseded, on=["doc_id", "revision"], how="left")
            .with_columns(
                ready=pl.col("available_at") + latency,
                superseded=(pl.col("superseded_at") + latency).fill_null(pl.lit(NEVER).dt.replace_time_zone("UTC")),
            )
            .sort("available_at", "doc_id", "revision")
            .with_row_index("row")
        )
        self._doc_id = known["doc_id"].to_list()
        self._revision = known["revision"].to_list()
        self._available_at = known["available_at"].to_list()
        self._date_only = (known["time_quality"] == "day").to_list()
        self._text = [document_text(title, body, max_chars) for title, body in known.select("title", "body").rows()]
        links = (
            known.select(
                "row", "ready", "superseded", pl.col("symbols").list.eval(pl.element().struct["instrument_id"])
            )
            .explode("symbols")
            .drop_nulls("symbols")
            .unique(["symbols", "row"])
            .sort("symbols", "row")
        )
        self._shelves = {
            str(instrument): _Shelf(
                shelf["row"].to_numpy().astype(np.int64), _naive(shelf["ready"]), _naive(shelf["superseded"])
            )
            for (instrument,), shelf in links.group_by("symbols", maintain_order=True)
        }

    @property
    def instruments(self) -> list[str]:
        """Instruments with at least one document, sorted."""
        return sorted(self._shelves)

    def known(self, instrument_id: str, after: Times, as_of: Times) -> Iterator[tuple[int, list[KnownDocument]]]:
        """Yield, for each decision with text, its number and the documents known, oldest first.

        A document is known when ``after < available_at + latency <= as_of`` holds for its newest revision that is
        ready by ``as_of``.

        Args:
            instrument_id: The instrument.
            after: Start of each decision's text window, UTC, exclusive.
            as_of: Decision times, UTC.
        """
        shelf = self._shelves[instrument_id]
        low = np.searchsorted(shelf.ready, after, side="right")
        high = np.searchsorted(shelf.ready, as_of, side="right")
        for number in np.flatnonzero(high > low):
            window = slice(low[number], high[number])
            rows = shelf.rows[window][shelf.superseded[window] > as_of[number]]
            if len(rows):
                yield int(number), [self._document(row) for row in rows.tolist()]

    def _document(self, row: int) -> KnownDocument:
        return KnownDocument(
            self._doc_id[row], self._revision[row], self._available_at[row], self._text[row], self._date_only[row]
        )


def document_text(title: str, body: str, max_chars: int) -> str:
    """Title and body on one line, cut at a word boundary to at most ``max_chars`` characters."""
    title, body = " ".join(title.split()), " ".join(body.split())
    if not title or body.startswith(title):
        text = body
    else:
        text = " ".join(filter(None, (title if title[-1] in ".!?:" or not body else f"{title}.", body)))
    if len(text) <= max_chars:
        return text
    cut = text[: max_chars - 1]
    if text[max_chars - 1] != " " and " " in cut:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip() + "…"


def _naive(times: pl.Series) -> NDArray[np.datetime64]:
    """UTC times as ``datetime64[us]``."""
    return times.dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
