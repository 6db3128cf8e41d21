"""Candidates: every instrument and decision with something to read, and the view that a prompt is made of."""

from collections import Counter
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
from data_pipeline.samples.context import Moment
from data_pipeline.samples.prompting import Prompting
from data_pipeline.samples.view import DocumentIndex, KnownDocument
from tickertune.core.recipe import MovementDataConfig
from tickertune.core.tasks import MovementView, NewsItem, PastMove


@dataclass(frozen=True)
class Candidate:
    """One instrument at one decision with something to read: all that is known, nothing that follows."""

    instrument_id: str
    symbol: str
    """As it was called on the entry's day, which an anonymous view does not say."""
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
    prompting: Prompting | None = None,
) -> tuple[list[Candidate], dict[str, int]]:
    """Views of all instruments and decisions with at least one document, with counts of what was left out.

    Nothing after a candidate's ``as_of`` is read, so that later data cannot change it.

    Args:
        documents: Curated documents with links.
        superseded: ``superseded_at`` of the documents before curation.
        instruments: Symbol spans.
        panel: Prices.
        timeline: The decisions.
        sessions: The exchange's sessions.
        config: The recipe's data block.
        spec: The label.
        prompting: Context, anonymisation and token budget; None: plain prompts.
    """
    prompting = prompting or Prompting()
    whole = None if prompting.anonymiser else config.max_document_chars
    index = DocumentIndex(documents, superseded, config.latency_minutes, whole)
    companies = Companies(instruments)
    rows = {instrument: row for row, instrument in enumerate(panel.instruments)}
    counts = Counter(no_bars=0, no_symbol_then=0, documents_beyond_max=0, documents_cut=0, samples_with_cut_documents=0)
    found = []
    for instrument in index.instruments:
        for decision, known in index.known(instrument, timeline.text_after, timeline.as_of):
            day = sessions.dates[timeline.entry[decision]].item()
            company = companies.on(instrument, day)
            if instrument not in rows or company is None:
                counts["no_bars" if instrument not in rows else "no_symbol_then"] += 1
                continue
            shown = known[-config.max_documents :]
            counts["documents_beyond_max"] += len(known) - len(shown)
            last_close = int(timeline.last_close[decision])
            moves = past_moves(panel, rows[instrument], last_close, config.moves)
            view = MovementView(
                company=company.name,
                symbol=company.symbol,
                as_of=aware(timeline.as_of[decision]),
                zone=sessions.zone,
                news=[NewsItem(document.available_at, document.text, document.date_only) for document in shown],
                moves=[PastMove(ahead, value) for ahead, value in moves],
                horizon=spec.horizon,
                market_adjusted=spec.market_adjusted,
                options=[str(spec.average_window)] if spec.average_window else (),
            )
            moment = Moment(instrument, rows[instrument], last_close, view.as_of, day)
            ready = prompting.finish(view, shown, moment, config.max_document_chars)
            if ready is None:
                continue
            view, shown = ready
            cut = sum(document.cut for document in shown)
            counts["documents_cut"] += cut
            counts["samples_with_cut_documents"] += cut > 0
            found.append(Candidate(instrument, company.symbol, decision, view, shown))
    return found, {**counts, **prompting.counts}
