"""Labels that would touch a suspect bar are withheld, and the reason is kept.

The audit knows what came after a decision. So it may take a sample away, as a missing price does, and it may correct
the market that a target is measured against; what a prompt or a volatility holds stays as it was known.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from data_pipeline.audit.prices import suspect_sessions
from data_pipeline.labels.sessions import Indices, Sessions
from data_pipeline.labels.spec import LabelSpec
from data_pipeline.labels.timeline import Timeline
from data_pipeline.samples.candidates import Candidate
from data_pipeline.splits.dates import NAMES, Splits
from tickertune.core.recipe import MovementDataConfig

SUSPECT_BAR = "suspect_bar"
WITHHELD_SCHEMA = pl.Schema(
    {
        "sample_id": pl.String(),
        "instrument_id": pl.String(),
        "session": pl.Date(),
        "split": pl.String(),
        "reason": pl.String(),
        "kind": pl.String(),
        "first_session": pl.Date(),
        "last_session": pl.Date(),
        "detail": pl.String(),
    }
)
"""One row a withheld sample and finding that it touches; ``session`` is that of the entry."""


@dataclass(frozen=True)
class Withheld:
    """Which candidates get no label, and why."""

    flags: NDArray[np.bool_]
    """By candidate."""
    suspect: NDArray[np.bool_]
    """Suspect sessions, instrument x session."""
    table: pl.DataFrame
    """Schema ``WITHHELD_SCHEMA``; candidates outside the splits, which get no label anyhow, are not in it."""


def withhold(
    found: list[Candidate],
    findings: pl.DataFrame | None,
    instruments: list[str],
    timeline: Timeline,
    sessions: Sessions,
    config: MovementDataConfig,
    spec: LabelSpec,
    splits: Splits,
) -> Withheld:
    """Withhold every candidate for which a suspect session lies between its first price used and its exit.

    Args:
        found: The candidates.
        findings: Findings of the price audit; None: nothing is suspect.
        instruments: Rows of the price panel.
        timeline: The decisions.
        sessions: The exchange's sessions.
        config: The recipe's data block, for the prices that a prompt reads.
        spec: The label, for its trailing volatility.
        splits: Split of each candidate.
    """
    if findings is None:
        suspect = np.zeros((len(instruments), len(sessions)), dtype=bool)
        return Withheld(np.zeros(len(found), dtype=bool), suspect, pl.DataFrame(schema=WITHHELD_SCHEMA))
    suspect = suspect_sessions(findings, instruments, sessions)
    before = np.concatenate([np.zeros((len(instruments), 1), dtype=np.int64), np.cumsum(suspect, axis=1)], axis=1)
    rows = {instrument: row for row, instrument in enumerate(instruments)}
    row = np.array([rows[candidate.instrument_id] for candidate in found], dtype=np.int64)
    decision = np.array([candidate.decision for candidate in found], dtype=np.int64)
    first, last = _first_used(timeline, config, spec)[decision], timeline.exit[decision]
    flags: NDArray[np.bool_] = before[row, last + 1] > before[row, first]
    shown = np.flatnonzero(flags & np.isin(splits.name, NAMES))
    spans = pl.DataFrame(
        {
            "sample_id": [found[at].sample_id for at in shown],
            "instrument_id": [found[at].instrument_id for at in shown],
            "session": pl.Series(sessions.dates[timeline.entry[decision[shown]]]).cast(pl.Date),
            "split": splits.name[shown].tolist(),
            "from": pl.Series(sessions.dates[first[shown]]).cast(pl.Date),
            "to": pl.Series(sessions.dates[last[shown]]).cast(pl.Date),
        },
        schema_overrides={"sample_id": pl.String, "instrument_id": pl.String, "split": pl.String},
    )
    touched = (pl.col("first_session") <= pl.col("to")) & (pl.col("last_session") >= pl.col("from"))
    table = (
        spans.join(findings.filter(pl.col("severity") == "suspect"), on="instrument_id")
        .filter(touched)
        .with_columns(reason=pl.lit(SUSPECT_BAR))
        .select([pl.col(name).cast(dtype) for name, dtype in WITHHELD_SCHEMA.items()])
    )
    return Withheld(flags, suspect, table)


def _first_used(timeline: Timeline, config: MovementDataConfig, spec: LabelSpec) -> Indices:
    """First session, by decision, whose price is in the sample: of its prompt, its volatility or its entry."""
    first: Indices = np.minimum(timeline.entry, timeline.last_close - config.sessions_back)
    if spec.trailing_sessions:
        known = timeline.last_open if spec.event == "open" else timeline.last_close
        first = np.minimum(first, known - spec.trailing_sessions)
    return first.clip(min=0)
