"""Facts for the data card that the tables of a build hold: sources, drops, clusters, traits of the universe."""

from collections import Counter
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from data_pipeline.dataset.info import SourceFacts
from data_pipeline.sources.registry import all_sources
from data_pipeline.splits import clusters_of
from tickertune.core.recipe import ExcessLabelConfig, LabelConfig

DELISTED_DAYS = 10
"""An instrument whose bars end so long before the last bar of all has left the source's universe."""


def ceiling_for(label: LabelConfig, ceiling: dict[str, float]) -> dict[str, float]:
    """A simulated source's best reachable scores, where they are scores of this label.

    They are those of the sign of the next session's open-to-open return beside the market's; of other labels none is known.
    """
    sign = isinstance(label, ExcessLabelConfig) and (label.horizon, label.classes, label.benchmark) == (1, 2, "market")
    return ceiling if sign else {}


def card_facts(
    documents: pl.DataFrame,
    drops: pl.DataFrame,
    used: pl.DataFrame,
    boundaries: dict[str, np.datetime64],
) -> dict[str, Any]:
    """Fields of ``DatasetInfo`` about the documents.

    Args:
        documents: Kept documents.
        drops: Schema ``DROPS_SCHEMA``.
        used: ``doc_id`` and ``revision`` of every document shown.
        boundaries: By split, the time by which outcomes of earlier splits have ended.
    """
    return {
        "sources": source_facts(documents.join(used, on=["doc_id", "revision"], how="semi")),
        "dropped": dict(sorted(Counter(drops["reason"]).items())),
        "documents_by_month": by_month(documents),
        "clusters": cluster_counts(drops),
        "boundaries": {split: f"{time.astype('datetime64[s]')}Z" for split, time in sorted(boundaries.items())},
    }


def source_facts(shown: pl.DataFrame) -> list[SourceFacts]:
    """Licence, terms and number of the documents shown, a row for each source and licence."""
    groups = shown.group_by("source", "licence", "redistributable").len().sort("source", "licence", "redistributable")
    known = {name: source.info.terms for name, source in all_sources().items()}
    return [
        SourceFacts(source=source, documents=count, licence=licence, redistributable=may, terms=known.get(source, ""))
        for source, licence, may, count in groups.rows()
    ]


def by_month(documents: pl.DataFrame) -> dict[str, dict[str, int]]:
    """Documents by source and month of availability."""
    dated = documents.filter(pl.col("available_at").is_not_null())
    months = dated.group_by("source", month=pl.col("available_at").dt.strftime("%Y-%m")).len().sort("source", "month")
    counts: dict[str, dict[str, int]] = {}
    for source, month, count in months.rows():
        counts.setdefault(source, {})[month] = count
    return counts


def cluster_counts(drops: pl.DataFrame) -> dict[str, int]:
    """Number of near-duplicate clusters, of the documents in them, and the size of the largest; survivors included."""
    sizes = Counter(clusters_of(drops).values())
    if not sizes:
        return {}
    return {
        "clusters": len(sizes),
        "documents": sum(sizes.values()) + len(sizes),
        "largest": max(sizes.values()) + 1,
    }


def universe_notes(frame: pl.DataFrame, bars: pl.DataFrame, actions: pl.DataFrame) -> list[str]:
    """Say where the universe is of survivors, or of one company.

    Args:
        frame: ``Sample`` rows.
        bars: Bars of every instrument.
        actions: Corporate actions.
    """
    notes = []
    companies = frame["instrument_id"].n_unique()
    if companies == 1:
        notes.append(
            f"One company: all samples are about {frame['instrument_id'][0]}. A score here says nothing about others, and "
            "days are all that resampling can draw."
        )
    ends = bars.group_by("instrument_id").agg(pl.col("session").max())["session"]
    last = ends.max()
    delisted = int((actions["kind"] == "delisting").sum())
    if isinstance(last, date) and not delisted:
        left = int(((pl.Series([last] * len(ends)) - ends).dt.total_days() > DELISTED_DAYS).sum())
        if not left:
            notes.append(
                f"Survivorship: the bars of all {len(ends)} instruments reach the end of the prices and no delisting is "
                "recorded. If the universe was chosen later, by who was still there, returns are too good and failures "
                "are missing."
            )
    return notes
