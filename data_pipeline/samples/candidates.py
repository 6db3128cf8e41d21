"""Candidates: every instrument and decision with something to read, and the view that a prompt is made of."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import polars as pl

from data_pipeline.labels.prices import PricePanel
from data_pipeline.labels.returns import past_moves
from data_pipeline.labels.sessions import Sessions
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.labels.timeline import Timeline
from data_pipeline.samples.companies import Companies
from data_pipeline.samples.view import DocumentIndex, KnownDocument
from tickertune.core.recipe import MovementDataConfig
from tickertune.core.tasks import MovementView, NewsItem, PastMove


@dataclass(frozen=True)
class Candidate:
    """One instrument at one decision with something to read: all that is known, nothing that follows."""

    instrument_id: str
    decision: int
    """Row of the timeline."""
    view: MovementView
    documents: list[KnownDocument]

    @property
    def sample_id(self) -> str:
        """Instrument and decision time: unique in a data set, and the same in every build of it."""
        return f"{self.instrument_id}@{self.view.as_of:%Y-%m-%dT%H:%MZ}"


def aware(time: np.datetime64) -> datetime:
    """Aware UTC time of a naive UTC ``datetime64[us]``."""
    value = time.astype("datetime64[us]").item()
    assert isinstance(value, datetime)
    return value.replace(tzinfo=UTC)


def candidates(
    documents: pl.DataFrame,
    superseded: pl.DataFrame,
    instruments: pl.DataFrame,
    panel: PricePanel,
    timeline: Timeline,
    sessions: Sessions,
    config: MovementDataConfig,
    spec: LabelSpec,
) -> tuple[list[Candidate], dict[str, int]]:
    """Views of all instruments and decisions with at least one document, with counts of what was left out.

    Nothing after a candidate's ``as_of`` is read, so that later data cannot change it.
    """
    index = DocumentIndex(documents, superseded, config.latency_minutes, config.max_document_chars)
    companies = Companies(instruments)
    rows = {instrument: row for row, instrument in enumerate(panel.instruments)}
    counts = {"no_bars": 0, "no_symbol_then": 0, "documents_beyond_max": 0}
    found = []
    for instrument in index.instruments:
        for decision, known in index.known(instrument, timeline.text_after, timeline.as_of):
            day = sessions.dates[timeline.entry[decision]].item()
            company = companies.on(instrument, day)
            if instrument not in rows or company is None:
                counts["no_bars" if instrument not in rows else "no_symbol_then"] += 1
                continue
            shown = known[-config.max_documents :]
            moves = past_moves(panel, rows[instrument], int(timeline.last_close[decision]), config.moves)
            view = MovementView(
                company=company.name,
                symbol=company.symbol,
                as_of=aware(timeline.as_of[decision]),
                zone=sessions.zone,
                news=[NewsItem(document.available_at, document.text, document.date_only) for document in shown],
                moves=[PastMove(ahead, value) for ahead, value in moves],
                horizon=spec.horizon,
                market_adjusted=spec.market_adjusted,
            )
            counts["documents_beyond_max"] += len(known) - len(shown)
            found.append(Candidate(instrument, decision, view, shown))
    return found, counts
