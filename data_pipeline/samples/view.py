"""What was known at a decision time: the documents of one instrument, each in its newest revision by then."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.labels.sessions import Indices, Times

NEVER = np.datetime64("9999-12-31", "us")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class KnownDocument:
    """One revision of a document as a prompt shows it."""

    doc_id: str
    revision: int
    available_at: datetime
    """Aware UTC."""
    text: str
    date_only: bool
    cut: bool = False
    """Whether ``text`` lacks the document's end."""
    relevance: tuple[int, int] = (0, 0)
    """How much it is about the instrument: where it names it (2 title, 1 the publisher's tag, 0 body), and minus the
    number of other instruments that it names."""


@dataclass(frozen=True)
class _Shelf:
    """Documents of one instrument, ascending in availability."""

    rows: Indices
    relevance: list[tuple[int, int]]
    ready: Times
    superseded: Times
    """When a higher revision is ready; ``NEVER`` if there is none."""


class DocumentIndex:
    """Documents by instrument, to be asked what was known when.

    Args:
        documents: Documents with links (``symbols``); those without ``available_at`` are never known.
        superseded: When a revision was followed by a higher one, be that kept or dropped (``superseded_at``).
        latency_minutes: Time from availability to use.
        max_chars: Most characters of a document that a prompt shows; None: texts are given whole.
    """

    def __init__(
        self, documents: pl.DataFrame, superseded: pl.DataFrame, latency_minutes: int, max_chars: int | None
    ) -> None:
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
        texts = [joined(title, body) for title, body in known.select("title", "body").rows()]
        self._cut = [max_chars is not None and len(text) > max_chars for text in texts]
        self._text = texts if max_chars is None else [shortened(text, max_chars) for text in texts]
        links = (
            known.select("row", "ready", "superseded", "title", "symbols", others=pl.col("symbols").list.len() - 1)
            .explode("symbols")
            .drop_nulls("symbols")
            .with_columns(link=pl.col("symbols"), symbols=pl.col("symbols").struct["instrument_id"])
            .unique(["symbols", "row"], keep="first", maintain_order=True)
            .sort("symbols", "row")
        )
        self._shelves = {
            str(instrument): _Shelf(
                shelf["row"].to_numpy().astype(np.int64),
                [_relevance(*row) for row in shelf.select("title", "link", "others").iter_rows()],
                _naive(shelf["ready"]),
                _naive(shelf["superseded"]),
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
            window = range(low[number], high[number])
            places = [place for place in window if shelf.superseded[place] > as_of[number]]
            if places:
                yield int(number), [self._document(int(shelf.rows[at]), shelf.relevance[at]) for at in places]

    def _document(self, row: int, relevance: tuple[int, int]) -> KnownDocument:
        return KnownDocument(
            self._doc_id[row],
            self._revision[row],
            self._available_at[row],
            self._text[row],
            self._date_only[row],
            self._cut[row],
            relevance,
        )


def document_text(title: str, body: str, max_chars: int) -> str:
    """Title and body on one line, cut at a word boundary to at most ``max_chars`` characters."""
    return shortened(joined(title, body), max_chars)


def joined(title: str, body: str) -> str:
    """Title and body on one line, the title once."""
    title, body = " ".join(title.split()), " ".join(body.split())
    if not title or body.startswith(title):
        return body
    return " ".join(filter(None, (title if title[-1] in ".!?:" or not body else f"{title}.", body)))


def shortened(text: str, max_chars: int) -> str:
    """A line, cut at a word boundary to at most ``max_chars`` characters."""
    if len(text) <= max_chars:
        return text
    cut = text[: max_chars - 1]
    if text[max_chars - 1] != " " and " " in cut:
        cut = cut[: cut.rindex(" ")]
    return cut.rstrip() + "…"


def _relevance(title: str, link: Mapping[str, str], others: int) -> tuple[int, int]:
    """How much a document is about an instrument, from the evidence of its link; see ``KnownDocument.relevance``."""
    named = link["detail"] if link["evidence"] != "payload" else ""
    in_title = link["symbol"] in _WORD.findall(title) or (bool(named) and named in title)
    return (2 if in_title else int(link["evidence"] == "payload"), -others)


def _naive(times: pl.Series) -> NDArray[np.datetime64]:
    """UTC times as ``datetime64[us]``."""
    return times.dt.replace_time_zone(None).to_numpy().astype("datetime64[us]")
