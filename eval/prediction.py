"""Prediction: what one checkpoint or baseline decided on one sample, with the outcome that judges it."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from tickertune.core.decision import Decision, Outcome
from tickertune.core.noun import Noun
from tickertune.core.table import check_table
from tickertune.core.tasks import LabelTask, MovementTask

UNPARSED_ALARM = 0.05
"""Share of answers without a label above which a score is called in question."""


class Prediction(Noun):
    """A decision beside the truth. Returns are fractions over the label's window."""

    sample_id: str
    cluster: str
    """What intervals are clustered by: the entry's session, ISO; the sample itself where it has no date."""
    session: date | None
    instrument_id: str | None
    symbol: str | None
    gold: str
    outcome: Outcome
    label: str | None
    confidence: float | None
    """Probability of ``label`` among the task's labels."""
    logprobs: list[float]
    """Log-probabilities normalised over ``task.labels``, in that order; empty where the predictor gives none."""
    position: float
    """Position in [-1, 1] that acts on the label; 0 without one and for tasks without a market."""
    ret_raw: float | None
    ret_excess: float | None
    ret_scaled: float | None
    volatility: float | None = None
    """Trailing volatility over the label's horizon, known before entry."""


_FROM_SAMPLE = (
    "sample_id", "session", "instrument_id", "symbol", "ret_raw", "ret_excess", "ret_scaled", "volatility",
)  # fmt: skip


def predictions_of(
    samples: pl.DataFrame,
    task: LabelTask,
    decisions: Sequence[Decision],
    logprobs: NDArray[np.float64] | None = None,
) -> pl.DataFrame:
    """Join decisions with the samples that they are about.

    Args:
        samples: ``Sample`` rows.
        task: The samples' task.
        decisions: One for each sample, in order.
        logprobs: Normalised label log-probabilities [n, k], where there are any.

    Returns:
        ``Prediction`` rows in the samples' order.
    """
    labels = [decision.label for decision in decisions]
    places = {label: task.position(label) if isinstance(task, MovementTask) else 0.0 for label in task.labels}
    frame = samples.select(
        *_FROM_SAMPLE,
        pl.coalesce(pl.col("session").dt.to_string("iso"), pl.col("sample_id")).alias("cluster"),
        pl.col("label").alias("gold"),
    ).with_columns(
        pl.Series("outcome", [decision.outcome for decision in decisions], pl.String),
        pl.Series("label", labels, pl.String),
        pl.Series("confidence", [decision.confidence for decision in decisions], pl.Float64),
        pl.Series("logprobs", [[]] * len(labels) if logprobs is None else logprobs.tolist(), pl.List(pl.Float64)),
        pl.Series("position", [0.0 if label is None else places[label] for label in labels], pl.Float64),
    )
    return check_table(frame, Prediction, "The table of predictions")
